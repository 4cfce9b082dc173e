"""The API of a real manager over real HTTP, on a free port of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import Scripted, ScriptedDialer, World

from wattgate.adapters.certificates.authority import BuiltInAuthority
from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.signatures import EcdsaCheck
from wattgate.adapters.web.certificate_office import CertificateOffice, used_by
from wattgate.adapters.web.reception import NO_HTTPS, Https
from wattgate.adapters.web.server import WebServer
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.clock import Clock
from wattgate.runtime.peer import Tools

ADMIN = ("admin", "correct horse")
BACKEND_URL = "ws://backend.example/ocpp/CP1"
SITE = """
[site]
title = "Home"
max_current_a = 32
house_load_a = 0

[[evse]]
id = "stall-1"
name = "Left"
address = "CP1"

[[evse.gateway]]
url = "ws://backend.example/ocpp"

[[evse]]
id = "stall-2"
address = "CP2"
"""

WITHIN_S = 60.0
"""s after which something is not coming; a machine that others use, too, takes its time."""

NOWHERE: Final = Path("/nonexistent")

TLS = Path(__file__).parents[1] / "fixtures" / "tls"


def our_context() -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    return context


def trusting_us() -> ssl.SSLContext:
    """The client's side, which believes that certificate and no other."""
    return ssl.create_default_context(cafile=TLS / "certificate.pem")


def https(mode: TlsMode = TlsMode.DETECT) -> Https:
    """HTTPS as the setting says."""
    return Https(mode, our_context)


class KeptCertificates:
    """Certificates and authority in a folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self._vault = Vault(folder / "certificates", clock, lambda: ("localhost", "127.0.0.1"))
        self._authority = BuiltInAuthority(folder / "authority", clock)

    async def open(self) -> None:
        """Read what is there; the first time, make the server's."""
        await self._vault.open()
        await self._authority.open()

    def office(self, world: World) -> CertificateOffice:
        """What can be done with them."""

        def used() -> dict[str, tuple[str, ...]]:
            assert world.manager is not None
            return used_by(world.manager.site, world.manager.evses())

        return CertificateOffice(self._vault, self._authority, self.clock, used)


@dataclass
class Api:
    """A served manager; `client` logs in as the admin unless a request says otherwise."""

    world: World
    server: WebServer
    client: httpx.AsyncClient

    async def get(self, path: str) -> object:
        """The JSON of a page that must be there."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def a_world(site_toml: str = SITE, backend: Scripted | None = None) -> World:
    """A site whose backend is `backend`, or away."""
    return World(site_toml, ScriptedDialer({BACKEND_URL: backend} if backend else {}))


def new_server(
    world: World,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    password: str | None = ADMIN[1],
    https: Https = NO_HTTPS,
    certificates: KeptCertificates | None = None,
) -> WebServer:
    """A server for a world that has started; by default without certificates of its own.

    With them it goes by the real clock, as those do.
    """
    assert world.manager is not None
    kept = certificates or KeptCertificates(NOWHERE, FakeClock())
    tools = Tools(kept.clock, ScriptedIdentifiers())
    return WebServer(
        world.manager,
        world.store,
        tools,
        host=host,
        port=port,
        admin_password=password,
        signatures=EcdsaCheck(),
        office=kept.office(world),
        https=https,
    )


@asynccontextmanager
async def serving(
    world: World | None = None,
    *,
    password: str | None = ADMIN[1],
    https: Https = NO_HTTPS,
    certificates: Path | None = None,
) -> AsyncIterator[Api]:
    """Start a world and its API; without a `password` it is still to be set up.

    `certificates` is the folder where the manager keeps its own.
    """
    world = world or a_world()
    async with asyncio.timeout(WITHIN_S), AsyncExitStack() as cleanup:
        await world.start()
        cleanup.push_async_callback(world.kill)
        kept = None
        if certificates is not None:
            kept = KeptCertificates(certificates, SystemClock())
            await kept.open()
        server = new_server(world, password=password, https=https, certificates=kept)
        await server.start()
        cleanup.push_async_callback(server.close)
        client = httpx.AsyncClient(
            base_url=server.url,
            auth=ADMIN if password else None,
            trust_env=False,
            verify=trusting_us(),
        )
        yield Api(world, server, await cleanup.enter_async_context(client))
