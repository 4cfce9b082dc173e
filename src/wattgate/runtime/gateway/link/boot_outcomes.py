"""What a backend makes of a BootNotification (OCPP 1.6 §4.2)."""

from typing import Final

from wattgate.core.gateway.link.registration import NotYet, Registered, read_boot_answer
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.runtime.peer import NoAnswer, Outcome

_CHARS: Final = 200
"""Of a backend's own words that are shown."""


def verdict(outcome: Outcome) -> Registered | NotYet:
    """Whether the backend has taken us in; where it gave no usable answer, when to ask again."""
    match outcome:
        case CallResult(_, payload_text):
            return read_boot_answer(payload_text)
        case CallError(_, code, description, _):
            said = f"the backend refused it with {code}: {description}"
            return NotYet(60.0, pending=False, reason=f"boot notification failed: {said[:_CHARS]}")
        case NoAnswer(reason, _):
            return NotYet(60.0, pending=False, reason=f"boot notification failed: {reason}")


def is_rejection(outcome: Outcome) -> bool:
    """Whether it has said no: then it hears nothing from us until we ask again (R41)."""
    match verdict(outcome):
        case NotYet(_, pending, _):
            return isinstance(outcome, CallResult) and not pending
        case _:
            return False
