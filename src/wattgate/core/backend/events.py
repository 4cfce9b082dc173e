"""What happened in the test backend: for people one line of words, for programs one record.

A record is the event's own fields beside `event`, the class's `kind`; `id` is the charge point.
Payload texts are verbatim, so that a test can compare signed data byte for byte (R17, R111).
"""

from dataclasses import dataclass, fields
from typing import ClassVar

from wattgate.core.backend.notices import Notice


@dataclass(frozen=True, slots=True)
class Called:
    """A charge point asked something."""

    kind: ClassVar[str] = "call"
    words: ClassVar[str] = "{id}: {action} {payload_text}"
    id: str
    action: str
    message_id: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class Replied:
    """The charge point's question was answered."""

    kind: ClassVar[str] = "replied"
    words: ClassVar[str] = "{id}: {action} answered with {payload_text}"
    id: str
    action: str
    message_id: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class RepliedError:
    """The charge point's question was answered with a CALLERROR."""

    kind: ClassVar[str] = "replied-error"
    words: ClassVar[str] = "{id}: {action} refused, {code}: {description}"
    id: str
    action: str
    message_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Requested:
    """The backend asks a charge point; how that ends carries the same `number`."""

    kind: ClassVar[str] = "requested"
    words: ClassVar[str] = "{id}: asking {action} {payload_text}"
    id: str
    number: int
    action: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A charge point answered."""

    kind: ClassVar[str] = "answered"
    words: ClassVar[str] = "{id}: answer to {action}: {payload_text}"
    id: str
    number: int
    action: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class AnsweredError:
    """A charge point answered with a CALLERROR."""

    kind: ClassVar[str] = "answered-error"
    words: ClassVar[str] = "{id}: {action} was refused, {code}: {description}"
    id: str
    number: int
    action: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer will come any more."""

    kind: ClassVar[str] = "unanswered"
    words: ClassVar[str] = "{id}: no answer to {action}: {reason}"
    id: str
    number: int
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class TransactionStarted:
    """A transaction was opened; `tag_status` is what the charge point was told of the card."""

    kind: ClassVar[str] = "transaction-started"
    words: ClassVar[str] = (
        "{id}: transaction {transaction_id} started on connector {connector} by {id_tag} "
        "({tag_status}) at {meter_start_wh} Wh, {started_at}"
    )
    id: str
    transaction_id: int
    connector: int
    id_tag: str
    meter_start_wh: int
    started_at: str
    tag_status: str


@dataclass(frozen=True, slots=True)
class TransactionRepeated:
    """A start or stop came again and changed nothing (R67); `action` says which."""

    kind: ClassVar[str] = "transaction-repeated"
    words: ClassVar[str] = "{id}: {action} of transaction {transaction_id} repeated"
    id: str
    action: str
    transaction_id: int


@dataclass(frozen=True, slots=True)
class TransactionStopped:
    """A transaction was closed."""

    kind: ClassVar[str] = "transaction-stopped"
    words: ClassVar[str] = (
        "{id}: transaction {transaction_id} stopped at {meter_stop_wh} Wh, {stopped_at}, {reason}"
    )
    id: str
    transaction_id: int
    meter_stop_wh: int
    stopped_at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something a well-behaved peer does not do; it was answered all the same (R59).

    `what` is one of the words in `wattgate.core.backend.transactions.Oddity`.
    """

    kind: ClassVar[str] = "anomaly"
    words: ClassVar[str] = "{id}: ANOMALY {what}: {action}, transaction {transaction_id}"
    id: str
    what: str
    action: str
    transaction_id: int


Event = (
    Notice
    | Called
    | Replied
    | RepliedError
    | Requested
    | Answered
    | AnsweredError
    | Unanswered
    | TransactionStarted
    | TransactionRepeated
    | TransactionStopped
    | Anomaly
)


def record(event: Event) -> dict[str, object]:
    """Describe an event for programs: its kind as `event`, then its fields."""
    return {"event": event.kind} | {f.name: getattr(event, f.name) for f in fields(event)}


def words(event: Event) -> str:
    """Describe an event for people, in one line (`help` has several)."""
    return event.words.format_map({name: _plain(value) for name, value in record(event).items()})


def _plain(value: object) -> object:
    match value:
        case None | () | {} if not value:
            return "none"
        case dict():
            return ", ".join(f"{name} {status}" for name, status in value.items())
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return value
