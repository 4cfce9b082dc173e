"""What goes as time goes by, and what never goes, on both stores."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.stores import AT, draft, enqueue, receipt, start

from wattgate.core.retention import AgeLimits, Retention
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store import (
    Bury,
    CloseTransaction,
    Enqueue,
    FrameRecord,
    FrameWay,
    KeepFrame,
    Settle,
    Store,
    Taken,
)

pytestmark = pytest.mark.asyncio

DAY = timedelta(days=1)
LONG_AGO = AT - 400 * DAY
UNSET = datetime(1970, 1, 1, 0, 3, tzinfo=UTC)
AGES = AgeLimits(
    receipts_since=AT - 8 * DAY,
    receipts_until=AT + DAY,
    transactions_since=AT - 100 * DAY,
    frames_since=AT - 50 * DAY,
)
STOP = TransactionStop(2000, "2026-11-22T10:00:00Z", "Local")


def kept(*, transactions: int = 1000, frames: int = 1000) -> Retention:
    return Retention(transactions=transactions, frames=frames, ages=AGES)


async def tidied(store: Store, what: Retention, *, limit: int = 500) -> list[int]:
    """Tidy until nothing goes any more; what went in each batch."""
    batches = []
    while gone := await store.tidy(what, limit=limit):
        batches.append(gone)
    return batches


async def transaction(store: Store, key: str, at: datetime, *, stopped: bool = True) -> int:
    opened = await store.open_transaction(start(key), (), at)
    if stopped:
        await store.commit(CloseTransaction("CP1", opened.transaction_id, STOP))
    return opened.transaction_id


async def left(store: Store) -> list[int]:
    return [record.transaction_id for record in reversed(await store.transactions())]


async def keep_frames(store: Store, times: Sequence[datetime]) -> None:
    for number, at in enumerate(times):
        frame = FrameRecord(1, FrameWay.RECEIVED, "CP1", "MeterValues", f"[{number}]", at)
        await store.commit(KeepFrame(frame))


async def frames_left(store: Store) -> list[str]:
    return [frame.text for frame in await store.frames(1)]


@pytest.mark.parametrize(
    ("at", "is_kept"),
    [
        (AT - 8 * DAY, True),
        (AT - 8 * DAY - timedelta(microseconds=1), False),
        (AT + DAY, True),
        (AT + DAY + timedelta(microseconds=1), False),
        (UNSET, False),
    ],
)
async def test_r68_a_receipt_is_kept_for_its_time_and_no_longer(
    store: Store, at: datetime, *, is_kept: bool
) -> None:
    await store.take(receipt("k", "first", at=at))
    assert await tidied(store, kept()) == ([] if is_kept else [1])
    expected = Taken("first", repeated=True) if is_kept else Taken("{}", repeated=False)
    assert await store.take(receipt("k")) == expected


async def test_r68_without_a_clock_to_trust_no_receipt_and_no_transaction_goes(
    store: Store,
) -> None:
    await store.take(receipt("k", "first", at=UNSET))
    for key in ("a", "b", "c"):
        await transaction(store, key, LONG_AGO)
    await keep_frames(store, [LONG_AGO] * 3)
    assert await tidied(store, Retention(transactions=1, frames=1, ages=None)) == [2]
    assert (await store.take(receipt("k"))).repeated
    assert await left(store) == [1, 2, 3]
    assert await frames_left(store) == ["[2]"]


async def test_an_old_transaction_goes_once_it_has_ended(store: Store) -> None:
    await transaction(store, "old", LONG_AGO)
    still_open = await transaction(store, "open", LONG_AGO, stopped=False)
    young = await transaction(store, "young", AT - 99 * DAY)
    assert await tidied(store, kept()) == [1]
    assert await left(store) == [still_open, young]


async def test_r66_a_transaction_stays_as_long_as_a_message_of_it_waits_or_is_a_dead_letter(
    store: Store,
) -> None:
    first = await transaction(store, "first", LONG_AGO)
    second = await transaction(store, "second", LONG_AGO)
    (waiting,) = await store.commit(Enqueue(replace(draft(), transaction_id=first)))
    (refused,) = await store.commit(Enqueue(replace(draft(), transaction_id=second)))
    await store.commit(Bury(refused.number, "refused", AT))
    assert await tidied(store, kept(transactions=0)) == []
    await store.commit(Settle(waiting.number))
    assert await tidied(store, kept(transactions=0)) == [1]
    assert await left(store) == [second]
    assert len(await store.dead_letters()) == 1


async def test_only_the_newest_transactions_stay_but_none_that_may_be_repeated_r68(
    store: Store,
) -> None:
    for key in "abcd":
        await transaction(store, key, AT - 20 * DAY)
    await transaction(store, "unset clock", UNSET)
    for key in "ef":
        await transaction(store, key, AT - 7 * DAY)
    assert await tidied(store, kept(transactions=1)) == [5]
    assert await left(store) == [6, 7]


async def test_a_time_stamp_of_a_clock_that_was_not_set_tells_no_age(store: Store) -> None:
    await transaction(store, "unset clock", UNSET)
    await keep_frames(store, [UNSET, LONG_AGO, AT])
    assert await tidied(store, kept()) == [1]
    assert await left(store) == [1]
    assert await frames_left(store) == ["[0]", "[2]"]


async def test_r60_the_id_of_a_transaction_that_is_gone_is_not_used_again(store: Store) -> None:
    for key in "ab":
        await transaction(store, key, LONG_AGO)
    assert await tidied(store, kept()) == [2]
    assert await transaction(store, "c", AT) == 3
    assert await store.transaction("CP1", 2) is None
    assert await transaction(store, "a", AT) == 4


async def test_r122_frames_go_for_their_age_and_their_number(store: Store) -> None:
    await keep_frames(store, [LONG_AGO, AT, AT, LONG_AGO, AT])
    assert await tidied(store, kept()) == [2]
    assert await frames_left(store) == ["[1]", "[2]", "[4]"]
    assert await tidied(store, kept(frames=2)) == [2]
    assert await frames_left(store) == ["[4]"], "number 4 of 5 was there once"
    assert await tidied(store, kept(frames=0)) == [1]
    assert await frames_left(store) == []


async def test_it_goes_in_small_batches(store: Store) -> None:
    for number in range(7):
        await store.take(receipt(str(number), at=LONG_AGO), enqueue())
        await transaction(store, str(number), LONG_AGO)
    await keep_frames(store, [LONG_AGO] * 7)
    assert await tidied(store, kept(), limit=3) == [9, 9, 3]
    assert len(await store.outbox("B")) == 7, "what waits for a backend never goes"
