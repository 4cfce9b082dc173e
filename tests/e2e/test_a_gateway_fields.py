"""The gateway's fields: URL, client ID, password (P2-P4, P20), seen by an independent server."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from tests.support.processes import LIMIT_S, Stage
from tests.support.site_processes import run_manager, run_wallbox
from tests.support.site_text import Value, evse, site
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

CERTIFICATE: Final = Path(__file__).parent.parent / "fixtures/tls/certificate.pem"

Seen = tuple[str, str | None]
"""Request target, and password line of the Authorization header; None without one."""

ROWS: Final[list[tuple[dict[str, Value], Seen]]] = [
    ({"url": "ws://127.0.0.1:{port}/", "client_id": "A1"}, ("/A1", None)),
    ({"url": "ws://127.0.0.1:{port}", "client_id": "A2"}, ("/A2", None)),
    (
        {"url": "ws://127.0.0.1:{port}/path/to/resource/", "client_id": "A3"},
        ("/path/to/resource/A3", None),
    ),
    (
        {"url": "ws://127.0.0.1:{port}/path/to/resource", "client_id": "A4"},
        ("/path/to/resource/A4", None),
    ),
    (
        {"url": "ws://127.0.0.1:{port}/q/?key=a%20b&x=1", "client_id": "A5"},
        ("/q/A5?key=a%20b&x=1", None),
    ),
    ({"url": "ws://127.0.0.1:{port}/ocpp/A6", "client_id": "A6"}, ("/ocpp/A6", None)),
    (
        {"url": "ws://127.0.0.1:{port}/xyz123/", "client_id": "free", "append_id": False},
        ("/xyz123/", None),
    ),
    ({"url": "ws://127.0.0.1:{port}/", "client_id": "A 8/ü"}, ("/A%208%2F%C3%BC", None)),
    ({"url": "ws://127.0.0.1:{port}/own/"}, ("/own/CP1", None)),
    (
        {"url": "ws://localhost:{port}/", "client_id": "A10", "password": "pä:ss"},
        ("/A10", "A10:pä:ss"),
    ),
    (
        {"url": "ws://127.0.0.1:{port}/", "client_id": "A11", "password": ""},
        ("/A11", None),
    ),
    (
        {"url": "wss://127.0.0.1:{tls_port}/tls/", "client_id": "A12", "password": "secret"},
        ("/tls/A12", "A12:secret"),
    ),
]


@dataclass
class Reception:
    """Notes how each login asked to be let in, and lets none in."""

    seen: list[Seen] = field(default_factory=list)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, connection: ServerConnection, request: Request) -> Response:
        header = request.headers.get("Authorization")
        told = base64.b64decode(header.removeprefix("Basic ")).decode() if header else None
        self.seen.append((request.path, told))
        if len(set(self.seen)) == len(ROWS):
            self.complete.set()
        return connection.respond(403, "seen\n")

    async def open(self, stack: AsyncExitStack, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port."""
        server: Server = await stack.enter_async_context(
            serve(
                *(_nobody, "127.0.0.1", 0),
                process_request=self.note,
                subprotocols=[Subprotocol("ocpp1.6")],
                ssl=tls,
            )
        )
        return int(next(iter(server.sockets)).getsockname()[1])


async def _nobody(connection: ServerConnection) -> None:
    """Nobody gets this far."""


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def reception(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reception]:
    """One wallbox with a connector, an EVSE and a gateway for each row; after all have dialled."""
    found = Reception()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE, CERTIFICATE.with_name("key.pem"))
    async with AsyncExitStack() as stack:
        ports = {"port": await found.open(stack), "tls_port": await found.open(stack, tls)}
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("site")))
        evses = [
            evse(
                f"stall-{number}",
                "CP1",
                fields | {"url": str(fields["url"]).format_map(ports)},
                connector=number,
            )
            for number, (fields, _) in enumerate(ROWS, start=1)
        ]
        manager = await run_manager(stage, site(*evses), SSL_CERT_FILE=str(CERTIFICATE))
        await run_wallbox(stage, "CP1", manager.url)
        async with asyncio.timeout(LIMIT_S):
            await found.complete.wait()
        yield found


@pytest.mark.parametrize(
    ("fields", "expected"), ROWS, ids=[str(fields["url"]) for fields, _ in ROWS]
)
async def test_a_backend_sees_the_url_identity_and_password_it_expects(
    reception: Reception, fields: dict[str, Value], expected: Seen
) -> None:
    """P2, P3, P4: and all of them at once, since gateways belong to EVSEs (P20)."""
    assert expected in reception.seen


async def test_nothing_else_was_dialled(reception: Reception) -> None:
    assert set(reception.seen) == {expected for _, expected in ROWS}
