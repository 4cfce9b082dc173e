"""The owner of a peer in whom nobody takes an interest."""

from wattgate.core.ocpp.frames import Call
from wattgate.runtime.peer import Peer


class Nobody:
    """Implements PeerOwner and does nothing."""

    def peer_opened(self, peer: Peer) -> None:
        pass

    def peer_called(self, peer: Peer, call: Call) -> None:
        pass

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        pass
