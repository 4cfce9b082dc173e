"""A store in memory, for tests in virtual time: same promises, nothing on disk."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from wattgate.adapters.store.memory_tables import Tables, apply
from wattgate.adapters.store.memory_tidying import tidy
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.retention import Retention
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import (
    Change,
    DeadLetter,
    FrameRecord,
    Opened,
    Receipt,
    Recovered,
    StoreCondition,
    StoreFailed,
    Taken,
)


class Gate(Protocol):
    """Something to wait at; an `asyncio.Event` is one."""

    async def wait(self) -> object:
        """Return when the gate is open."""
        ...


class MemoryStore:
    """Keeps everything for as long as the object lives; `close` keeps it too.

    While `failing`, every method raises StoreFailed. A change waits at `gate` before it is applied,
    so that a test can show that nothing is confirmed before it is stored; without a gate no
    method ever yields to the event loop.
    """

    def __init__(self, *, failing: bool = False, gate: Gate | None = None) -> None:
        self.failing = failing
        self.gate = gate
        self.has_reserve = True
        self._tables = Tables()

    @property
    def condition(self) -> StoreCondition:
        """Failing while it was told to; its reserve is what was asked for last."""
        failing = "the store was told to fail" if self.failing else None
        return StoreCondition(failing, has_reserve=self.has_reserve)

    async def keep_reserve(self, size_b: int) -> bool:
        """Say that it is kept, unless it was told to fail."""
        await self._writable()
        self.has_reserve = True
        return True

    async def recover(self) -> Recovered:
        """Read what a fresh manager needs, everything in the order of its key."""
        tables = self._readable()
        return Recovered(
            stations=tuple(row for _, row in sorted(tables.stations.items())),
            open_transactions=tuple(
                record for record in tables.transactions.values() if record.stop is None
            ),
            grants=tuple(row for _, row in sorted(tables.grants.items())),
            tags=tuple(row for _, row in sorted(tables.tags.items())),
            profiles=tuple(row for _, row in sorted(tables.profiles.items())),
            behaviours=tuple(row for _, row in sorted(tables.behaviours.items())),
            releases=tuple(row for _, row in sorted(tables.releases.items())),
            notes=tuple(row for _, row in sorted(tables.notes.items())),
            letter_counts=Counter(each.message.draft.link_id for each in tables.dead_letters),
            outbox_depths={link: len(queue) for link, queue in tables.queues.items() if queue},
        )

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        """Apply the changes together; returns what was enqueued, in order."""
        return apply(await self._writable(), changes)

    async def take(self, receipt: Receipt, *changes: Change) -> Taken:
        """Apply the changes unless the receipt's key is known for that wallbox already."""
        tables = await self._writable()
        known = tables.receipts.get((receipt.station_id, receipt.key))
        if known is not None:
            return Taken(known.answer_text, repeated=True)
        queued = apply(tables, changes)
        tables.receipts[receipt.station_id, receipt.key] = receipt
        return Taken(receipt.answer_text, repeated=False, queued=queued)

    async def open_transaction(
        self,
        start: TransactionStart,
        drafts: Sequence[Draft],
        at: datetime,
        frame: FrameRecord | None = None,
    ) -> Opened:
        """Store a transaction under a new id, with its messages for the queues and its evidence."""
        tables = await self._writable()
        known = tables.transaction_keys.get((start.station_id, start.key))
        if known is not None:
            return Opened(known, repeated=True, answer_text=tables.transactions[known].answer_text)
        tables.last_transaction += 1
        transaction_id = tables.last_transaction
        tables.transactions[transaction_id] = TransactionRecord(transaction_id, start)
        tables.transaction_keys[start.station_id, start.key] = transaction_id
        tables.recorded_at[transaction_id] = at
        if frame is not None:
            tables.keep_frame(replace(frame, transaction_id=transaction_id))
        queued = tuple(
            tables.append(replace(draft, transaction_id=transaction_id)) for draft in drafts
        )
        return Opened(transaction_id, repeated=False, queued=queued)

    async def transaction(self, station_id: str, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of this very wallbox (S5)."""
        record = self._readable().transactions.get(transaction_id)
        return record if record is not None and record.start.station_id == station_id else None

    async def any_transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of whichever wallbox, for an id that does not come from one (S5)."""
        return self._readable().transactions.get(transaction_id)

    async def transaction_of_backend(
        self, link_id: str, backend_transaction_id: int
    ) -> TransactionRecord | None:
        """Find the newest transaction with the backend's own id on that link, whatever its role."""
        for record in reversed(self._readable().transactions.values()):
            if record.id_at(link_id) == backend_transaction_id:
                return record
        return None

    async def transactions(
        self, *, evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[TransactionRecord, ...]:
        """List transactions, newest first, with ids below `before`."""
        found = [
            record
            for record in reversed(self._readable().transactions.values())
            if evse_id in (None, record.start.evse_id)
            and (before is None or record.transaction_id < before)
        ]
        return tuple(found[:limit])

    async def outbox(
        self, link_id: str, *, after: int = 0, limit: int = 100
    ) -> tuple[OutboxMessage, ...]:
        """Read a link's queue in order, numbers above `after`."""
        return self._readable().queue(link_id, after, limit)

    async def dead_letters(self, *, limit: int = 100) -> tuple[DeadLetter, ...]:
        """List the messages that were given up, newest first."""
        return tuple(reversed(self._readable().dead_letters))[:limit]

    async def frames(self, transaction_id: int) -> tuple[FrameRecord, ...]:
        """Read the evidence of a transaction, in the order in which it was kept."""
        numbers = self._readable().frames_of.get(transaction_id, ())
        return tuple(self._tables.frames[number] for number in numbers)

    async def document(self, name: str) -> str | None:
        """Read a named text."""
        return self._readable().documents.get(name)

    async def tidy(self, retention: Retention, *, limit: int = 500) -> int:
        """Remove what need not be kept, at most `limit` of each kind; returns how many went."""
        return tidy(await self._writable(), retention, limit)

    async def close(self) -> None:
        """Do nothing: another manager may recover from the same object, as after a restart."""

    def _readable(self) -> Tables:
        if self.failing:
            raise StoreFailed("the store was told to fail")
        return self._tables

    async def _writable(self) -> Tables:
        if self.gate is not None:
            await self.gate.wait()
        return self._readable()
