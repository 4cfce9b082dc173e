"""A listener where a backend should be: it says bytes that no WebSocket server would say."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_ACCEPT: Final = b"<accept>"

_UPGRADED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: <accept>\r\n\r\n"
)

BEHAVIOURS: Final[dict[str, bytes]] = {
    "silence": b"",
    "garbage": b"\x00\xff" * 4096,
    "a page": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "a head that drips": b"HTTP/1.1 101 Swi",
    "a head without end": b"HTTP/1.1 101 Switching Protocols\r\n" + b"X: y\r\n" * 200_000,
    "a wrong accept": _UPGRADED.replace(_ACCEPT, b"AAAA"),
    "half a frame": _UPGRADED + b'\x81\x7e\xff\xff[2,"x',
    "a masked frame": _UPGRADED + b"\x81\x82\x00\x00\x00\x00{}",
    "a frame of 2^62 bytes": _UPGRADED + b"\x81\x7f\x40\x00\x00\x00\x00\x00\x00\x00",
    "a ping of 200 bytes": _UPGRADED + b"\x89\x7e\x00\xc8" + bytes(200),
    "a close code that is none": _UPGRADED + b"\x88\x02\x00\x07",
}
"""What it answers an upgrade request with; then it waits to be left."""


class HostileServer:
    """Answers every connection by its present behaviour; counts them."""

    def __init__(self) -> None:
        self.behaviour = "silence"
        self.port = 0
        self.served: list[str] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def drop(self) -> None:
        """Leave whoever is there."""
        for writer in self._writers:
            writer.transport.abort()

    async def has_served(self, behaviour: str) -> None:
        """Wait until a connection was answered so."""
        while behaviour not in self.served:
            self._news.clear()
            await self._news.wait()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its request to its end."""
        self._writers.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            behaviour = self.behaviour
            writer.write(BEHAVIOURS[behaviour].replace(_ACCEPT, _accept(head), 1))
            self.served.append(behaviour)
            self._news.set()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


def _accept(head: bytes) -> bytes:
    lines = dict(line.lower().partition(b": ")[::2] for line in head.split(b"\r\n")[1:])
    exact = head[head.lower().index(b"sec-websocket-key: ") + 19 :].split(b"\r\n")[0]
    assert exact.lower() == lines[b"sec-websocket-key"]
    return base64.b64encode(hashlib.sha1(exact + _GUID, usedforsecurity=False).digest())


@asynccontextmanager
async def hostile_server() -> AsyncIterator[HostileServer]:
    """Run one on a free port."""
    hostile = HostileServer()
    server = await asyncio.start_server(hostile.talk, "127.0.0.1", 0)
    hostile.port = server.sockets[0].getsockname()[1]
    try:
        yield hostile
    finally:
        server.close()
        hostile.drop()
