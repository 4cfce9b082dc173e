"""A file relay on real sockets and a real folder, without wallboxes and backends around it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.tls_ends import asking
from tests.support.web import our_context

from wattgate.adapters.clock import SystemClock
from wattgate.adapters.files.counter import FileCounter
from wattgate.adapters.files.folder import DataFolder
from wattgate.adapters.files.servers import BackendFileServers
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.site.model import FileRelaySettings, Site, WallboxSettings
from wattgate.ports.files import Reach
from wattgate.ports.store import Change
from wattgate.runtime.files.desk import Desk
from wattgate.runtime.files.relay import FileRelay
from wattgate.runtime.files.surroundings import Links, Outside
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

LINK: Final = "stall-1 CP1@backend"
PATIENCE_S: Final = 30.0


class _TellingStore(MemoryStore):
    """Tells when something was stored."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        done = await super().commit(*changes)
        self._tell()
        return done


class _TellingFolder(DataFolder):
    """Tells when a file was removed."""

    def __init__(self, folder: Path, tell: Callable[[], None]) -> None:
        super().__init__(folder)
        self._tell = tell

    def remove(self, name: str) -> None:
        super().remove(name)
        self._tell()


@dataclass
class RelayBench:
    """One relay at a time; `store` and `folder` outlive it."""

    folder: Path
    settings: FileRelaySettings = field(
        default_factory=lambda: FileRelaySettings(host="127.0.0.1", port=0)
    )
    own_host: str = "127.0.0.1"
    wallbox_host: str = "127.0.0.1"
    reports: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = asyncio.Event()
        self.store = _TellingStore(self._news.set)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so that comes with a stored change or a removed file."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def until_ended(self, relay: FileRelay) -> None:
        """Wait until nothing is on its way, and no file is left."""
        await self.until(lambda: not relay.transfers() and not self.files())
        assert (await self.store.recover()).notes == ()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FileRelay]:
        """Run it until the block ends, as a power cut would end it."""
        wallbox = WallboxSettings(id="CP1", file_relay=True)
        site = Site(file_relay=self.settings, wallboxes=(wallbox,))
        relay = FileRelay(lambda: site, self.store)
        folder = _TellingFolder(self.folder, self._news.set)

        def counter(desk: Desk) -> FileCounter:
            return FileCounter(
                self.settings.host, self.settings.port, desk, folder, SystemClock(), our_context
            )

        async def report(link_id: str, action: str, payload_text: str) -> None:
            self.reports.append((link_id, action, payload_text))
            self._news.set()

        outside = Outside(BackendFileServers(lambda _: asking()), folder, counter)
        links = Links(
            lambda _: Reach(self.own_host, self.own_host), report, lambda _: self.wallbox_host
        )
        tools = Tools(SystemClock(), SystemIdentifiers())
        recovered = await self.store.recover()
        async with Supervisor() as tasks:
            await relay.begin(outside, links, tools, tasks, recovered.notes)
            try:
                yield relay
            finally:
                await relay.close()

    def files(self) -> list[str]:
        """The names of what is in the folder."""
        return sorted(path.name for path in self.folder.glob("*"))


async def told(relay: FileRelay, action: str, location: str) -> str:
    """The address that the wallbox is told in a command of the backend."""
    named = {"remoteLocation": location}
    payload = {"log": named} if action == "GetLog" else {"location": location}
    command = await relay.told("CP1", LINK, action, json.dumps(payload))
    found = json.loads(command.payload_text)
    return str(found["location"] if action != "GetLog" else found["log"]["remoteLocation"])


@dataclass(frozen=True)
class Curl:
    """What curl has got: the status, the headers in lower case, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    exit_code: int


async def curl(*words: str | Path) -> Curl:
    """Ask with curl, an HTTP client that is not ours."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--show-error", "--noproxy", "*", "--include", "--max-time", "30"),
        *map(str, words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    while output.startswith(b"HTTP/1.1 100"):
        output = output.partition(b"\r\n\r\n")[2]
    head, _, body = output.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    status = int(first.split()[1]) if first else 0
    assert process.returncode is not None
    return Curl(status, headers, body, process.returncode)
