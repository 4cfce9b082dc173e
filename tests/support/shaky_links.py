"""Links in virtual time that delay, hold and lose what they carry; every frame is written down.

Each direction keeps its order, as TCP does. What is on its way when a link dies is lost, and each
end learns of it in its own time: meanwhile it talks to nobody.
"""

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Receiver

What = Literal["opened", "sent", "arrived", "closed"]
MANAGER: Final = "manager"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened on a link; `who` sent it, or got it, or was told."""

    at: float
    link: int
    party: str
    who: str
    what: What
    text: str = ""


@dataclass
class End:
    """One end of a link. Implements ports.links.Link."""

    link: "ShakyLink"
    who: str
    receiver: Receiver
    peer_address: str = "192.0.2.7:40000"
    security: LinkSecurity = LinkSecurity.PLAIN
    is_told: bool = False
    is_held: bool = False
    on_the_way: deque[str] = field(default_factory=deque)
    _free_at: float = 0.0

    @property
    def far(self) -> "End":
        """The other end."""
        one, other = self.link.ends
        return other if self is one else one

    def send(self, text: str) -> None:
        """Send; who was told that the link is closed sends nothing more."""
        if self.is_told:
            return
        self.link.note(self, "sent", text)
        self.on_the_way.append(text)
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time() + self.link.net.delay_s())
        loop.call_at(self._free_at, self._deliver)

    def _deliver(self) -> None:
        """Deliver the oldest that is on its way; one call was made for each."""
        if self.is_held or self.link.is_dead or not self.on_the_way:
            return
        text = self.on_the_way.popleft()
        if not self.far.is_told:
            self.link.note(self.far, "arrived", text)
            self.far.receiver.received(text)

    def let_go(self) -> None:
        """Deliver what was held, in order."""
        self.is_held = False
        for _ in tuple(self.on_the_way):
            asyncio.get_running_loop().call_soon(self._deliver)

    def close(self, code: int, reason: str) -> None:
        """End the link; the other end gets what was sent before."""
        loop = asyncio.get_running_loop()
        self.tell(code, reason)
        loop.call_at(max(self._free_at, loop.time()), self.link.cut, code, reason)

    def tell(self, code: int = 1006, reason: str = "") -> None:
        """Let this end know that the link is gone, once."""
        if not self.is_told:
            self.is_told = True
            self.link.note(self, "closed", str(code))
            self.receiver.closed(code, reason)


class ShakyLink:
    """A link between the manager and somebody."""

    def __init__(self, net: "ShakyNet", number: int, party: str) -> None:
        self.net = net
        self.number = number
        self.party = party
        self.is_dead = False
        self.ends: tuple[End, End]

    def open(self, manager: Receiver, other: Receiver) -> None:
        """Open it, the other end first."""
        self.ends = End(self, MANAGER, manager), End(self, self.party, other)
        self.note(self.ends[1], "opened")
        other.opened(self.ends[1])
        manager.opened(self.ends[0])

    def note(self, end: End, what: What, text: str = "") -> None:
        """Write down what happens at an end."""
        at = asyncio.get_running_loop().time()
        self.net.journal.append(Entry(at, self.number, self.party, end.who, what, text))

    def cut(self, code: int = 1006, reason: str = "") -> None:
        """Die now, and tell both."""
        self.die(0.0, 0.0, code, reason)

    def die(
        self, manager_s: float | None, other_s: float | None, code: int = 1006, reason: str = ""
    ) -> None:
        """Die now; each end is told after so many s, and never where that is None."""
        self.is_dead = True
        for end, after_s in zip(self.ends, (manager_s, other_s), strict=True):
            end.on_the_way.clear()
            if after_s is not None:
                asyncio.get_running_loop().call_later(after_s, end.tell, code, reason)

    def hold(self, *, from_manager: bool) -> None:
        """Hold what one side sends."""
        self.ends[0 if from_manager else 1].is_held = True

    def let_go(self) -> None:
        """Let pass what is held."""
        for end in self.ends:
            end.let_go()


@dataclass
class ShakyNet:
    """All links of a story; `is_calm` ends every delay."""

    chance: random.Random
    journal: list[Entry] = field(default_factory=list)
    links: list[ShakyLink] = field(default_factory=list)
    is_calm: bool = False

    def connect(self, party: str, manager: Receiver, other: Receiver) -> ShakyLink:
        """Open a link between the manager's receiver and a party's."""
        link = ShakyLink(self, len(self.links), party)
        self.links.append(link)
        link.open(manager, other)
        return link

    def alive(self) -> list[ShakyLink]:
        """The links that carry anything."""
        return [
            link
            for link in self.links
            if not link.is_dead and not any(end.is_told for end in link.ends)
        ]

    def calm_down(self) -> None:
        """No delays any more, nothing is held, and every end of a dead link is told."""
        self.is_calm = True
        for link in self.links:
            if link.is_dead:
                for end in link.ends:
                    end.tell()
            else:
                link.let_go()

    def delay_s(self) -> float:
        """How long the next frame takes: mostly nothing, at times long enough to be in doubt."""
        if self.is_calm:
            return 0.0
        most = self.chance.choices((0.02, 2.0, 40.0), (80, 16, 4))[0]
        return self.chance.uniform(0.0, most)
