"""What both stores promise about transactions that several backends hear of."""

from datetime import timedelta

import pytest
from tests.support.stores import AT, draft, start

from wattgate.core.errors import LocalUsageError
from wattgate.core.retention import AgeLimits, Retention
from wattgate.core.station.transactions import TransactionRecord, TransactionStop
from wattgate.ports.store import (
    BindTransaction,
    Bury,
    CloseTransaction,
    Settle,
    Store,
)

pytestmark = pytest.mark.asyncio

REPORTS = ("R2", "R1")
STOP = TransactionStop(meter_stop_wh=8200, stopped_at="2026-11-22T11:00:00Z", reason="Local")
LATER = AT + timedelta(days=400)
NOTHING_IS_KEPT = Retention(
    transactions=0,
    frames=0,
    ages=AgeLimits(
        receipts_since=LATER, receipts_until=LATER, transactions_since=LATER, frames_since=LATER
    ),
)


async def opened(store: Store, key: str = "k1", *, link_id: str | None = "B") -> int:
    outcome = await store.open_transaction(
        start(key, link_id=link_id, report_link_ids=REPORTS), (), AT
    )
    return outcome.transaction_id


async def record_of(store: Store, transaction_id: int) -> TransactionRecord:
    record = await store.transaction("CP1", transaction_id)
    assert record is not None
    return record


async def test_r106_a_start_is_queued_for_all_its_links_in_the_order_given(store: Store) -> None:
    drafts = [draft(f'{{"for":"{link}"}}', link_id=link) for link in ("B", *REPORTS)]
    outcome = await store.open_transaction(start(report_link_ids=REPORTS), drafts, AT)
    assert [(each.draft.link_id, each.draft.transaction_id) for each in outcome.queued] == [
        ("B", outcome.transaction_id),
        ("R2", outcome.transaction_id),
        ("R1", outcome.transaction_id),
    ]
    for message in outcome.queued:
        assert await store.outbox(message.draft.link_id) == (message,)


async def test_r68_a_repeated_start_queues_nothing_for_anybody(store: Store) -> None:
    drafts = [draft(link_id=link) for link in ("B", *REPORTS)]
    await store.open_transaction(start(report_link_ids=REPORTS), drafts, AT)
    again = await store.open_transaction(start(report_link_ids=REPORTS), drafts, AT)
    assert (again.repeated, again.queued) == (True, ())
    assert [len(await store.outbox(link)) for link in ("B", *REPORTS)] == [1, 1, 1]


@pytest.mark.parametrize("link_id", ["B", None])
async def test_a_transaction_comes_back_with_its_links_in_their_order_and_their_ids(
    store: Store, link_id: str | None
) -> None:
    transaction_id = await opened(store, link_id=link_id)
    begun = start(link_id=link_id, report_link_ids=REPORTS)
    assert await record_of(store, transaction_id) == TransactionRecord(transaction_id, begun)
    await store.commit(BindTransaction(transaction_id, "R1", 7))
    record = TransactionRecord(transaction_id, begun, report_ids={"R1": 7})
    assert await record_of(store, transaction_id) == record
    assert (await store.recover()).open_transactions == (record,)
    assert await store.transactions() == (record,)


async def test_r64_three_backends_number_two_transactions_as_they_like(store: Store) -> None:
    first, second = await opened(store, "k1"), await opened(store, "k2")
    numbers = {("B", first): 1, ("R1", first): 2, ("R2", first): 2, ("B", second): 2}
    numbers |= {("R1", second): 1, ("R2", second): 2}
    for (link_id, transaction_id), number in numbers.items():
        await store.commit(BindTransaction(transaction_id, link_id, number))
    for (link_id, transaction_id), number in numbers.items():
        assert (await record_of(store, transaction_id)).id_at(link_id) == number

    async def found(link_id: str, number: int) -> int | None:
        record = await store.transaction_of_backend(link_id, number)
        return None if record is None else record.transaction_id

    assert [await found(link_id, 1) for link_id in ("B", "R1", "R2", "X")] == [
        first,
        second,
        None,
        None,
    ]
    assert [await found(link_id, 2) for link_id in ("B", "R1", "R2")] == [second, first, second]


async def test_a_report_may_repeat_its_id_and_not_change_it(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(BindTransaction(transaction_id, "R1", 7))
    await store.commit(BindTransaction(transaction_id, "R1", 7))
    with pytest.raises(LocalUsageError, match="contradicts"):
        await store.commit(BindTransaction(transaction_id, "R1", 8))
    assert (await record_of(store, transaction_id)).report_ids == {"R1": 7}


async def test_a_link_that_was_not_told_the_start_cannot_number_it(store: Store) -> None:
    transaction_id = await opened(store)
    with pytest.raises(LocalUsageError, match="was not told"):
        await store.commit(BindTransaction(transaction_id, "R3", 7))
    assert await store.transaction_of_backend("R3", 7) is None


@pytest.mark.parametrize("link_id", ["B", *REPORTS])
async def test_r66_a_transaction_stays_while_any_of_its_links_owes_a_message(
    store: Store, link_id: str
) -> None:
    begun = start(report_link_ids=REPORTS)
    outcome = await store.open_transaction(begun, [draft(link_id=link_id)], AT)
    number = outcome.transaction_id
    await store.commit(CloseTransaction("CP1", number, STOP), BindTransaction(number, "R1", 7))
    assert await store.tidy(NOTHING_IS_KEPT) == 0
    (message,) = outcome.queued
    await store.commit(Bury(message.number, "refused", AT))
    assert await store.tidy(NOTHING_IS_KEPT) == 0
    assert (await record_of(store, number)).report_ids == {"R1": 7}


async def test_what_links_know_of_a_transaction_goes_with_it(store: Store) -> None:
    transaction_id = await opened(store)
    await store.commit(
        CloseTransaction("CP1", transaction_id, STOP), BindTransaction(transaction_id, "R1", 7)
    )
    assert await store.tidy(NOTHING_IS_KEPT) == 1
    assert await store.transaction_of_backend("R1", 7) is None


async def test_r106_what_one_backend_took_still_waits_for_the_others(store: Store) -> None:
    drafts = [draft(link_id=link) for link in ("B", *REPORTS)]
    outcome = await store.open_transaction(start(report_link_ids=REPORTS), drafts, AT)
    await store.commit(Settle(outcome.queued[0].number))
    depths = (await store.recover()).outbox_depths
    assert depths == {"R1": 1, "R2": 1}
