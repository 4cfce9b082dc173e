"""What a session is asked to send, and what it tells of it."""

from dataclasses import dataclass
from enum import IntEnum

from wattgate.core.ocpp.frames import Call, CallError, CallResult


class Priority(IntEnum):
    """What goes out first when several requests wait; the lowest number wins (R89).

    `REPORT` is for backends that only listen: nobody waits for what they ask (R106).
    """

    REDUCTION = 0
    STOP = 1
    BACKEND = 2
    INCREASE = 3
    POLL = 4
    REPORT = 5


@dataclass(frozen=True, slots=True)
class Request:
    """A CALL that we want to send.

    `timeout_s` counts from asking, waiting included (R16); of one that `waits_its_turn` from
    sending, so that the peer has all of it: what is billed must not be taken for lost, and be sent
    again, because others were slow. A request with a `coalesce_key` takes the place of a waiting
    one with the same key, which is then never sent (R89).
    """

    unique_id: str
    action: str
    payload_text: str
    timeout_s: float = 30.0
    priority: Priority = Priority.BACKEND
    coalesce_key: str | None = None
    waits_its_turn: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The peer sent a CALL; it waits for `Session.answer` or `Session.refuse`."""

    call: Call


@dataclass(frozen=True, slots=True)
class Answered:
    """The peer answered our request, with a result or with a refusal."""

    request: Request
    answer: CallResult | CallError


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer in time. Where `was_sent`, the peer may have done what it was asked."""

    request: Request
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer request with the same `coalesce_key` took its place; it was never sent."""

    request: Request


@dataclass(frozen=True, slots=True)
class Dropped:
    """The link closed first. Where `was_sent`, the peer may have done what it was asked."""

    request: Request
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Junk, an answer nobody waits for, or a CALL sent twice.

    For the log only: what had to be said to the peer is already in `Session.data_to_send`.
    """

    reason: str


Event = Asked | Answered | TimedOut | Superseded | Dropped | Rejected
