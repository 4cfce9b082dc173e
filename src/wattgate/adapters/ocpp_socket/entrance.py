"""From an accepted socket to its HTTP request: who may stay how long without saying who it is."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, assert_never, cast

from picows import WSTransport, WSUpgradeResponse

from wattgate.adapters.ocpp_socket.protocol_factory import ProtocolFactory, ServerProtocol
from wattgate.adapters.ocpp_socket.securing import SecurePort, SecuringFailed, unsecured
from wattgate.adapters.ocpp_socket.waiting_room import Room, WaitingRoom
from wattgate.adapters.sockets.accept import address_text, host_of, opening_of
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.core.security.tls_mode import Plain, Secure, TurnAway, decide
from wattgate.runtime.supervisor import Supervisor

NO_ROOM: Final = "too many connections that have not said who they are"

_SILENT: Final = "nothing was sent"
_IN_TLS: Final = "the TLS handshake was not completed"
_IN_HTTP: Final = "no complete HTTP request came"

TurnedAway = Callable[[str, str], None]
"""Called with the peer's address and the reason."""


@dataclass(eq=False, slots=True)
class Visitor:
    """A connection that has not been let in yet.

    `answered` is done when its HTTP request has been; it is true when it was let in then.
    `lacking` says what has not come so far, `certificate` what it has shown in the TLS handshake.
    """

    sock: socket.socket
    host: str
    address: str
    answered: asyncio.Future[bool]
    protocol: ServerProtocol | None = None
    secure: bool = False
    certificate: ClientCertificate | None = None
    lacking: str = _SILENT
    evicted: bool = False

    def send_away(self) -> None:
        """End the connection; whoever waits for it sees that and tidies up."""
        self.evicted = True
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


_visitor: ContextVar[Visitor] = ContextVar("visitor")
"""Whose request is being answered: picows hands over the request, but not whose it is."""


class Entrance:
    """Sees every accepted socket to its complete HTTP request, or out again.

    `turned_away` hears of those that never sent one. `open_timeout_s` bounds the time from
    accepting a socket until it is let in, or gone; `room` says how many may be inside until then.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        turned_away: TurnedAway,
        secure_port: SecurePort,
        *,
        open_timeout_s: float,
        room: Room,
    ) -> None:
        self._supervisor = supervisor
        self._turned_away = turned_away
        self._secure_port = secure_port
        self._open_timeout_s = open_timeout_s
        self._room: WaitingRoom[Visitor] = WaitingRoom(room)

    def welcome(self, factory: ProtocolFactory, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket.accept gives it
        """Take an accepted, non-blocking socket; `factory` makes its protocol."""
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        visitor = Visitor(sock, host_of(address), address_text(address), answered)
        evicted = self._room.enter(visitor, visitor.host)
        if evicted is not None:
            evicted.send_away()
        name = f"connection from {visitor.address}"
        self._supervisor.spawn(self._receive(factory, visitor), name=name)

    def identify(self) -> Visitor:
        """Name the visitor whose HTTP request is being answered, with its certificate."""
        visitor = _visitor.get()
        if visitor.secure and visitor.protocol is not None:
            transport = visitor.protocol.transport.underlying_transport
            visitor.certificate = self._secure_port.certificate_behind(transport)
        return visitor

    def let_in(self, visitor: Visitor, *, has_proved: bool) -> None:
        """It is a visitor no more; `has_proved`: from now on its host is a regular."""
        self._room.leave(visitor)
        if has_proved:
            self._room.regulars.note(visitor.host)
        visitor.answered.set_result(True)

    def refuse(self, visitor: Visitor) -> None:
        """It has its answer; until it is gone it takes room as before."""
        visitor.answered.set_result(False)

    async def _receive(self, factory: ProtocolFactory, visitor: Visitor) -> None:
        reason: str | None = None
        try:
            async with asyncio.timeout(self._open_timeout_s):
                reason = await self._open(factory, visitor)
        except TimeoutError:
            reason = f"{visitor.lacking} within {self._open_timeout_s:g} s"
        except OSError:
            pass  # hung up before it said anything
        finally:
            self._room.leave(visitor)
        if visitor.evicted:
            reason = NO_ROOM
        if reason is not None and not visitor.answered.done():
            self._turned_away(visitor.address, reason)

    async def _open(self, factory: ProtocolFactory, visitor: Visitor) -> str | None:
        """Follow a visitor until it is let in or gone; says why when it never was answered."""
        _visitor.set(visitor)
        protocol = None
        try:
            protocol = await self._connected(factory, visitor)
        except SecuringFailed as failed:
            return failed.reason
        finally:
            if protocol is None or isinstance(protocol, TurnAway):
                visitor.sock.close()
        match protocol:
            case None:
                return None
            case TurnAway(reason):
                return reason
            case _:
                visitor.lacking = _IN_HTTP
                return await _served(protocol.transport, visitor)

    async def _connected(
        self, factory: ProtocolFactory, visitor: Visitor
    ) -> ServerProtocol | TurnAway | None:
        """Give the socket to a protocol, in TLS or plain; None where the visitor hung up."""

        def made() -> asyncio.BaseProtocol:
            protocol = factory()
            visitor.protocol = cast(ServerProtocol, protocol)
            return protocol

        opening = await opening_of(visitor.sock)
        if opening is None:
            return None
        decision = decide(self._secure_port.mode, opening)
        match decision:
            case TurnAway():
                return decision
            case Secure():
                visitor.secure, visitor.lacking = True, _IN_TLS
                return await self._secure_port.secured(visitor.sock, made)
            case Plain():
                visitor.lacking = _IN_HTTP
                return await unsecured(visitor.sock, made)
            case _:
                assert_never(decision)


async def _served(transport: WSTransport, visitor: Visitor) -> str | None:
    """Wait until a visitor is let in, or gone."""
    try:
        async with asyncio.TaskGroup() as group:
            gone = group.create_task(transport.wait_disconnected())
            either: set[asyncio.Future[Any]] = {gone, visitor.answered}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if visitor.answered.done() and not visitor.answered.result():
                await gone
            gone.cancel()
    finally:
        if not visitor.answered.done() or not visitor.answered.result():
            transport.disconnect(graceful=False)
    return None if visitor.answered.done() else _words_for_no_request(transport)


def _words_for_no_request(transport: WSTransport) -> str:
    response = cast(WSUpgradeResponse | None, transport.response)  # None until one was sent
    if response is None:
        return "closed the connection before its HTTP request was complete"
    objection = (response.body or b"").decode("utf-8", "replace")
    return f"sent something that is no WebSocket request: {objection[:200]}"
