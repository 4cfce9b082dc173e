"""A question of the other end that waits for its answer."""

from dataclasses import dataclass

from wattgate.core.gateway.traffic.traffic import Handling, Verdict
from wattgate.core.gateway.traffic.traffic_line import Source
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

    def answer(self, payload_text: str, because: str = "") -> None:
        """Answer it; nothing happens when the link is gone.

        `because` says in the traffic view why the gateway itself answers so.
        """
        if because:
            self.peer.recorder.because(self.call.unique_id, because)
        self.peer.answer(self.call.unique_id, payload_text)

    def pass_on(self, outcome: Outcome) -> None:
        """Answer it as the wallbox has, to the letter; where it has not, say why."""
        match outcome:
            case CallResult(_, payload_text):
                self.answer(payload_text)
            case CallError(_, code, description, details_text):
                self.fail(code, description, details_text)
            case NoAnswer(reason, _):
                self.refuse("GenericError", f"the wallbox: {reason}")

    def refuse(self, code: str, description: str) -> None:
        """Answer it with a CALLERROR; nothing happens when the link is gone."""
        self.fail(code, description)

    def fail(self, code: str, description: str, details_text: str = "{}") -> None:
        """As `refuse`, with details."""
        self.peer.refuse(self.call.unique_id, code, description, details_text)

    # For the traffic view; what is passed on and what is answered it sees by itself

    @property
    def source(self) -> Source:
        """What stands for this CALL where it is passed on."""
        return self.peer.recorder.source(self.call.unique_id)

    def absorbed(self, reason: str) -> None:
        """Say that it goes no further, and why."""
        self.peer.recorder.decided(self.call.unique_id, Verdict(Handling.ABSORBED, reason))

    def stored(self, payload_text: str, reason: str = "before it is answered") -> None:
        """Say that it was stored with this payload, and what for."""
        verdict = Verdict(Handling.STORED, reason)
        self.peer.recorder.decided(self.call.unique_id, verdict, payload_text)
