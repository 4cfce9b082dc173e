"""From an accepted socket to its HTTP request: who may stay how long without saying who it is."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, assert_never, cast

import aiofastnet
from picows import WSTransport, WSUpgradeResponse

from wattgate.adapters.ocpp_socket.protocol_factory import ProtocolFactory, ServerProtocol
from wattgate.adapters.sockets.accept import address_text, host_of, opening_of
from wattgate.adapters.sockets.lobby import Lobby
from wattgate.core.errors import LocalUsageError
from wattgate.core.security.tls_mode import Plain, Secure, TlsMode, TurnAway, decide
from wattgate.runtime.supervisor import Supervisor

NO_ROOM: Final = "too many connections that have not said who they are"

TurnedAway = Callable[[str, str], None]
"""Called with the peer's address and the reason."""


@dataclass(eq=False, slots=True)
class Visitor:
    """A connection that has not been answered yet; `answered` is done when it has been."""

    sock: socket.socket
    host: str
    address: str
    answered: asyncio.Future[None]
    secure: bool = False
    spoke: bool = False
    evicted: bool = False


_visitor: ContextVar[Visitor] = ContextVar("visitor")
"""Whose request is being answered: picows hands over the request, but not whose it is."""


class Entrance:
    """Sees every accepted socket to its complete HTTP request, or out again.

    `turned_away` hears of those that never sent one. `open_timeout_s` bounds the time from the
    first byte's absence to the whole request; at most `room` visitors are inside at once.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        turned_away: TurnedAway,
        *,
        open_timeout_s: float,
        room: int,
    ) -> None:
        self._supervisor = supervisor
        self._turned_away = turned_away
        self._open_timeout_s = open_timeout_s
        self._lobby: Lobby[Visitor] = Lobby(room)

    def welcome(self, factory: ProtocolFactory, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket.accept gives it
        """Take an accepted, non-blocking socket; `factory` makes its protocol."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        visitor = Visitor(sock, host_of(address), address_text(address), answered)
        evicted = self._lobby.enter(visitor, visitor.host)
        if evicted is not None:
            evicted.evicted = True
            with contextlib.suppress(OSError):
                evicted.sock.shutdown(socket.SHUT_RDWR)  # its task sees the end and tidies up
        name = f"connection from {visitor.address}"
        self._supervisor.spawn(self._receive(factory, visitor), name=name)

    def identify(self) -> Visitor:
        """Name the visitor whose HTTP request is being answered; it is none any more."""
        visitor = _visitor.get()
        self._lobby.leave(visitor)
        visitor.answered.set_result(None)
        return visitor

    async def _receive(self, factory: ProtocolFactory, visitor: Visitor) -> None:
        try:
            async with asyncio.timeout(self._open_timeout_s):
                reason = await self._open(factory, visitor)
        except TimeoutError:
            what = "no complete HTTP request came" if visitor.spoke else "nothing was sent"
            reason = f"{what} within {self._open_timeout_s:g} s"
        except OSError:
            reason = None  # hung up before it said anything
        finally:
            self._lobby.leave(visitor)
        if visitor.evicted:
            reason = NO_ROOM
        if reason is not None:
            self._turned_away(visitor.address, reason)

    async def _open(self, factory: ProtocolFactory, visitor: Visitor) -> str | None:
        """Follow a visitor until it is answered or gone; says why when it never was answered."""
        handed_over = False
        try:
            opening = await opening_of(visitor.sock)
            if opening is None:
                return None
            visitor.spoke = True
            decision = decide(TlsMode.OFF, opening)
            match decision:
                case TurnAway(reason):
                    return reason
                case Secure():
                    # The one place where a connection would get its SSLContext.
                    raise LocalUsageError("TLS is off, and yet it was chosen")
                case Plain():
                    handed_over = True
                    return await self._serve(factory, visitor)
                case _:
                    assert_never(decision)
        finally:
            if not handed_over:
                visitor.sock.close()

    async def _serve(self, factory: ProtocolFactory, visitor: Visitor) -> str | None:
        _visitor.set(visitor)
        loop = asyncio.get_running_loop()
        _, protocol = await aiofastnet.connect_accepted_socket(loop, factory, visitor.sock)
        transport = cast(ServerProtocol, protocol).transport
        try:
            async with asyncio.TaskGroup() as group:
                gone = group.create_task(transport.wait_disconnected())
                await asyncio.wait({gone, visitor.answered}, return_when=asyncio.FIRST_COMPLETED)
                gone.cancel()
        finally:
            if not visitor.answered.done():
                transport.disconnect(graceful=False)
        return None if visitor.answered.done() else _words_for_no_request(transport)


def _words_for_no_request(transport: WSTransport) -> str:
    response = cast(WSUpgradeResponse | None, transport.response)  # None until one was sent
    if response is None:
        return "closed the connection before its HTTP request was complete"
    objection = (response.body or b"").decode("utf-8", "replace")
    return f"sent something that is no WebSocket request: {objection[:200]}"
