"""What a wallbox has done with a message about charging profiles."""

from wattgate.core.gateway.profiles.profile_mirror import TAKING_EFFECT
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.peer import NoAnswer, Outcome


def took_effect(action: str, outcome: Outcome) -> bool:
    """Whether it carried out a SetChargingProfile or ClearChargingProfile."""
    return isinstance(outcome, CallResult) and _status(outcome) in TAKING_EFFECT[action]


def may_have_changed(outcome: Outcome) -> bool:
    """Whether it may hold other profiles than before such a message."""
    match outcome:
        case CallResult():
            return _status(outcome) == "Accepted"
        case CallError():
            return False
        case NoAnswer(_, was_sent):
            return was_sent


def _status(result: CallResult) -> object:
    return read_scalar(result.payload_text, ("status",))
