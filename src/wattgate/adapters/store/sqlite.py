"""The durable store: SQLite, one thread that writes, one that reads."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Final

import structlog
from sqlalchemy.dialects.sqlite import insert

from wattgate.adapters.store import queries
from wattgate.adapters.store.changes import append, apply, keep_frame
from wattgate.adapters.store.database import FileLock, connect, create_private, migrate, scrub
from wattgate.adapters.store.prepared import Prepared
from wattgate.adapters.store.reserve import Reserve, is_out_of_space
from wattgate.adapters.store.schema import RECEIPTS, TRANSACTION_REPORTS, TRANSACTIONS, to_us
from wattgate.adapters.store.tidying import tidy
from wattgate.adapters.store.worker import Job, Result, Worker
from wattgate.core.errors import LocalUsageError
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

log = structlog.get_logger()

_KEEP_RECEIPT: Final = Prepared(
    insert(RECEIPTS).on_conflict_do_nothing(),
    columns=["station_id", "key", "answer_text", "at_us"],
)
_OPEN_TRANSACTION: Final = Prepared(
    insert(TRANSACTIONS),
    columns=[
        "station_id",
        "connector",
        "evse_id",
        "link_id",
        "id_tag",
        "meter_start_wh",
        "started_at",
        "key",
        "recorded_us",
    ],
)
_REPORT: Final = Prepared(
    insert(TRANSACTION_REPORTS), columns=["transaction_id", "link_id", "place"]
)


class SqliteStore:
    """Keeps everything in one SQLite file, for one process at a time.

    Nothing is confirmed before it is on disk (WAL, synchronous=FULL); what is asked for at the
    same time is committed together. No method ever blocks the event loop.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: FileLock | None = None
        self._writer: Worker | None = None
        self._reader: Worker | None = None
        self._reserve = Reserve(path.with_name(path.name + ".reserve"))
        self._has_reserve = True

    async def open(self) -> None:
        """Take the file, creating it if there is none, and bring it to the newest schema.

        Raises:
            StoreFailed: another process uses the file, a newer Wattgate wrote it, or it cannot be
                read or written; the message says which.

        """
        self._lock = FileLock(self._path)
        try:
            try:
                await self._set_up()
            except StoreFailed as error:
                # The disk may have been filled while nobody was here to notice.
                if not (is_out_of_space(error.__cause__) and self._reserve.release()):
                    raise
                await self._stop_workers()
                await self._set_up()
        except BaseException:
            await self.close()
            raise

    async def _set_up(self) -> None:
        create_private(self._path)
        await asyncio.to_thread(migrate, self._path)
        self._writer = Worker(
            "store-writer", connect(self._path), begin="BEGIN IMMEDIATE", make_room=self._make_room
        )
        self._reader = Worker("store-reader", connect(self._path), begin="BEGIN")

    def _make_room(self) -> bool:
        """Give the reserve back, on the writer's thread."""
        if not self._reserve.release():
            return False
        self._has_reserve = False
        log.error("the disk is full: the reserve was given back, and will be used up")
        return True

    @property
    def condition(self) -> StoreCondition:
        """How it is at this moment."""
        failing = self._writer.failing if self._writer is not None else None
        return StoreCondition(failing, has_reserve=self._has_reserve)

    async def keep_reserve(self, size_b: int) -> bool:
        """Keep so many bytes of the disk aside; False while there is no room for it."""

        def keep(_: Connection) -> bool:
            self._has_reserve = self._reserve.keep(size_b)
            return self._has_reserve

        return await self._write(keep)

    async def scrub(self) -> None:
        """Leave nothing of what was deleted or replaced in the file.

        Call it before anything else uses the store. Raises StoreFailed where the disk has no room
        for it.
        """
        await asyncio.to_thread(scrub, self._path)

    async def close(self) -> None:
        """Finish what was asked for, then release the file; safe to repeat."""
        await self._stop_workers()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def _stop_workers(self) -> None:
        for worker in (self._reader, self._writer):
            if worker is not None:
                await worker.close()

    async def recover(self) -> Recovered:
        """Read what a fresh manager needs, everything in the order of its key."""
        return await self._read(queries.recovered)

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        """Apply the changes together; returns what was enqueued, in order."""
        return await self._write(lambda connection: apply(connection, changes))

    async def take(self, receipt: Receipt, *changes: Change) -> Taken:
        """Apply the changes unless the receipt's key is known for that wallbox already."""
        return await self._write(lambda connection: _take(connection, receipt, changes))

    async def open_transaction(
        self,
        start: TransactionStart,
        drafts: Sequence[Draft],
        at: datetime,
        frame: FrameRecord | None = None,
    ) -> Opened:
        """Store a transaction under a new id, with its messages for the queues and its evidence."""
        return await self._write(lambda connection: _open(connection, start, drafts, at, frame))

    async def transaction(self, station_id: str, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of this very wallbox (S5)."""
        return await self._read(
            lambda connection: queries.transaction(connection, station_id, transaction_id)
        )

    async def any_transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of whichever wallbox, for an id that does not come from one (S5)."""
        return await self._read(
            lambda connection: queries.any_transaction(connection, transaction_id)
        )

    async def transaction_of_backend(
        self, link_id: str, backend_transaction_id: int
    ) -> TransactionRecord | None:
        """Find the newest transaction with the backend's own id on that link, whatever its role."""
        return await self._read(
            lambda connection: queries.transaction_of_backend(
                connection, link_id, backend_transaction_id
            )
        )

    async def transactions(
        self, *, evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[TransactionRecord, ...]:
        """List transactions, newest first, with ids below `before`."""
        return await self._read(
            lambda connection: queries.transactions(connection, evse_id, before, limit)
        )

    async def outbox(
        self, link_id: str, *, after: int = 0, limit: int = 100
    ) -> tuple[OutboxMessage, ...]:
        """Read a link's queue in order, numbers above `after`."""
        return await self._read(
            lambda connection: queries.outbox(connection, link_id, after, limit)
        )

    async def dead_letters(self, *, limit: int = 100) -> tuple[DeadLetter, ...]:
        """List the messages that were given up, newest first."""
        return await self._read(lambda connection: queries.dead_letters(connection, limit))

    async def frames(self, transaction_id: int) -> tuple[FrameRecord, ...]:
        """Read the evidence of a transaction, in the order in which it was kept."""
        return await self._read(lambda connection: queries.frames(connection, transaction_id))

    async def document(self, name: str) -> str | None:
        """Read a named text."""
        return await self._read(lambda connection: queries.document(connection, name))

    async def tidy(self, retention: Retention, *, limit: int = 500) -> int:
        """Remove what need not be kept, at most `limit` of each kind; returns how many went."""
        return await self._write(lambda connection: tidy(connection, retention, limit))

    async def _read(self, job: Job[Result]) -> Result:
        """Run a job on the reader; it sees all that was committed before."""
        if self._reader is None:
            raise LocalUsageError("the store was not opened")
        return await self._reader.run(job)

    async def _write(self, job: Job[Result]) -> Result:
        if self._writer is None:
            raise LocalUsageError("the store was not opened")
        return await self._writer.run(job)


def _take(connection: Connection, receipt: Receipt, changes: tuple[Change, ...]) -> Taken:
    kept = _KEEP_RECEIPT.run(
        connection,
        station_id=receipt.station_id,
        key=receipt.key,
        answer_text=receipt.answer_text,
        at_us=to_us(receipt.at),
    )
    if not kept.rowcount:
        first = queries.receipt_answer(connection, receipt.station_id, receipt.key)
        return Taken(first, repeated=True)
    return Taken(receipt.answer_text, repeated=False, queued=apply(connection, changes))


def _open(
    connection: Connection,
    start: TransactionStart,
    drafts: Sequence[Draft],
    at: datetime,
    frame: FrameRecord | None,
) -> Opened:
    known = queries.transaction_of_key(connection, start.station_id, start.key)
    if known is not None:
        transaction_id, answer_text = known
        return Opened(transaction_id, repeated=True, answer_text=answer_text)
    transaction_id = _OPEN_TRANSACTION.insert(
        connection,
        station_id=start.station_id,
        connector=start.connector,
        evse_id=start.evse_id,
        link_id=start.link_id,
        id_tag=start.id_tag,
        meter_start_wh=start.meter_start_wh,
        started_at=start.started_at,
        key=start.key,
        recorded_us=to_us(at),
    )
    for place, link_id in enumerate(start.report_link_ids):
        _REPORT.run(connection, transaction_id=transaction_id, link_id=link_id, place=place)
    if frame is not None:
        keep_frame(connection, replace(frame, transaction_id=transaction_id))
    queued = tuple(
        append(connection, replace(draft, transaction_id=transaction_id)) for draft in drafts
    )
    return Opened(transaction_id, repeated=False, queued=queued)
