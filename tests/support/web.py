"""The API of a real manager over real HTTP, on a free port of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import Scripted, ScriptedDialer, World

from wattgate.adapters.signatures import EcdsaCheck
from wattgate.adapters.web.reception import NO_HTTPS, Https
from wattgate.adapters.web.server import WebServer
from wattgate.core.security.tls_mode import TlsMode
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

WITHIN_S = 20.0

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
) -> WebServer:
    """A server for a world that has started."""
    assert world.manager is not None
    tools = Tools(FakeClock(), ScriptedIdentifiers())
    return WebServer(
        world.manager,
        world.store,
        tools,
        host=host,
        port=port,
        admin_password=password,
        signatures=EcdsaCheck(),
        https=https,
    )


@asynccontextmanager
async def serving(
    world: World | None = None, *, password: str | None = ADMIN[1], https: Https = NO_HTTPS
) -> AsyncIterator[Api]:
    """Start a world and its API; without a `password` it is still to be set up."""
    world = world or a_world()
    async with asyncio.timeout(WITHIN_S), AsyncExitStack() as cleanup:
        await world.start()
        cleanup.push_async_callback(world.kill)
        server = new_server(world, password=password, https=https)
        await server.start()
        cleanup.push_async_callback(server.close)
        client = httpx.AsyncClient(
            base_url=server.url,
            auth=ADMIN if password else None,
            trust_env=False,
            verify=trusting_us(),
        )
        yield Api(world, server, await cleanup.enter_async_context(client))
