"""The OCPP port: who comes in is the gatekeeper's decision, how they come in is done here."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final, assert_never

import structlog
from picows import WSUpgradeRequest, WSUpgradeResponseWithListener

from wattgate.adapters.ocpp_socket.connection import Connection
from wattgate.adapters.ocpp_socket.entrance import Entrance, Visitor
from wattgate.adapters.ocpp_socket.fragments import CloseCode
from wattgate.adapters.ocpp_socket.hang_ups import keep_quiet_about_hang_ups
from wattgate.adapters.ocpp_socket.protocol_factory import new_protocol_factory
from wattgate.adapters.ocpp_socket.pulse import KeepAlive
from wattgate.adapters.ocpp_socket.securing import SecurePort, no_contexts, no_names
from wattgate.adapters.ocpp_socket.upgrade import (
    NotAnUpgrade,
    accept,
    read_request,
    refuse,
    target_of,
)
from wattgate.adapters.ocpp_socket.waiting_room import Room
from wattgate.adapters.sockets.accept import keep_accepting, listening_socket
from wattgate.core.ocpp.handshake import (
    Admitted,
    EmptyUpgrade,
    HandshakeRequest,
    Proof,
    Refused,
    identity_from_target,
)
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.links import Gatekeeper, Link, Receiver
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

_ROOM: Final = Room()

_CLOSING_S: Final = 2.0
"""How long close() waits for wallboxes to answer the close frame."""


def _security_of(asked: HandshakeRequest) -> LinkSecurity:
    """What TLS proves of the client; a password is another matter."""
    if not asked.secure:
        return LinkSecurity.PLAIN
    is_known = asked.certificate is not None and not asked.certificate.is_revoked
    return LinkSecurity.VERIFIED if is_known else LinkSecurity.UNVERIFIED


class _Dismissal:
    """Receives nothing: closes the link as soon as it is open (R22)."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def opened(self, link: Link) -> None:
        """Close it."""
        link.close(CloseCode.PROTOCOL_ERROR, self._reason)

    def received(self, text: str) -> None:
        """Nothing: a closed link receives nothing."""

    def closed(self, code: int, reason: str) -> None:
        """Nothing: it was dismissed anyway."""


class OcppListener:
    """Listens for wallboxes; `gatekeeper` decides who comes in.

    `gatekeeper.turned_away` is called for connections that it was never asked about: a failed TLS
    handshake, TLS while it is off, silence, garbage, no WebSocket, no room. Those it refuses itself
    it knows already.

    `host` empty: every address of the machine. `port` 0: any free one. `tls` says which
    connections are taken (R31); `contexts` is asked for each TLS handshake, so that a renewed
    certificate counts for the next one, and `read_certificate` for what a client's certificate (in
    DER) says. `open_timeout_s` bounds the time from accepting a socket until it is let in; `room`
    says how many may be in that state. `ping_interval_s`, `ping_timeout_s`: R28.
    """

    def __init__(
        self,
        host: str,
        port: int,
        gatekeeper: Gatekeeper,
        *,
        tls: TlsMode = TlsMode.OFF,
        contexts: Callable[[], ssl.SSLContext] | None = None,
        read_certificate: Callable[[bytes], ClientCertificate | None] | None = None,
        ping_interval_s: float = 30.0,
        ping_timeout_s: float = 30.0,
        max_message_bytes: int = 16 * 2**20,
        open_timeout_s: float = 10.0,
        room: Room = _ROOM,
    ) -> None:
        self._host = host
        self._port = port
        self._gatekeeper = gatekeeper
        self._keepalive = KeepAlive(ping_interval_s, ping_timeout_s)
        self._max_message_bytes = max_message_bytes
        self._supervisor = Supervisor()
        self._entrance = Entrance(
            self._supervisor,
            lambda address, reason: gatekeeper.turned_away(address, reason, None),
            SecurePort(tls, contexts or no_contexts, read_certificate or no_names),
            open_timeout_s=open_timeout_s,
            room=room,
        )
        self._socket: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._empty = asyncio.Event()

    @property
    def port(self) -> int:
        """The port it listens on; before start() the one asked for."""
        return self._port

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the address cannot be listened on (in use, not ours, not allowed).
        """
        keep_quiet_about_hang_ups()
        factory = await new_protocol_factory(self._answer, self._max_message_bytes)
        listening = await listening_socket(self._host, self._port)
        self._socket = listening
        self._port = listening.getsockname()[1]
        loop = asyncio.get_running_loop()

        def welcome(sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket.accept gives it
            self._entrance.welcome(factory, sock, address)

        self._supervisor.spawn(
            keep_accepting(lambda: loop.sock_accept(listening), welcome),
            name=f"OCPP port {self._port}",
        )

    async def close(self) -> None:
        """Stop listening and close every connection with 1001; safe to repeat."""
        await self._supervisor.stop()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        for connection in tuple(self._connections):
            connection.close(CloseCode.GOING_AWAY, "the manager is shutting down")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING_S):
                await self._until_empty()
        for connection in tuple(self._connections):
            connection.abort()
        await self._until_empty()

    def _answer(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        visitor = self._entrance.identify()
        try:
            return self._decide(request, visitor)
        except Exception:
            log.exception("opening handshake failed", peer_address=visitor.address)
            return refuse(500, "internal error")
        finally:
            if not visitor.answered.done():
                self._entrance.refuse(visitor)

    def _decide(self, request: WSUpgradeRequest, visitor: Visitor) -> WSUpgradeResponseWithListener:
        asked = read_request(request, visitor.address, visitor.secure, visitor.certificate)
        if isinstance(asked, NotAnUpgrade):
            claimed_id = identity_from_target(target_of(request))
            self._gatekeeper.turned_away(visitor.address, asked.reason, claimed_id)
            return refuse(asked.status, asked.reason)
        admission = self._gatekeeper.admit(asked)
        match admission:
            case Admitted():
                answer = self._admit(request, asked, admission)
                self._entrance.let_in(visitor, has_proved=admission.proof is not Proof.NONE)
                return answer
            case Refused(status=status, reason=reason):
                return refuse(status, reason, admission.retry_after_s)
            case EmptyUpgrade(reason=reason):
                connection = self._connection(asked, _Dismissal(reason), ping=False)
                return accept(request, None, connection)
            case _:
                assert_never(admission)

    def _admit(
        self, request: WSUpgradeRequest, asked: HandshakeRequest, admitted: Admitted
    ) -> WSUpgradeResponseWithListener:
        offered = admitted.subprotocol in asked.subprotocols
        receiver = self._gatekeeper.welcome(admitted, asked.peer_address)
        connection = self._connection(asked, receiver, ping=admitted.ping)
        return accept(request, admitted.subprotocol if offered else None, connection)

    def _connection(self, asked: HandshakeRequest, receiver: Receiver, *, ping: bool) -> Connection:
        connection = Connection(
            asked.peer_address,
            receiver,
            security=_security_of(asked),
            keepalive=self._keepalive if ping else None,
            max_message_bytes=self._max_message_bytes,
            ended=self._forget,
        )
        self._connections.add(connection)
        return connection

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def _until_empty(self) -> None:
        while self._connections:
            self._empty.clear()
            await self._empty.wait()
