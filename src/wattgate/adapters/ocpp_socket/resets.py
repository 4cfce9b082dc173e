"""Finding out that a connection was reset where the event loop keeps it to itself.

When part of a message and the peer's reset are there at the same moment, uvloop (0.23) lets its
reader run once, for the data, and then forgets the socket: nobody ever hears of the reset. A call
that waits for its answer would wait for a ping to fail, and without pings for ever.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Protocol

CHECK_S: Final = 2.0
"""s between two looks at a connection; one costs about a microsecond."""

_TCP_CLOSE: Final = 7
"""Linux' state of a socket whose connection is gone (include/net/tcp_states.h)."""


class _Socket(Protocol):
    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes: ...


def is_reset(sock: _Socket) -> bool:
    """Whether the connection of an open socket is gone; an orderly end of the peer is not."""
    state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    return state[0] == _TCP_CLOSE


class ResetWatch:
    """Looks at one connection again and again; calls `gone` once, when it has been reset."""

    __slots__ = ("_gone", "_is_reset", "_loop", "_timer")

    def __init__(self, *, is_reset: Callable[[], bool], gone: Callable[[], None]) -> None:
        self._is_reset = is_reset
        self._gone = gone
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._again()

    def stop(self) -> None:
        """End; safe to repeat."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _again(self) -> None:
        self._timer = self._loop.call_later(CHECK_S, self._look)

    def _look(self) -> None:
        if self._is_reset():
            self._timer = None
            self._gone()
        else:
            self._again()
