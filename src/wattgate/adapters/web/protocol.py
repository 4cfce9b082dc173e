"""HTTP/1.1 as uvicorn speaks it, with an end to patience: nobody holds a connection for nothing."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from wattgate.adapters.web.porch import Caller, Porch
from wattgate.adapters.web.problems import MEDIA_TYPE, details

MAX_CONNECTIONS: Final = 512
"""Open connections, admitted or not; further ones are closed at once."""

ADMITTED: Final = "admitted"
"""Key of an ASGI scope's `state`: to be called once it is known that the caller may come in."""


class PatientProtocol(H11Protocol):
    """Closes connections whose request does not come, however slowly it trickles in."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        porch: Porch,
        caller: Caller,
    ) -> None:
        super().__init__(
            config,
            server_state,
            app_state | {ADMITTED: self._admitted},
            asyncio.get_running_loop(),
        )
        self._porch = porch
        self._caller = caller

    def connection_made(  # type: ignore[override]  # uvicorn narrows it likewise
        self, transport: asyncio.Transport
    ) -> None:
        """Go on waiting for the request that the caller owes."""
        super().connection_made(transport)
        self._caller.hang_up = transport.abort
        if self._caller.is_gone or len(self.connections) > MAX_CONNECTIONS:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Stop the time once the head of a request is complete."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._porch.has_asked(self._caller)

    def on_response_complete(self) -> None:
        """Wait on the porch for the next request, or for the rest of the answer to be taken."""
        self._porch.enter(self._caller)
        super().on_response_complete()
        if self.cycle is not None and not self.cycle.response_complete:
            self._porch.has_asked(self._caller)  # it had come already, behind the one before

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP with problem details, as everything else, and hang up."""
        body = msgspec.json.encode(details(HTTPStatus.BAD_REQUEST, msg))
        head = (
            "HTTP/1.1 400 Bad Request",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            "connection: close",
        )
        self.transport.write("\r\n".join((*head, "", "")).encode() + body)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more to wait for."""
        self._porch.leave(self._caller)
        super().connection_lost(exc)

    def _admitted(self) -> None:
        self._porch.leave(self._caller)
