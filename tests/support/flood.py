"""Crowds that fill a port: sockets from many addresses of this machine that never say who they
are."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

PER_HOST: Final = 5
"""Sockets from each address."""

_CLIENT_HELLO: Final = bytes.fromhex("16030102000100") + bytes(60)
"""The beginning of one that says it has 512 bytes."""

OPENINGS: Final = (_CLIENT_HELLO, b"", _CLIENT_HELLO, b"GET /CP1 HTTP/1.1\r\nHost: wattgate\r\n")
"""What the sockets begin with, in turn: every other one with a TLS handshake it never ends."""


@dataclass
class Flood:
    """`arrived` of them have been connected once, `thrown_out` times one was closed on."""

    size: int
    arrived: int = 0
    thrown_out: int = 0
    all_there: asyncio.Event = field(default_factory=asyncio.Event)

    def one_more(self) -> None:
        self.arrived += 1
        if self.arrived == self.size:
            self.all_there.set()


@asynccontextmanager
async def flood(port: int, size: int) -> AsyncIterator[Flood]:
    """Connect so many, each again as soon as it is thrown out; all there when it begins."""
    _allow_files(size + 1000)
    crowd = Flood(size)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_push(crowd, port, number)) for number in range(size)]
        await crowd.all_there.wait()
        yield crowd
        for task in tasks:
            task.cancel()


async def _push(crowd: Flood, port: int, number: int) -> None:
    crowd_host = number // PER_HOST
    host = f"127.0.{1 + crowd_host // 250}.{1 + crowd_host % 250}"
    come = 0
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
            try:
                come += 1
                if come == 1:
                    crowd.one_more()
                writer.write(OPENINGS[number % len(OPENINGS)])
                await reader.read()
            finally:
                writer.transport.abort()
            crowd.thrown_out += 1


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
