"""What both stores promise about transactions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.stores import AT, draft, enqueue, start

from wattgate.core.errors import LocalUsageError
from wattgate.core.station.transactions import TransactionRecord, TransactionStop
from wattgate.ports.store import (
    AnswerTransaction,
    BindTransaction,
    Change,
    CloseTransaction,
    MoveTransaction,
    Opened,
    Store,
)

pytestmark = pytest.mark.asyncio

STOP = TransactionStop(meter_stop_wh=8200, stopped_at="2026-11-22T11:00:00Z", reason="Local")
LATER = AT + timedelta(minutes=1)


async def opened(store: Store, key: str = "k1", *, link_id: str | None = "B") -> int:
    outcome = await store.open_transaction(start(key, link_id=link_id), (), AT)
    return outcome.transaction_id


async def test_r60_transaction_ids_are_positive_and_new(store: Store) -> None:
    ids = [await opened(store, key) for key in ("k1", "k2", "k3")]
    assert len(set(ids)) == 3
    assert all(1 <= transaction_id <= 2**31 - 1 for transaction_id in ids)


async def test_r63_the_start_is_queued_with_the_new_id(store: Store) -> None:
    outcome = await store.open_transaction(start(), (draft(action="StartTransaction"),), AT)
    (queued,) = outcome.queued
    assert not outcome.repeated
    assert queued.draft.transaction_id == outcome.transaction_id
    assert await store.outbox("B") == (queued,)


async def test_r68_a_repeated_start_joins_the_first(store: Store) -> None:
    first = await store.open_transaction(start(), (draft(),), AT)
    joined = await store.open_transaction(start(), (draft(),), LATER)
    assert joined == Opened(first.transaction_id, repeated=True)
    await store.commit(AnswerTransaction(first.transaction_id, '{"transactionId":1}'))
    told = await store.open_transaction(start(), (draft(),), LATER)
    assert told == Opened(first.transaction_id, repeated=True, answer_text='{"transactionId":1}')
    assert len(await store.outbox("B")) == 1


async def test_the_same_start_of_another_wallbox_is_another_transaction(store: Store) -> None:
    first = await store.open_transaction(start(station_id="CP1"), (), AT)
    other = await store.open_transaction(start(station_id="CP2"), (), AT)
    assert first.transaction_id != other.transaction_id
    assert not other.repeated


async def test_a_transaction_comes_back_as_it_was_stored(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(
        AnswerTransaction(transaction_id, '{"a":1}'), BindTransaction(transaction_id, "B", 700)
    )
    record = TransactionRecord(transaction_id, start(), 700, '{"a":1}')
    assert await store.transaction("CP1", transaction_id) == record
    assert (await store.recover()).open_transactions == (record,)


async def test_a_transaction_without_a_backend_is_stored_too(store: Store) -> None:
    transaction_id = await opened(store, link_id=None)
    record = await store.transaction("CP1", transaction_id)
    assert record == TransactionRecord(transaction_id, start(link_id=None))


async def test_s5_a_wallbox_finds_and_closes_only_its_own_transactions(store: Store) -> None:
    transaction_id = await opened(store)
    assert await store.transaction("CP2", transaction_id) is None
    await store.commit(CloseTransaction("CP2", transaction_id, STOP))
    record = await store.transaction("CP1", transaction_id)
    assert record is not None
    assert record.stop is None


async def test_our_own_id_finds_a_transaction_whichever_wallbox_it_is_of(store: Store) -> None:
    transaction_id = await opened(store)
    record = await store.any_transaction(transaction_id)
    assert record == await store.transaction("CP1", transaction_id)
    assert await store.any_transaction(transaction_id + 1) is None


async def test_s5_a_transaction_that_moves_is_its_new_wallboxs_and_no_others(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(MoveTransaction(transaction_id, "CP2"), MoveTransaction(99, "CP2"))
    record = TransactionRecord(transaction_id, start(station_id="CP2"))
    assert await store.transaction("CP2", transaction_id) == record
    assert await store.transaction("CP1", transaction_id) is None
    again = await store.open_transaction(start(station_id="CP2"), (), LATER)
    assert (again.transaction_id, again.repeated) == (transaction_id, True)
    other = await store.open_transaction(start(station_id="CP1"), (), LATER)
    assert not other.repeated


async def test_r68_a_transaction_that_the_other_wallbox_has_told_itself_stays(
    store: Store,
) -> None:
    transaction_id = await opened(store)
    told = await store.open_transaction(start(station_id="CP2"), (), LATER)
    await store.commit(MoveTransaction(transaction_id, "CP2"))
    assert await store.transaction("CP1", transaction_id) is not None
    again = await store.open_transaction(start(station_id="CP2"), (), LATER)
    assert again.transaction_id == told.transaction_id


async def test_a_closed_transaction_keeps_its_first_stop_and_is_no_longer_open(
    store: Store,
) -> None:
    transaction_id = await opened(store)
    other = TransactionStop(9999, "2026-11-23T00:00:00Z", "PowerLoss")
    await store.commit(CloseTransaction("CP1", transaction_id, STOP))
    await store.commit(CloseTransaction("CP1", transaction_id, other))
    record = await store.transaction("CP1", transaction_id)
    assert record is not None
    assert record.stop == STOP
    assert (await store.recover()).open_transactions == ()


async def test_r77_a_wallboxs_own_stop_takes_the_place_of_an_inferred_one_and_never_the_reverse(
    store: Store,
) -> None:
    transaction_id = await opened(store)
    guess = TransactionStop(7000, "2026-11-22T10:00:00Z", "Other", inferred=True)
    for stop, kept in ((guess, guess), (replace(guess, meter_stop_wh=1), guess), (STOP, STOP)):
        await store.commit(CloseTransaction("CP1", transaction_id, stop))
        record = await store.transaction("CP1", transaction_id)
        assert record is not None
        assert record.stop == kept
    await store.commit(CloseTransaction("CP1", transaction_id, guess))
    record = await store.transaction("CP1", transaction_id)
    assert record is not None
    assert record.stop == STOP


async def test_r69_closing_an_unknown_transaction_changes_nothing(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(CloseTransaction("CP1", transaction_id + 1, STOP))
    assert len((await store.recover()).open_transactions) == 1


async def test_a_backends_own_id_finds_the_transaction_on_its_link_only(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(BindTransaction(transaction_id, "B", 700))
    await store.commit(BindTransaction(transaction_id, "B", 700))
    found = await store.transaction_of_backend("B", 700)
    assert found is not None
    assert found.transaction_id == transaction_id
    assert await store.transaction_of_backend("C", 700) is None
    assert await store.transaction_of_backend("B", 701) is None


async def test_a_second_backend_id_of_one_transaction_is_a_bug(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(BindTransaction(transaction_id, "B", 700))
    with pytest.raises(LocalUsageError, match="contradicts"):
        await store.commit(enqueue(), BindTransaction(transaction_id, "B", 701))
    record = await store.transaction("CP1", transaction_id)
    assert record is not None
    assert record.backend_transaction_id == 700
    assert await store.outbox("B") == ()


async def test_two_backend_ids_in_one_call_are_a_bug_too(store: Store) -> None:
    transaction_id = await opened(store)
    with pytest.raises(LocalUsageError, match="contradicts"):
        await store.commit(
            BindTransaction(transaction_id, "B", 700), BindTransaction(transaction_id, "B", 701)
        )
    assert await store.transaction_of_backend("B", 700) is None


async def test_a_backend_that_uses_an_id_twice_means_the_newest_transaction(store: Store) -> None:
    old, new = await opened(store, "k1"), await opened(store, "k2")
    await store.commit(BindTransaction(old, "B", 700), BindTransaction(new, "B", 700))
    found = await store.transaction_of_backend("B", 700)
    assert found is not None
    assert found.transaction_id == new
    older = await store.transaction("CP1", old)
    assert older is not None
    assert older.backend_transaction_id == 700


@pytest.mark.parametrize("change", [AnswerTransaction(99, "{}"), BindTransaction(99, "B", 700)])
async def test_an_unknown_transaction_is_a_bug_and_nothing_is_changed(
    store: Store, change: Change
) -> None:
    with pytest.raises(LocalUsageError):
        await store.commit(enqueue(), change)
    assert await store.outbox("B") == ()


async def test_transactions_are_listed_newest_first_and_in_pieces(store: Store) -> None:
    ids = [await opened(store, f"k{n}") for n in range(5)]
    other = await store.open_transaction(start("k9", evse_id="stall-2"), (), AT)

    async def listed(
        evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[int]:
        records = await store.transactions(evse_id=evse_id, before=before, limit=limit)
        return [record.transaction_id for record in records]

    assert await listed() == [other.transaction_id, *reversed(ids)]
    assert await listed(evse_id="stall-1") == list(reversed(ids))
    assert await listed(evse_id="stall-1", before=ids[3], limit=2) == [ids[2], ids[1]]
    assert await listed(limit=1) == [other.transaction_id]
