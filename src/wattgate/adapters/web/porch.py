"""Where connections to the HTTP port wait until they have proved who they are (S3)."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from wattgate.adapters.sockets.lobby import Lobby

REQUEST_S: Final = 10.0
"""s from a connection's start, or from the answer before, until a request's head is complete."""

ROOM: Final = 256
"""Connections that may be open at a time without a login."""


@dataclass(eq=False, slots=True)
class Caller:
    """One connection; `hang_up` ends it at once and may be called more than once."""

    host: str
    address: str
    hang_up: Callable[[], None]
    is_gone: bool = False
    too_slow: asyncio.TimerHandle | None = field(default=None, repr=False)

    def send_away(self) -> None:
        """End it, now or as soon as there is something that can be ended."""
        self.is_gone = True
        self.hang_up()


def cut(sock: socket.socket) -> Callable[[], None]:
    """Say how a socket is ended that others read from: they see its end and tidy up."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    return hang_up


class Porch:
    """Holds callers until they are admitted, and again between their requests.

    When it is full, one has to go for the next: see Lobby. So silence never locks anybody out.
    """

    def __init__(self) -> None:
        self._lobby: Lobby[Caller] = Lobby(ROOM)

    def enter(self, caller: Caller) -> None:
        """Take a caller who owes a request, for `REQUEST_S` at the longest."""
        self.leave(caller)
        evicted = self._lobby.enter(caller, caller.host)
        if evicted is not None:
            self._forget_time(evicted)
            evicted.send_away()
        loop = asyncio.get_running_loop()
        caller.too_slow = loop.call_later(REQUEST_S, caller.send_away)

    def has_asked(self, caller: Caller) -> None:
        """The head of a request is complete; who asks is not known yet."""
        self._forget_time(caller)

    def leave(self, caller: Caller) -> None:
        """Whoever asks is admitted, or gone; safe to repeat."""
        self._forget_time(caller)
        self._lobby.leave(caller)

    def _forget_time(self, caller: Caller) -> None:
        if caller.too_slow is not None:
            caller.too_slow.cancel()
            caller.too_slow = None
