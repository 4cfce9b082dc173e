"""A question of the other end that waits for its answer."""

from dataclasses import dataclass

from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.peer import NoAnswer, Outcome, Peer


def is_accepted(outcome: Outcome) -> bool:
    """Whether a CALL was answered with the status Accepted."""
    return (
        isinstance(outcome, CallResult)
        and read_scalar(outcome.payload_text, ("status",)) == "Accepted"
    )


@dataclass(frozen=True, slots=True)
class Ask:
    """A CALL that waits for its answer."""

    peer: Peer
    call: Call

    def answer(self, payload_text: str) -> None:
        """Answer it; nothing happens when the link is gone."""
        self.peer.answer(self.call.unique_id, payload_text)

    def pass_on(self, outcome: Outcome) -> None:
        """Answer it as the wallbox has, to the letter; where it has not, say why."""
        match outcome:
            case CallResult(_, payload_text):
                self.answer(payload_text)
            case CallError(_, code, description, details_text):
                self.peer.refuse(self.call.unique_id, code, description, details_text)
            case NoAnswer(reason, _):
                self.refuse("GenericError", f"the wallbox: {reason}")

    def refuse(self, code: str, description: str) -> None:
        """Answer it with a CALLERROR; nothing happens when the link is gone."""
        self.peer.refuse(self.call.unique_id, code, description)
