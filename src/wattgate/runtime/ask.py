"""A question of the other end that waits for its answer."""

from dataclasses import dataclass

from wattgate.core.ocpp.frames import Call
from wattgate.runtime.peer import Peer


@dataclass(frozen=True, slots=True)
class Ask:
    """A CALL that waits for its answer."""

    peer: Peer
    call: Call

    def answer(self, payload_text: str) -> None:
        """Answer it; nothing happens when the link is gone."""
        self.peer.answer(self.call.unique_id, payload_text)

    def refuse(self, code: str, description: str) -> None:
        """Answer it with a CALLERROR; nothing happens when the link is gone."""
        self.peer.refuse(self.call.unique_id, code, description)
