"""picows' WebSocket protocol for one outgoing connection, and what ended it before it spoke.

picows makes the connection itself, and forgets how one ended that nothing was read from. In TLS 1.3
that is how a server refuses a client's certificate (RFC 8446 §4.4.2.4), so the connection is made
here, and picows is asked through its public function for the protocol only.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast

from picows import (
    WSListener,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    ws_connect,
)

from wattgate.adapters.ocpp_socket.protocol_factory import picows_log

MAX_MESSAGE_BYTES: Final = 16 * 2**20
"""The same limit as for wallboxes (R15)."""

Answered = Callable[[WSUpgradeRequest, WSUpgradeResponse], WSListener]
"""Takes a server's 101, or raises WSHandshakeError."""


class ClientProtocol(Protocol):
    """What is used of picows' protocol object."""

    @property
    def transport(self) -> WSTransport:
        """The WebSocket side of the connection, there once the socket is connected."""
        ...

    @property
    def listener(self) -> WSListener | None:
        """What `Answered` gave; None where the connection ended before."""
        ...

    async def wait_until_handshake_complete(self) -> None:
        """Wait for the answer to the upgrade, or the end; raises WSHandshakeError."""
        ...


ProtocolFactory = Callable[[], asyncio.BufferedProtocol]
"""Makes the protocol, in the loop it will live on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a URL is to be dialled: where to, and with which protocol."""

    host: str
    port: int
    is_secure: bool
    factory: ProtocolFactory


class _Planned:
    """Stands for a connection that was never made."""

    listener = None

    def __init__(self, plan: Plan) -> None:
        self.transport = plan

    async def wait_until_handshake_complete(self) -> None:
        """Nothing to wait for."""


class _PlanningLoop(asyncio.SelectorEventLoop):
    async def create_connection(  # type: ignore[override]  # it creates none
        self,
        protocol_factory: ProtocolFactory,
        host: str,
        port: int,
        *,
        ssl: object,
        sock: None,
    ) -> tuple[None, _Planned]:
        """Note what it is asked for instead of connecting."""
        del sock
        return None, _Planned(Plan(host, port, ssl is not None, protocol_factory))


def plan_of(url: str, answered: Answered, headers: Mapping[str, str]) -> Plan:
    """Read a URL, and make the protocol's factory; takes a millisecond, so not on the loop.

    Raises:
        WSInvalidURL: there is nothing to connect to.
    """
    with asyncio.Runner(loop_factory=_PlanningLoop) as runner:
        plan, _ = runner.run(
            ws_connect(
                answered,
                url,
                use_aiofastnet=False,  # so that it asks the loop for a connection
                extra_headers=headers,
                websocket_handshake_timeout=None,  # the dialer bounds it
                enable_auto_pong=False,  # a ping counts as a sign of life, so it must be seen
                max_frame_size=MAX_MESSAGE_BYTES,
                max_redirects=0,
                logger_name=picows_log,
            )
        )
    return cast(Plan, plan)  # picows passes on what its loop made


class FirstRead(asyncio.BufferedProtocol):
    """Stands between a transport and picows' protocol until the first byte has come.

    `connected` is called when the request can be sent; `tls_version` is known then, as "TLSv1.3",
    None without TLS. `lost` is the error that ended the connection before the first byte, None
    where it just ended; `has_read` whether a byte came at all.
    """

    def __init__(self, inner: asyncio.BufferedProtocol, connected: Callable[[], None]) -> None:
        self.lost: Exception | None = None
        self.has_read = False
        self.tls_version: str | None = None
        self._inner = inner
        self._connected = connected
        self._transport: asyncio.Transport

    @property
    def picows(self) -> ClientProtocol:
        """The protocol behind it."""
        return cast(ClientProtocol, self._inner)  # its class is not public

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass it on: TLS, if any, is done, and the request is sent."""
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.tls_version = tls.version() if tls is not None else None
        self._connected()
        self._transport = cast(asyncio.Transport, transport)
        self._inner.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Pass it on."""
        return cast(memoryview, self._inner.get_buffer(sizehint))

    def buffer_updated(self, nbytes: int) -> None:
        """Pass it on, and step aside."""
        self.has_read = True
        self._transport.set_protocol(self._inner)
        self._inner.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep what picows would forget."""
        self.lost = exc
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inner.resume_writing()
