"""The charge point's side of registering at a backend (OCPP 1.6 §4.2, R41-R43)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload

UNSTATED_RETRY_S: Final = 60.0
"""s until the next BootNotification where the backend names none (R41: own choice)."""

UNSTATED_HEARTBEAT_S: Final = 300.0
"""s between heartbeats where the backend names none."""

SHORTEST_S: Final = 1.0
"""s; OCPP counts intervals in whole seconds, and anything shorter would be a flood."""

_CHARS: Final = 200
"""Of what is wrong with an answer that are shown: it may be quoted."""

LONGEST_S: Final = 86400.0
"""s; a heartbeat is due once a day at least, since its answer sets the clock (R46)."""


class RegistrationStatus(StrEnum):
    """What a backend says to a BootNotification."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class Registered:
    """The backend took us: send a heartbeat every `heartbeat_s`."""

    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class NotYet:
    """The backend did not take us: boot again after `retry_s`; send nothing else until then.

    While `pending`, the backend's own commands are answered; while rejected it sends none.
    """

    retry_s: float
    pending: bool
    reason: str


class _BootAnswer(msgspec.Struct):
    status: RegistrationStatus
    interval: float | None = None


def read_boot_answer(payload_text: str) -> Registered | NotYet:
    """Understand a BootNotification answer; nonsense counts as a rejection, with its reason.

    An interval of 0 or less is none; any other is kept between a second and a day. It may come as
    text: who is accepted is not to stay away for that.
    """
    try:
        answer = decode_payload(payload_text, _BootAnswer, strict=False)
    except PeerError as exc:
        reason = f"unreadable boot answer: {str(exc)[:_CHARS]}"
        return NotYet(UNSTATED_RETRY_S, pending=False, reason=reason)
    if answer.status is RegistrationStatus.ACCEPTED:
        return Registered(_interval_s(answer, UNSTATED_HEARTBEAT_S))
    return NotYet(
        _interval_s(answer, UNSTATED_RETRY_S),
        pending=answer.status is RegistrationStatus.PENDING,
        reason=f"the backend answered {answer.status.value} to the boot notification",
    )


def _interval_s(answer: _BootAnswer, unstated_s: float) -> float:
    if answer.interval is None or not answer.interval > 0:  # "nan" is not, either
        return unstated_s
    return min(max(answer.interval, SHORTEST_S), LONGEST_S)
