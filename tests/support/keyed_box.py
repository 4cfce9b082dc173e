"""A wallbox in virtual time that has a password and is told new keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.frames import Literal, Refusal, literal_wallbox, settled
from tests.support.shared_current import site
from tests.support.world import BOOT, Json, World

from wattgate.core.ocpp.handshake import HandshakeRequest, Refused, basic_authorization
from wattgate.core.station.wallbox_key import KeyStep
from wattgate.runtime.station.key_writing import Written

OPEN = site("CP1")
OWN = OPEN + '[[wallbox]]\nid = "CP1"\npassword = "secret"\n'
COMMON = OPEN.replace("[[evse]]", '[ocpp_server]\npassword = "common"\n[[evse]]', 1)
NEWER = OWN.replace('"secret"', '"newly written"')

SECRET = "secret"
Status = str | Refusal | None


@dataclass
class KeyedBox:
    """A wallbox with a password, in a world; `status` answers a key, `keys` are those it was told.

    It does with a key what the test tells it to: `takes_it`.
    """

    world: World
    password: str | bytes | None = "secret"
    status: Status = "Accepted"
    keys: list[str] = field(default_factory=list)
    end: Literal = field(default_factory=literal_wallbox)

    def _told(self, payload: Json) -> Json:
        assert payload["key"] == "AuthorizationKey"
        self.keys.append(payload["value"])
        if isinstance(self.status, Refusal):
            return self.status
        return None if self.status is None else {"status": self.status}

    async def comes(self, *, boots: bool = False) -> None:
        """Connect with the password that it has, and say that it has started."""
        self.end = literal_wallbox(ChangeConfiguration=self._told)
        self.world.plug_in("CP1", self.end, self.header(self.password))
        if boots:
            await self.end.ask("BootNotification", BOOT)
        await settled()

    def takes_it(self) -> None:
        """Use the key that it was told last, as the bytes it stands for."""
        self.password = bytes.fromhex(self.keys[-1])

    @staticmethod
    def header(password: str | bytes | None) -> str | None:
        return basic_authorization("CP1", password) if password is not None else None

    def opens(self, password: str | bytes | None) -> bool:
        """Whether somebody would be let in with this."""
        assert self.world.manager is not None
        request = HandshakeRequest("/CP1", ("ocpp1.6",), self.header(password), "192.0.2.9:1")
        return not isinstance(self.world.manager.stations.admit(request), Refused)

    async def is_written(self, *, restart: bool = False) -> Written:
        """Let the manager write a new key."""
        manager = self.world.manager
        assert manager is not None
        return await manager.key_writing.write(manager.stations.by_id["CP1"], restart=restart)

    def step(self) -> KeyStep | None:
        assert self.world.manager is not None
        return self.world.manager.keys.of("CP1").step

    def has_key(self) -> bool:
        assert self.world.manager is not None
        return bool(self.world.manager.keys.of("CP1").present)

    def sent_away(self) -> str | None:
        """With which words the manager has closed the connection."""
        return self.end.closed_with[1] if self.end.closed_with is not None else None


@asynccontextmanager
async def a_box(
    site_toml: str = OWN, password: str | None = SECRET, status: Status = "Accepted"
) -> AsyncIterator[KeyedBox]:
    """A site with a wallbox that is connected."""
    world = World(site_toml)
    await world.start()
    box = KeyedBox(world, password, status)
    await box.comes()
    yield box
    if world.manager is not None:
        await world.kill()


async def restarted(box: KeyedBox, site_toml: str | None = None) -> None:
    """Kill the manager, and start it on what is stored."""
    await box.world.kill()
    box.world.site_toml = site_toml or box.world.site_toml
    await box.world.start()
