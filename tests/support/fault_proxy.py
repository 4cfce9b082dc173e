"""A TCP proxy on the loopback that does to connections what networks do.

It sits between a WebSocket client (near) and a server (far) and reads along, so that a fault can
strike before, in the middle of, or after a certain frame. Nothing in it waits for measured time:
what it holds, it holds until it is told otherwise or closed.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from tests.support.websocket_stream import Part, WebSocketStream

_NO_LINGER: Final = struct.pack("ii", 1, 0)
_CHUNK: Final = 65536


class Way(Enum):
    """A direction through the proxy."""

    THERE = "there"
    """From who dialled to the server."""
    BACK = "back"


class Deed(Enum):
    """What happens to a connection."""

    CUT = "cut"
    """Both ends see an orderly end of the stream (FIN)."""
    RESET = "reset"
    """Both ends see a reset (RST)."""
    HOLD = "hold"
    """Nothing passes any more, on either way, and no end is told: half-open."""


@dataclass
class Fault:
    """Strikes at the next frame on a way that contains `word`, after `share` of its bytes passed.

    0.0 is before the frame, 1.0 after it, anything between in the middle of it. `times` is how
    many frames it strikes.
    """

    way: Way
    word: str
    share: float
    deed: Deed
    times: int = 1


class Connection:
    """One connection through the proxy."""

    def __init__(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        strike: Callable[[Way, Part], Fault | None],
        on_struck: Callable[[], None],
    ) -> None:
        self._ends = {Way.THERE: (near[0], far[1]), Way.BACK: (far[0], near[1])}
        self._strike = strike
        self._on_struck = on_struck
        self._flows = {way: asyncio.Event() for way in Way}
        self._over = asyncio.Event()
        self.slow_bytes: int | None = None
        for flow in self._flows.values():
            flow.set()

    def hold(self, *ways: Way) -> None:
        """Let nothing more pass on these ways, both if none is named; nobody is told."""
        for way in ways or Way:
            self._flows[way].clear()

    def let_go(self) -> None:
        """Let everything pass again, what was held first."""
        for flow in self._flows.values():
            flow.set()

    def cut(self) -> None:
        """End it in an orderly way; what was written before still arrives."""
        for _, writer in self._ends.values():
            writer.close()
        self._over.set()

    def reset(self) -> None:
        """End it rudely."""
        for _, writer in self._ends.values():
            raw = writer.get_extra_info("socket")
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            writer.transport.abort()
        self._over.set()

    def suffer(self, deed: Deed) -> None:
        """Carry a deed out."""
        {Deed.CUT: self.cut, Deed.RESET: self.reset, Deed.HOLD: self.hold}[deed]()

    async def serve(self) -> None:
        """Carry bytes both ways until an end closes or a deed ends it."""
        async with asyncio.TaskGroup() as tasks:
            pumps = [tasks.create_task(self._carry(way)) for way in Way]
            await self._over.wait()
            for pump in pumps:
                pump.cancel()

    async def _carry(self, way: Way) -> None:
        reader, _ = self._ends[way]
        stream = WebSocketStream()
        with suppress(ConnectionError):
            while True:
                await self._flows[way].wait()
                data = await reader.read(_CHUNK)
                # It may have been held while we waited for data.
                await self._flows[way].wait()
                if not data:
                    break
                for part in stream.feed(data):
                    await self._pass(way, part)
        self.cut()

    async def _pass(self, way: Way, part: Part) -> None:
        fault = self._strike(way, part)
        if fault is None:
            await self._write(way, part.data)
            return
        await self._write(way, part.data[: int(len(part.data) * fault.share)])
        self.suffer(fault.deed)
        self._on_struck()
        await self._flows[way].wait()
        await self._write(way, part.data[int(len(part.data) * fault.share) :])

    async def _write(self, way: Way, data: bytes) -> None:
        """Every `slow_bytes` the others get a turn, and the far end a packet of its own."""
        _, writer = self._ends[way]
        step = self.slow_bytes or max(1, len(data))
        for begin in range(0, len(data), step):
            if not writer.is_closing():
                writer.write(data[begin : begin + step])
                await writer.drain()
                await asyncio.sleep(0)


@dataclass
class FaultProxy:
    """Passes everything on, until it is told to do worse.

    `half_open` takes new connections in and never answers them; `storm` is how many of the next
    connections are cut as soon as they are there; `slow_bytes` is how much passes per turn of the
    event loop on new connections.
    """

    far_port: int
    half_open: bool = False
    storm: int = 0
    slow_bytes: int | None = None
    faults: list[Fault] = field(default_factory=list)
    struck: int = 0
    accepted: int = 0
    port: int = 0
    connections: list[Connection] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: int = 0

    @property
    def url(self) -> str:
        """What a WebSocket client is given."""
        return f"ws://127.0.0.1:{self.port}/"

    async def listen(self) -> None:
        """Take connections in, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Stop listening: who dials is refused. What is connected stays."""
        if self._server is not None:
            self._server.close()

    def each(self, deed: Deed) -> None:
        """Do this to every connection there is now."""
        for connection in list(self.connections):
            connection.suffer(deed)

    def let_go(self) -> None:
        """Let everything that is held pass."""
        for connection in self.connections:
            connection.let_go()

    async def until_struck(self, times: int) -> None:
        """Wait until faults have struck so many times."""
        await self._until(lambda: self.struck >= times)

    async def until_accepted(self, times: int) -> None:
        """Wait until so many connections have come."""
        await self._until(lambda: self.accepted >= times)

    async def close(self) -> None:
        """End everything, and wait for it."""
        self.refuse()
        self._closing.set()
        self.each(Deed.RESET)
        await self._until(lambda: self._serving == 0)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._serving += 1
        self._news.set()
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()
            self._serving -= 1
            self._news.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.storm:
            self.storm -= 1
            return
        if self.half_open:
            await self._closing.wait()
            return
        try:
            far = await asyncio.open_connection("127.0.0.1", self.far_port)
        except OSError:
            return
        connection = Connection((reader, writer), far, self._strike, self._note_struck)
        connection.slow_bytes = self.slow_bytes
        self.connections.append(connection)
        try:
            await connection.serve()
        finally:
            self.connections.remove(connection)

    def _strike(self, way: Way, part: Part) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.way is way and fault.word in part.text:
                fault.times -= 1
                return fault
        return None

    def _note_struck(self) -> None:
        self.struck += 1
        self._news.set()


@asynccontextmanager
async def fault_proxy(far_port: int, **manner: int | bool | None) -> AsyncIterator[FaultProxy]:
    """Run one before a port of this machine."""
    proxy = FaultProxy(far_port, **manner)  # type: ignore[arg-type]  # its own fields
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
