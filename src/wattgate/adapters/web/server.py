"""The HTTP port: uvicorn inside the running event loop, on sockets of our own."""

import asyncio
import socket
from typing import Final

import structlog
from uvicorn import Config, Server

from wattgate.adapters.sockets.accept import keep_accepting, listening_socket
from wattgate.adapters.web.access import Access
from wattgate.adapters.web.app import new_app
from wattgate.adapters.web.certificate_office import CertificateOffice
from wattgate.adapters.web.https_only import HTTPS_ONLY
from wattgate.adapters.web.porch import Caller
from wattgate.adapters.web.protocol import PatientProtocol
from wattgate.adapters.web.reception import NO_HTTPS, Https, Reception
from wattgate.adapters.web.services import Services
from wattgate.core.security.exposure import exposure
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.signatures import SignatureCheck
from wattgate.ports.store import Store
from wattgate.runtime.manager import Manager
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

CLOSING_S: Final = 3
"""s that requests under way may still take when the server closes."""


_SCHEMES: Final = {
    TlsMode.OFF: ("http",),
    TlsMode.DETECT: ("http", "https"),
    TlsMode.ON: ("https",),
}


class WebServer:
    """Serves one manager. `port` 0 takes any free one; an empty `host` means all addresses.

    An `admin_password` wins over a stored one and is not stored itself. Without `https` the port
    speaks plain HTTP only.
    """

    def __init__(
        self,
        manager: Manager,
        store: Store,
        tools: Tools,
        *,
        host: str,
        port: int,
        admin_password: str | None,
        signatures: SignatureCheck,
        office: CertificateOffice,
        https: Https = NO_HTTPS,
    ) -> None:
        self._access = Access(store, tools.clock, admin_password)
        self._exposure = exposure(host, https.mode)
        self._services = Services(
            manager, store, tools, self._access, signatures, office, exposure=self._exposure
        )
        self._host = host
        self._port = port
        self._https = https
        self._supervisor = Supervisor()
        self._socket: socket.socket | None = None
        self._reception: Reception | None = None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before the start, the one that was asked for."""
        return self._port

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the server is reached, plain before HTTPS: `http://127.0.0.1:19521/`."""
        host = f"[{self._host}]" if ":" in self._host else self._host or "localhost"
        return tuple(f"{scheme}://{host}:{self._port}/" for scheme in _SCHEMES[self._https.mode])

    @property
    def url(self) -> str:
        """The first of `urls`."""
        return self.urls[0]

    @property
    def setup_token(self) -> str | None:
        """The one-time token that sets the admin password; None where there is a password.

        Known once the server has started.
        """
        return self._access.setup_token

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is in use, or the address is none of this machine.
            StoreFailed: what is stored about access cannot be read.
        """
        await self._access.load()
        listening = await listening_socket(self._host, self._port)
        self._socket = listening
        self._port = listening.getsockname()[1]
        config = Config(
            new_app(self._services),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=CLOSING_S,
        )
        config.load()
        server = Server(config)
        server.lifespan = config.lifespan_class(config)
        # Not `serve`: it takes over the process's signals and wakes up ten times a second.
        await server.startup(sockets=[])

        def new_protocol(caller: Caller, is_welcome: bool) -> PatientProtocol:
            state = {HTTPS_ONLY: not is_welcome}
            return PatientProtocol(config, server.server_state, state, reception.porch, caller)

        if self._exposure is not None:
            log.warning(self._exposure, about="HTTP port")
        reception = Reception(self._https, new_protocol)
        self._server, self._reception = server, reception
        loop = asyncio.get_running_loop()
        self._supervisor.spawn(
            keep_accepting(lambda: loop.sock_accept(listening), reception.welcome),
            name=f"HTTP port {self._port}",
        )

    async def close(self) -> None:
        """Take no more connections, and wait a moment for requests under way; safe to repeat."""
        await self._supervisor.stop()
        if self._socket is not None:
            self._socket.close()
        if self._reception is not None:
            await self._reception.close()
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()
