"""A link between two ends of this process: text goes from one to the other as over a socket."""

import asyncio

from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Link, Receiver


class MemoryLink:
    """One end of it. Implements ports.links.Link.

    What is sent arrives at a later turn of the loop, in order, and before the news of a close that
    came after it. `address` is where the other end is said to be.
    """

    def __init__(self, receiver: Receiver, address: str) -> None:
        self._receiver = receiver
        self._address = address
        self._far: MemoryLink | None = None
        self._is_open = True
        self._is_over = False

    @property
    def peer_address(self) -> str:
        """Where the other end is said to be."""
        return self._address

    @property
    def security(self) -> LinkSecurity:
        """Nothing is proved, and nobody else is on the way."""
        return LinkSecurity.PLAIN

    def send(self, text: str) -> None:
        """Send one text message; on a closed link this does nothing."""
        if self._is_open and self._far is not None:
            asyncio.get_running_loop().call_soon(self._far.arrive, text)

    def close(self, code: int, reason: str) -> None:
        """Hang up; both ends are told, once."""
        if self._is_open and self._far is not None:
            self._is_open = False
            asyncio.get_running_loop().call_soon(self._far.hung_up, code, reason)

    def join(self, far: "MemoryLink") -> None:
        """Let what is sent here arrive there."""
        self._far = far

    def open(self) -> None:
        """Hand the link to its receiver."""
        self._receiver.opened(self)

    def arrive(self, text: str) -> None:
        """Take what the other end has sent."""
        if not self._is_over:
            self._receiver.received(text)

    def hung_up(self, code: int, reason: str) -> None:
        """The other end closed the link: so does this one, and says so to it."""
        if self._is_over:
            return
        self._is_open, self._is_over = False, True
        if self._far is not None:
            asyncio.get_running_loop().call_soon(self._far.hung_up, code, reason)
        self._receiver.closed(code, reason)


def connect(near: Receiver, far: Receiver, *, near_address: str, far_address: str) -> Link:
    """Open a link between two receivers, `far` first, as a server is; returns `near`'s end.

    Each is told the address of the other one.
    """
    one, other = MemoryLink(near, far_address), MemoryLink(far, near_address)
    one.join(other)
    other.join(one)
    other.open()
    one.open()
    return one
