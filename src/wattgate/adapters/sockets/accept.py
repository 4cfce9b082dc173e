"""Accepting sockets, and seeing how each of them begins."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from wattgate.core.security.first_byte import Opening, classify

log = structlog.get_logger()

BACK_OFF_S: Final = 0.5
"""Wait after a failed accept: out of descriptors or memory, trying again at once only spins."""

_PASSING: Final = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EINTR})
"""Errors of the one connection that was to be accepted (accept(2)); the next may be fine."""

_BACKLOG: Final = 1024
"""Connections that may wait to be accepted: a power cut brings all wallboxes back at once."""

Accept = Callable[[], Awaitable[tuple[socket.socket, Any]]]
Pause = Callable[[float], Awaitable[None]]


def address_text(address: tuple[Any, ...]) -> str:
    """Write a socket address as people do: `192.0.2.7:49152`, `[2001:db8::7]:49152`."""
    host, port = host_of(address), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_of(address: tuple[Any, ...]) -> str:
    """Name the host of a socket address; an IPv4 one seen by an IPv6 socket as IPv4."""
    return str(address[0]).removeprefix("::ffff:")


async def listening_socket(host: str, port: int) -> socket.socket:
    """Bind a non-blocking socket; an empty `host` means every IPv4 and IPv6 address.

    Raises:
        OSError: the address cannot be listened on.
    """
    if not host:
        dual = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if dual else socket.AF_INET
        bound = socket.create_server(
            ("", port), family=family, backlog=_BACKLOG, dualstack_ipv6=dual
        )
    else:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        bound = socket.create_server(address, family=family, backlog=_BACKLOG)
    bound.setblocking(False)
    return bound


async def keep_accepting(
    accept: Accept, welcome: Callable[[socket.socket, Any], None], pause: Pause = asyncio.sleep
) -> None:
    """Accept for ever; backs off when the system has no more to give."""
    while True:
        try:
            sock, address = await accept()
        except OSError as error:
            if error.errno not in _PASSING:
                log.warning("cannot accept connections", error=str(error), pause_s=BACK_OFF_S)
                await pause(BACK_OFF_S)
        else:
            welcome(sock, address)
        await pause(0)  # accepting does not always give way: a flood must not starve the others


async def opening_of(sock: socket.socket) -> Opening | None:
    """Peek at what the peer sends first, leaving it unread; None when it hung up instead.

    `sock` is non-blocking. Waits as long as the peer does.
    """
    seen = 0
    while True:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, seen + 1)
        await _readable(sock)
        prefix = sock.recv(2, socket.MSG_PEEK)
        if len(prefix) == seen:
            return None
        seen = len(prefix)
        opening = classify(prefix)
        if opening is not Opening.NEED_MORE:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            return opening


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(sock, wake)
    try:
        await ready
    finally:
        loop.remove_reader(sock)
