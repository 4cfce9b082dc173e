"""What was stored of each EVSE's limit, after a restart."""

from datetime import UTC, datetime

import pytest
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.ports.store import GrantRecord
from wattgate.runtime.load.grant_book import CLEARING_A, NO_LIMIT_A, GrantBook

AT = datetime(2026, 5, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("committed_a", "pending_a", "worst_a", "may_hold_ours"),
    [
        (10.0, None, {"a": 10.0}, True),
        (10.0, 16.0, {"a": 16.0}, True),
        (16.0, 6.0, {"a": 16.0}, True),
        (NO_LIMIT_A, None, {}, False),
        (NO_LIMIT_A, CLEARING_A, {}, True),
    ],
)
def test_an_evse_may_be_as_high_as_it_ever_was_told_r100a(
    committed_a: float, pending_a: float | None, worst_a: dict[str, float], may_hold_ours: bool
) -> None:
    book = GrantBook(MemoryStore())
    record = GrantRecord("a", committed_a, pending_a, AT)
    assert book.take_over((record,)) == worst_a
    assert book.record("a") == (record if may_hold_ours else None)


@in_virtual_time()
async def test_a_grant_is_in_the_book_once_it_is_stored_and_not_before() -> None:
    store = MemoryStore()
    book = GrantBook(store)
    ten = GrantRecord("a", 10.0, None, AT)
    assert await book.note(ten)
    assert (await store.recover()).grants == (ten,)
    store.failing = True
    assert not await book.note(GrantRecord("a", 16.0, None, AT))
    assert book.record("a") == ten
    book.forget("a")
    assert book.record("a") is None
