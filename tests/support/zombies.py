"""Wallboxes at the end of a link that has died without a word."""

from dataclasses import dataclass, field

from tests.support.world import World

from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Receiver


@dataclass
class Zombie:
    """A link whose other end hears of no close, and goes on sending."""

    receiver: Receiver
    peer_address: str = "192.0.2.9:1"
    security: LinkSecurity = LinkSecurity.PLAIN
    sent: list[str] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)

    def send(self, text: str) -> None:
        self.sent.append(text)

    def close(self, code: int, reason: str) -> None:
        self.closes.append(code)

    def says(self, text: str) -> None:
        self.receiver.received(text)

    def ends(self) -> None:
        """The network forgets it, long after."""
        self.receiver.closed(1006, "connection lost")


def a_zombie(world: World) -> Zombie:
    """Connect it as CP1."""
    assert world.manager is not None
    stations = world.manager.stations
    admission = stations.admit(HandshakeRequest("/CP1", ("ocpp1.6",), None, "192.0.2.9:1"))
    assert isinstance(admission, Admitted)
    zombie = Zombie(stations.welcome(admission, "192.0.2.9:1"))
    zombie.receiver.opened(zombie)
    return zombie
