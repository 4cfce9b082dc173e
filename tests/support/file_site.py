"""A site in virtual time whose wallbox has `file_relay`, with a file port on paper."""

from dataclasses import dataclass
from typing import Final

from tests.support.frames import HOUSE, Literal, literal_backend, literal_wallbox, result, settled
from tests.support.paper_files import PaperFiles, TokenIdentifiers
from tests.support.world import Answer, Json, World

from wattgate.core.files.transfers import Received
from wattgate.runtime.files.desk import PART, Desk, Visit

SITE: Final = f"""{HOUSE}cycle_s = 60
[file_relay]
lifetime_h = 1
[[wallbox]]
id = "CP1"
file_relay = true
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend/"
[[evse.gateway]]
url = "ws://helper/"
role = "report"
commands = "all"
"""
HOST: Final = "192.0.2.7"


@dataclass
class FileSite:
    """CP1, which has `file_relay`, with its backend and one that may command, too."""

    world: World
    files: PaperFiles
    wallbox: Literal
    backend: Literal
    helper: Literal

    @property
    def desk(self) -> Desk:
        assert self.files.desk is not None
        return self.files.desk

    async def told(self, action: str, payload: Json, by: Literal | None = None) -> str:
        """Let a backend command it; the address that the wallbox is told."""
        await result(by or self.backend, action, payload)
        told = self.wallbox.all_of(action)[-1]
        return str(told["log"]["remoteLocation"] if action == "GetLog" else told["location"])

    def visit(self, url: str, behind: str = "", host: str = HOST) -> Visit | None:
        """Come to an address, with something put behind it."""
        return self.desk.visit("/" + url.split("/", 3)[3] + behind, host)

    async def put(self, url: str, behind: str = "d.zip") -> bool:
        """Bring a file as the file port does."""
        visit = self.visit(url, behind)
        assert visit is not None
        assert self.desk.refusal(visit, 11) is None
        name = self.desk.new_name()
        self.files.there.add(name + PART)
        at = self.world.clock.wall()
        received = Received(name=name, size=11, at=at, method="PUT", names=visit.names)
        is_taken = await self.desk.take(visit, received)
        await settled()
        return is_taken

    async def restart(self) -> None:
        """Kill the manager, and start it on what is stored."""
        await self.world.kill()
        await self.world.start()

    async def come_back(self) -> None:
        """The wallbox is there again, and so are its backends."""
        self.backend.calls.clear()
        await self.world.boot("CP1", self.wallbox)
        await self.backend.got("StatusNotification")
        await settled()

    def notes(self) -> list[str]:
        """What is stored of files."""
        assert self.world.manager is not None
        return [each.id for each, _ in self.world.manager.files.transfers()]


async def file_site(site_toml: str = SITE, answers: dict[str, Answer] | None = None) -> FileSite:
    files = PaperFiles()
    world = World(site_toml, identifiers=TokenIdentifiers(), files=files.outside())
    backend, helper = literal_backend(), literal_backend()
    world.dialer.backends |= {"ws://backend/CP1": backend, "ws://helper/CP1": helper}
    await world.start()
    usual: dict[str, Answer] = {"GetLog": lambda _: {"status": "Accepted"}}
    wallbox = literal_wallbox(**usual | (answers or {}))
    await world.boot("CP1", wallbox)
    await backend.got("StatusNotification")
    await helper.got("StatusNotification")
    await settled()
    return FileSite(world, files, wallbox, backend, helper)
