"""Masters on TCP: several at once, each answered in turn, the idle ones dropped."""

import asyncio
from math import inf
from typing import Final, cast

import structlog

from wattgate.adapters.modbus.answering import answer
from wattgate.adapters.modbus.frames import (
    MOST_AHEAD,
    BrokenFrames,
    Frame,
    take_tcp,
    tcp_bytes,
)
from wattgate.adapters.modbus.opening import hang_up
from wattgate.adapters.sockets.accept import listening_socket
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.requests import ModbusHandler

log = structlog.get_logger()

MOST_MASTERS: Final = 16
"""Connections at once. The next one takes the place of one that has long been silent, if any."""

IDLE_S: Final = 300.0
"""Silence after which a master has gone without saying so."""

YIELDS_AFTER_S: Final = 10.0
"""Silence after which a connection makes room for a new one."""

FULL_EVERY_S: Final = 60.0
"""How often the log says at most that there is no room."""

_NOT_SIGNIFICANT: Final = frozenset({0, 255})
"""Unit ids that mean whoever is at this address (TCP implementation guide 1.0b §4.4.2)."""


class TcpSlave:
    """A unit on a TCP port. Requests to other units get no answer: none of them is here."""

    def __init__(self, place: TcpPlace, unit: int, handler: ModbusHandler) -> None:
        self._place = place
        self._units = _NOT_SIGNIFICANT | {unit}
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._masters: set[_Master] = set()
        self._said_full_at_s = -inf

    async def start(self) -> TcpPlace:
        """Listen, and return where: port 0 takes a free one.

        Raises:
            OSError: the address cannot be listened on.
        """
        sock = await listening_socket(self._place.host, self._place.port)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Master(self), sock=sock)
        return TcpPlace(self._place.host, int(sock.getsockname()[1]))

    async def close(self) -> None:
        """Hang up on every master and listen no more. Safe to repeat."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for master in tuple(self._masters):
            master.drop()
        await server.wait_closed()

    def has_room_for(self, master: "_Master", now_s: float) -> bool:
        """Take a connection in; one that has long been silent may have to go for it."""
        if len(self._masters) >= MOST_MASTERS:
            idlest = min(self._masters, key=lambda each: each.heard_at_s)
            if now_s - idlest.heard_at_s < YIELDS_AFTER_S:
                self._say_full(now_s)
                return False
            idlest.drop()
        self._masters.add(master)
        return True

    def _say_full(self, now_s: float) -> None:
        """Not for each of them: whoever is refused may come again at once."""
        if now_s >= self._said_full_at_s + FULL_EVERY_S:
            self._said_full_at_s = now_s
            log.warning("no room for another Modbus master", most=MOST_MASTERS)

    def leave(self, master: "_Master") -> None:
        """Forget a connection that is gone. Safe to repeat."""
        self._masters.discard(master)

    def answer(self, frame: Frame) -> Frame | None:
        """Answer a request; None where it is not for us."""
        if frame.unit not in self._units:
            return None
        return Frame(frame.unit, answer(self._handler, frame.pdu), frame.transaction)


class _Master(asyncio.Protocol):
    def __init__(self, slave: TcpSlave) -> None:
        self._slave = slave
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._heard = bytearray()
        self._patience: asyncio.TimerHandle | None = None
        self.heard_at_s = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._slave.has_room_for(self, self._loop.time()):
            self._wait()
        else:
            self.drop()

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self.heard_at_s = self._loop.time()
        self._heard += data
        if len(self._heard) > MOST_AHEAD:
            self.drop()
            return
        try:
            for frame in take_tcp(self._heard):
                reply = self._slave.answer(frame)
                if reply is not None:
                    self._transport.write(tcp_bytes(reply))
        except BrokenFrames:
            self.drop()

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()  # who does not read answers may ask no more

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._slave.leave(self)
        if self._patience is not None:
            self._patience.cancel()

    def drop(self) -> None:
        transport, self._transport = self._transport, None
        self._slave.leave(self)
        if transport is not None:
            hang_up(transport)

    def _wait(self) -> None:
        left_s = self.heard_at_s + IDLE_S - self._loop.time()
        if left_s <= 0:
            self.drop()
        else:
            self._patience = self._loop.call_later(left_s, self._wait)
