"""The port at which wallboxes fetch and bring files: plain or TLS, by the first byte."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final, assert_never

import structlog

from wattgate.adapters.files.http_lines import HEAD_BYTES, HEAD_S, BrokenOff, HttpStream
from wattgate.adapters.files.reaching import own_address_towards
from wattgate.adapters.files.serving import Serving
from wattgate.adapters.sockets.accept import (
    address_text,
    host_of,
    keep_accepting,
    listening_socket,
    opening_of,
)
from wattgate.adapters.sockets.lobby import Lobby
from wattgate.core.files.http_head import Wrong
from wattgate.core.security.tls_mode import Plain, Secure, TlsMode, TurnAway, decide
from wattgate.ports.clock import Clock
from wattgate.ports.files import FileFolder
from wattgate.runtime.files.desk import Desk, Visit
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

ROOM: Final = 32
PER_HOST: Final = 8
"""Connections that have not named an address that we know."""

MOST_AT_ONCE: Final = 4
"""Requests of one transfer at the same time: some wallboxes fetch parts side by side."""

TRANSFER_S: Final = 7200.0
"""s that one request may take: nobody keeps a place by being slow."""

NOWHERE: Final = "there is nothing here"


class _Caller:
    """A connection until it has named an address."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send_away(self) -> None:
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


class FileCounter:
    """Implements Counter. It begins to listen when it is first needed.

    `context` gives the TLS settings for each new connection.
    """

    def __init__(
        self,
        host: str,
        port: int,
        desk: Desk,
        folder: FileFolder,
        clock: Clock,
        context: Callable[[], ssl.SSLContext],
    ) -> None:
        self._host = host
        self._port = port
        self._desk = desk
        self._context = context
        self._serving = Serving(desk, folder, clock)
        self._supervisor = Supervisor()
        self._lobby: Lobby[_Caller] = Lobby(ROOM, PER_HOST)
        self._at_once: dict[str, int] = {}
        self._socket: socket.socket | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> int:
        """Begin to listen, unless it does already; the TCP port."""
        async with self._opening:
            if self._socket is None:
                self._socket = await self._listen()
            return self._port

    async def _listen(self) -> socket.socket:
        listening = await listening_socket(self._host, self._port)
        self._port = listening.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._supervisor.spawn(
            keep_accepting(lambda: loop.sock_accept(listening), self._welcome),
            name=f"file port {self._port}",
        )
        log.info("file port opened", port=self._port)
        return listening

    async def close(self) -> None:
        """Stop listening, and end every connection; safe to repeat."""
        await self._supervisor.stop()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def address_towards(self, host: str) -> str:
        """Our own address in the network in which that host is."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return own_address_towards(family, (host, 9))

    def _welcome(self, sock: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket.accept gives it
        caller = _Caller(sock)
        evicted = self._lobby.enter(caller, host_of(address))
        if evicted is not None:
            evicted.send_away()
        name = f"file port: {address_text(address)}"
        self._supervisor.spawn(self._receive(sock, caller, host_of(address)), name=name)

    async def _receive(self, sock: socket.socket, caller: _Caller, host: str) -> None:
        writer: asyncio.StreamWriter | None = None
        try:
            opened = await self._opened(sock)
            if opened is not None:
                reader, writer = opened
                await self._answer(HttpStream(reader, writer), caller, host)
                await _shut(writer)
        except (OSError, TimeoutError, BrokenOff):
            pass  # it hung up, or has to be hung up on
        finally:
            self._lobby.leave(caller)
            if writer is not None:
                writer.transport.abort()
            else:
                sock.close()

    async def _opened(
        self, sock: socket.socket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The two ends of a connection, in plain or TLS; None where it comes to nothing."""
        async with asyncio.timeout(HEAD_S):
            opening = await opening_of(sock)
        if opening is None:
            return None
        decision = decide(TlsMode.DETECT, opening)
        match decision:
            case Plain():
                return await _streams(sock)
            case Secure():
                return await _streams(
                    sock, ssl=self._context(), ssl_handshake_timeout=HEAD_S, ssl_shutdown_timeout=2
                )
            case TurnAway():
                return None
            case _:
                assert_never(decision)

    async def _answer(self, stream: HttpStream, caller: _Caller, host: str) -> None:
        head = await stream.head()
        if head is None:
            return
        if isinstance(head, Wrong):
            await stream.answer(head.status, head.reason)
            return
        visit = self._desk.visit(head.path, host)
        if visit is None:
            log.info("nothing at the file port for this caller", address=host)
            await stream.answer(HTTPStatus.NOT_FOUND, NOWHERE)
            await stream.linger()
            return
        self._lobby.leave(caller)
        if not self._enter(visit):
            await stream.answer(HTTPStatus.SERVICE_UNAVAILABLE, "it is being transferred already")
            return
        try:
            async with asyncio.timeout(TRANSFER_S):
                await self._serving.serve(stream, visit, head)
        finally:
            self._leave(visit)

    def _enter(self, visit: Visit) -> bool:
        count = self._at_once.get(visit.transfer.id, 0)
        if count >= MOST_AT_ONCE:
            return False
        self._at_once[visit.transfer.id] = count + 1
        return True

    def _leave(self, visit: Visit) -> None:
        self._at_once[visit.transfer.id] -= 1
        if not self._at_once[visit.transfer.id]:
            del self._at_once[visit.transfer.id]


async def _streams(
    sock: socket.socket,
    **tls: Any,  # noqa: ANN401 - as the loop takes it
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=HEAD_BYTES)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, **tls)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _shut(writer: asyncio.StreamWriter) -> None:
    """End in good order, so that the last bytes arrive."""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(HEAD_S):
            await writer.wait_closed()
