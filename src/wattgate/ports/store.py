"""What must never be lost, and how the runtime keeps it.

Every method that changes something returns only when the change is on disk: a confirmation means
stored. Changes of one call happen all or not at all.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.transactions import (
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)


@dataclass(frozen=True, slots=True)
class StationRecord:
    """A wallbox that has connected once; `boot_text` is its last BootNotification payload."""

    station_id: str
    boot_text: str | None
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """What a wallbox may draw, A per phase.

    `committed_a` is the limit it accepted, `pending_a` one that was sent and not yet answered;
    after `expires_at` the wallbox falls back by itself.
    """

    evse_id: str
    committed_a: float
    pending_a: float | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TagRecord:
    """The last idTagInfo (JSON text) that a backend link gave for a card (R52)."""

    link_id: str
    id_tag: str
    info_text: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """A charging profile of a backend: connector as the backend numbers it, csChargingProfiles."""

    link_id: str
    profile_id: int
    connector: int
    profile_text: str


@dataclass(frozen=True, slots=True)
class BehaviourRecord:
    """What wallboxes of one make were seen to do with their limits (R100a).

    Vendor, model and firmware as the wallbox spells them, empty where it said none;
    `behaviour_text` is JSON.
    """

    vendor: str
    model: str
    firmware: str
    behaviour_text: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """An EVSE that was released at `at`: it gets no limits until somebody ends that (R100d)."""

    evse_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that a backend finally did not take (R66)."""

    message: OutboxMessage
    reason: str
    at: datetime


# Changes: imperative, a closed union.


@dataclass(frozen=True, slots=True)
class RememberStation:
    """Note that a wallbox was here; a `boot_text` of None keeps the last one."""

    station_id: str
    seen_at: datetime
    boot_text: str | None = None


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Append a message to its link's queue."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class AnswerTransaction:
    """Keep what the wallbox was told about its StartTransaction, for a repetition (R68).

    An unknown transaction is a bug (LocalUsageError).
    """

    transaction_id: int
    answer_text: str


@dataclass(frozen=True, slots=True)
class BindTransaction:
    """Keep the backend's id of a transaction; the same id again is fine.

    A second, different id for one transaction is a bug, and so is an unknown transaction
    (LocalUsageError). A backend that gives one id to two transactions is not: both keep it.
    """

    transaction_id: int
    backend_transaction_id: int


@dataclass(frozen=True, slots=True)
class CloseTransaction:
    """Close a transaction of this very wallbox (S5).

    An unknown one changes nothing; a closed one keeps its first stop.
    """

    station_id: str
    transaction_id: int
    stop: TransactionStop


@dataclass(frozen=True, slots=True)
class Settle:
    """The backend took the message: remove it from the queue; an unknown number is fine."""

    number: int


@dataclass(frozen=True, slots=True)
class CountAttempt:
    """The backend refused the message or stayed silent once more."""

    number: int


@dataclass(frozen=True, slots=True)
class Bury:
    """Give the message up: move it to the dead letters."""

    number: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SaveGrant:
    """Keep a grant, replacing the EVSE's earlier one."""

    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class RememberTag:
    """Keep what a backend said about a card, replacing the earlier word.

    Cards are told apart without regard to case (R54): the record comes back with `id_tag` folded
    (`str.casefold`).
    """

    tag: TagRecord


@dataclass(frozen=True, slots=True)
class SaveProfile:
    """Keep a backend's charging profile, replacing the same id of the same link."""

    profile: ProfileRecord


@dataclass(frozen=True, slots=True)
class DeleteProfile:
    """Forget a backend's charging profile; an unknown one is fine."""

    link_id: str
    profile_id: int


@dataclass(frozen=True, slots=True)
class SaveBehaviour:
    """Keep what was seen of a make, replacing what was kept of the same firmware."""

    behaviour: BehaviourRecord


@dataclass(frozen=True, slots=True)
class SaveRelease:
    """Keep that an EVSE is released, replacing its earlier release."""

    release: ReleaseRecord


@dataclass(frozen=True, slots=True)
class DeleteRelease:
    """The EVSE is limited again; one that was not released is fine."""

    evse_id: str


@dataclass(frozen=True, slots=True)
class SaveDocument:
    """Keep a named text (the site, the admin password's hash), replacing the earlier one."""

    name: str
    text: str


Change = (
    RememberStation
    | Enqueue
    | AnswerTransaction
    | BindTransaction
    | CloseTransaction
    | Settle
    | CountAttempt
    | Bury
    | SaveGrant
    | RememberTag
    | SaveProfile
    | DeleteProfile
    | SaveBehaviour
    | SaveRelease
    | DeleteRelease
    | SaveDocument
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A wallbox's message that must count once: its key and the answer it gets (R68)."""

    station_id: str
    key: str
    answer_text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A wallbox's message is stored.

    When `repeated`, nothing was changed and `answer_text` is the first answer.
    `queued` holds what was enqueued, in order.
    """

    answer_text: str
    repeated: bool
    queued: tuple[OutboxMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A StartTransaction is stored under `transaction_id`.

    When `repeated`, it was known by its key: nothing was changed, and `answer_text` is what the
    wallbox was told, None if it has not been told yet.
    """

    transaction_id: int
    repeated: bool
    answer_text: str | None = None
    queued: OutboxMessage | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the manager must know again after a start."""

    stations: tuple[StationRecord, ...] = ()
    open_transactions: tuple[TransactionRecord, ...] = ()
    grants: tuple[GrantRecord, ...] = ()
    tags: tuple[TagRecord, ...] = ()
    profiles: tuple[ProfileRecord, ...] = ()
    behaviours: tuple[BehaviourRecord, ...] = ()
    releases: tuple[ReleaseRecord, ...] = ()
    outbox_depths: dict[str, int] = field(default_factory=dict)


class StoreFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The store could not keep a change (disk full, file unreadable): nothing was confirmed."""


class Store(Protocol):
    """Durable storage. Every method may raise StoreFailed; then nothing was changed."""

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
        self, start: TransactionStart, draft: Draft | None, at: datetime
    ) -> Opened:
        """Store a transaction under a new id, and queue its message with it.

        Ids are positive, at most 2^31 - 1, and never used twice by this store (R60). `draft`'s
        own transaction id is ignored; the queued message carries the new one.
        """
        ...

    async def transaction(self, station_id: str, transaction_id: int) -> TransactionRecord | None:
        """Find a transaction of this very wallbox (S5)."""
        ...

    async def transaction_of_backend(
        self, link_id: str, backend_transaction_id: int
    ) -> TransactionRecord | None:
        """Find the newest transaction with the backend's own id on that link."""
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

    async def document(self, name: str) -> str | None:
        """Read a named text."""
        ...

    async def forget_receipts(self, before: datetime) -> None:
        """Drop receipts older than `before` (kept at least 7 days, R68)."""
        ...

    async def close(self) -> None:
        """Finish what was asked for, then release the file."""
        ...
