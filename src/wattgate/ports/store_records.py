"""What the store keeps, as it is told and read."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.station.transactions import TransactionRecord


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


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A small text that must outlast a restart, known by its owner and its name.

    `scope` names the owner and the kind of notes: `configuration <link id>`.
    """

    scope: str
    name: str
    text: str


class FrameWay(StrEnum):
    """Which way a frame went that is kept as evidence."""

    RECEIVED = "received"
    """From the wallbox."""
    SENT = "sent"
    """To the backend, which took it."""
    ANSWERED = "answered"
    """To the wallbox, by ourselves: no backend had decided."""


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """A whole OCPP-J frame of a transaction, character by character (R122).

    `end` is the other end of the link: the ChargeBox ID, or the backend link's id.
    """

    transaction_id: int
    way: FrameWay
    end: str
    action: str
    text: str
    at: datetime


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
    wallbox was told, None if it has not been told yet. `queued` are its messages, as they were
    drafted.
    """

    transaction_id: int
    repeated: bool
    answer_text: str | None = None
    queued: tuple[OutboxMessage, ...] = ()


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
    notes: tuple[NoteRecord, ...] = ()
    outbox_depths: dict[str, int] = field(default_factory=dict)
    letter_counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreCondition:
    """How the store is.

    `failing` is why the last change could not be stored, None once one could again.
    `has_reserve` is False while the disk space that it keeps aside is wanted and missing.
    """

    failing: str | None = None
    has_reserve: bool = True
