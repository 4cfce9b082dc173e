"""What the in-memory store removes as time goes by."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from wattgate.adapters.store.memory_tables import Tables
from wattgate.core.retention import NO_AGE_BEFORE, AgeLimits, Retention
from wattgate.ports.store import FrameRecord, Receipt

T = TypeVar("T")


def tidy(tables: Tables, retention: Retention, limit: int) -> int:
    """Remove what need not be kept, at most `limit` of each kind; returns how many went."""
    ages = retention.ages
    too_many = max(tables.frames, default=0) - retention.frames
    old_frames = [
        number
        for number, frame in tables.frames.items()
        if number <= too_many or _is_old(frame, ages)
    ]
    gone = sum(_forget_frame(tables, number) for number in old_frames[:limit])
    if ages is None:
        return gone
    receipts = _first(limit, (k for k, each in tables.receipts.items() if _is_over(each, ages)))
    for key in receipts:
        del tables.receipts[key]
    ended = _first(limit, _removable(tables, retention.transactions, ages))
    for transaction_id in ended:
        start = tables.transactions.pop(transaction_id).start
        del tables.transaction_keys[start.station_id, start.key]
        del tables.recorded_at[transaction_id]
    return gone + len(receipts) + len(ended)


def _first(limit: int, found: Iterable[T]) -> list[T]:
    return list(islice(found, limit))


def _is_old(frame: FrameRecord, ages: AgeLimits | None) -> bool:
    return ages is not None and NO_AGE_BEFORE <= frame.at < ages.frames_since


def _is_over(receipt: Receipt, ages: AgeLimits) -> bool:
    return not ages.receipts_since <= receipt.at <= ages.receipts_until


def _forget_frame(tables: Tables, number: int) -> int:
    frame = tables.frames.pop(number)
    tables.frames_of[frame.transaction_id].remove(number)
    return 1


def _removable(tables: Tables, newest: int, ages: AgeLimits) -> Iterable[int]:
    owing = {message.draft.transaction_id for message in tables.messages.values()}
    owing |= {letter.message.draft.transaction_id for letter in tables.dead_letters}
    last = max(tables.transactions, default=0)
    for transaction_id, record in tables.transactions.items():
        at = tables.recorded_at[transaction_id]
        may_be_repeated = ages.receipts_since <= at <= ages.receipts_until
        is_old = NO_AGE_BEFORE <= at < ages.transactions_since
        is_spare = transaction_id <= last - newest and not may_be_repeated
        if record.stop is not None and transaction_id not in owing and (is_old or is_spare):
            yield transaction_id
