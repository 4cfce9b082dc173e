"""The HTTP port: uvicorn inside the running event loop, on a socket of our own."""

import socket
from typing import Final

from uvicorn import Config, Server

from wattgate.adapters.web.access import Access
from wattgate.adapters.web.app import new_app
from wattgate.adapters.web.protocol import PatientProtocol
from wattgate.adapters.web.services import Services
from wattgate.ports.signatures import SignatureCheck
from wattgate.ports.store import Store
from wattgate.runtime.manager import Manager
from wattgate.runtime.peer import Tools

CLOSING_S: Final = 3
"""s that requests under way may still take when the server closes."""


class WebServer:
    """Serves one manager. `port` 0 takes any free one.

    An `admin_password` wins over a stored one and is not stored itself.
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
    ) -> None:
        self._access = Access(store, tools.clock, admin_password)
        self._services = Services(manager, store, tools, self._access, signatures)
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before the start, the one that was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where the server is reached, `http://127.0.0.1:19521/`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

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
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.create_server((self._host, self._port), family=family)
        self._port = listening.getsockname()[1]
        config = Config(
            new_app(self._services),
            http=PatientProtocol,
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
        await server.startup(sockets=[listening])
        self._socket, self._server = listening, server

    async def close(self) -> None:
        """Take no more connections, and wait a moment for requests under way; safe to repeat."""
        server, self._server = self._server, None
        if server is not None and self._socket is not None:
            await server.shutdown(sockets=[self._socket])
