"""What must never be lost, and how the runtime keeps it.

Every method that changes something returns only when the change is on disk: a confirmation means
stored. Changes of one call happen all or not at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.retention import Retention
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store_changes import (
    AnswerTransaction,
    BindTransaction,
    Bury,
    Change,
    CloseTransaction,
    CountAttempt,
    DeleteNote,
    DeleteProfile,
    DeleteRelease,
    Enqueue,
    ForgetTags,
    KeepAside,
    KeepFrame,
    MoveTransaction,
    RejectTransaction,
    RememberStation,
    RememberTag,
    Requeue,
    SaveBehaviour,
    SaveDocument,
    SaveGrant,
    SaveNote,
    SaveProfile,
    SaveRelease,
    Settle,
)
from wattgate.ports.store_records import (
    BehaviourRecord,
    DeadLetter,
    FrameRecord,
    FrameWay,
    GrantRecord,
    NoteRecord,
    Opened,
    ProfileRecord,
    Receipt,
    Recovered,
    ReleaseRecord,
    StationRecord,
    StoreCondition,
    TagRecord,
    Taken,
)

__all__ = [
    "AnswerTransaction",
    "BehaviourRecord",
    "BindTransaction",
    "Bury",
    "Change",
    "CloseTransaction",
    "CountAttempt",
    "DeadLetter",
    "DeleteNote",
    "DeleteProfile",
    "DeleteRelease",
    "Enqueue",
    "ForgetTags",
    "FrameRecord",
    "FrameWay",
    "GrantRecord",
    "KeepAside",
    "KeepFrame",
    "MoveTransaction",
    "NotYetStored",
    "NoteRecord",
    "Opened",
    "ProfileRecord",
    "Receipt",
    "Recovered",
    "RejectTransaction",
    "ReleaseRecord",
    "RememberStation",
    "RememberTag",
    "Requeue",
    "SaveBehaviour",
    "SaveDocument",
    "SaveGrant",
    "SaveNote",
    "SaveProfile",
    "SaveRelease",
    "Settle",
    "StationRecord",
    "Store",
    "StoreCondition",
    "StoreFailed",
    "TagRecord",
    "Taken",
]


class StoreFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The store could not keep a change (disk full, file unreadable): nothing was confirmed."""


class NotYetStored(StoreFailed):
    """What was asked for holds, but will be lost with a restart until it can be stored."""


class Store(Protocol):
    """Durable storage. Every method may raise StoreFailed; then nothing was changed."""

    @property
    def condition(self) -> StoreCondition:
        """How it is at this moment."""
        ...

    async def keep_reserve(self, size_b: int) -> bool:
        """Keep so many bytes of the disk aside, from now on; False while there is no room for it.

        They are given back when the disk is full, once: call it again from time to time.
        """
        ...

    async def recover(self) -> Recovered:
        """Read what a fresh manager needs."""
        ...

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        """Apply the changes together; returns what was enqueued, in order."""
        ...

    async def take(self, receipt: Receipt, *changes: Change) -> Taken:
        """Apply the changes unless the receipt's key is known for that wallbox already."""
        ...

    async def open_transaction(
        self,
        start: TransactionStart,
        drafts: Sequence[Draft],
        at: datetime,
        frame: FrameRecord | None = None,
    ) -> Opened:
        """Store a transaction under a new id, with its messages for the queues and its evidence.

        Ids are positive, at most 2^31 - 1, and never used twice by this store (R60). The
        transaction ids in `drafts` and `frame` are ignored; what is kept carries the new one.
        """
        ...

    async def transaction(self, station_id: str, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of this very wallbox (S5)."""
        ...

    async def any_transaction(self, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of whichever wallbox, for an id that does not come from one (S5)."""
        ...

    async def transaction_of_backend(
        self, link_id: str, backend_transaction_id: int
    ) -> TransactionRecord | None:
        """Find the newest transaction with the backend's own id on that link, whatever its role."""
        ...

    async def transactions(
        self, *, evse_id: str | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[TransactionRecord, ...]:
        """List transactions, newest first, with ids below `before`."""
        ...

    async def outbox(
        self, link_id: str, *, after: int = 0, limit: int = 100
    ) -> tuple[OutboxMessage, ...]:
        """Read a link's queue in order, numbers above `after`.

        Messages appear in the order of their numbers: whoever sees one sees every earlier one that
        was not taken. One that is stored meanwhile may be missing.
        """
        ...

    async def dead_letters(self, *, limit: int = 100) -> tuple[DeadLetter, ...]:
        """List the messages that were given up, newest first."""
        ...

    async def frames(self, transaction_id: int) -> tuple[FrameRecord, ...]:
        """Read the evidence of a transaction, in the order in which it was kept."""
        ...

    async def document(self, name: str) -> str | None:
        """Read a named text."""
        ...

    async def tidy(self, retention: Retention, *, limit: int = 500) -> int:
        """Remove what need not be kept, at most `limit` of each kind; returns how many went.

        Call it until it returns 0, with pauses in between: others wait while it works. Receipts go
        (R68), frames, and transactions that have ended and were delivered; never a transaction of
        which a message is queued or a dead letter, nor one that may still be repeated. What bears a
        time stamp from before `NO_AGE_BEFORE` goes by its number only, unless it is a receipt.
        """
        ...

    async def close(self) -> None:
        """Finish what was asked for, then release the file."""
        ...
