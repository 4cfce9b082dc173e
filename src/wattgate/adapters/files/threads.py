"""Work that waits for sockets, in a thread of its own that nobody has to wait for.

The clients of the standard library block. Threads of asyncio's pool would keep the manager from
ending while a server keeps silent; these are given up.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class GivenUp(BaseException):
    """Nobody waits for this work any more."""


class Stop:
    """Tells a thread that it has been given up, and ends what it may be waiting for."""

    def __init__(self) -> None:
        self._is_set = False
        self._sockets: list[socket.socket] = []

    def set(self) -> None:
        """Give the work up."""
        self._is_set = True
        for sock in self._sockets:
            _end(sock)

    def ends(self, sock: socket.socket) -> None:
        """Have this connection end with the work: a server may let wait by a byte at a time."""
        self._sockets.append(sock)
        if self._is_set:
            _end(sock)

    def check(self) -> None:
        """Raises GivenUp where nobody waits any more; to be called from time to time."""
        if self._is_set:
            raise GivenUp


def _end(sock: socket.socket) -> None:
    """Of TLS, too, without touching what the thread may be busy with."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


async def in_thread(work: Callable[[Stop], T], *, name: str) -> T:
    """Do it in a thread; what it raises is raised here. Cancelling this leaves the thread alone."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    stop = Stop()

    def tell(outcome: Callable[[], None]) -> None:
        if not future.done():
            outcome()

    def run() -> None:
        try:
            outcome = partial(future.set_result, work(stop))
        except GivenUp:
            return
        except Exception as exc:  # noqa: BLE001 - it is raised where it is waited for
            outcome = partial(future.set_exception, exc)
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, outcome)

    threading.Thread(target=run, name=name, daemon=True).start()
    try:
        return await future
    finally:
        stop.set()
