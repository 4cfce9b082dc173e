"""One connection to a place: a request, then its answer or the reason why there is none."""

import asyncio
from typing import Final

from wattgate.adapters.modbus.frames import (
    ANSWERS,
    EXCEPTION,
    MOST_AHEAD,
    MOST_HEARD,
    BrokenFrames,
    Frame,
    rtu_bytes,
    take_rtu,
    take_tcp,
    tcp_bytes,
)
from wattgate.adapters.modbus.opening import hang_up, open_serial, open_tcp
from wattgate.adapters.modbus.words import no_way_to, silence
from wattgate.core.modbus.places import Place, SerialPlace, TcpPlace
from wattgate.ports.modbus import ModbusSilent

CONNECT_S: Final = 2.0
"""Patience with a TCP connection: one lost packet is sent again after 1 s."""

CLOSED: Final = "the line was closed"


class Connection(asyncio.Protocol):
    """A line that is open. After a request that got no answer it must be closed, not used again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._transport: asyncio.Transport | None = None
        self._is_closed = False
        self._heard = bytearray()
        self._heard_bytes = 0
        self._asked: Frame | None = None
        self._answer: asyncio.Future[Frame] | None = None

    async def open(self) -> None:
        """Connect.

        Raises:
            ModbusSilent: there is no way to the place; nothing was sent.
        """
        try:
            if isinstance(self._place, SerialPlace):
                self._transport = open_serial(self._place, self)
            else:
                async with asyncio.timeout(CONNECT_S):
                    self._transport = await open_tcp(self._place, self)
        except OSError as error:
            raise ModbusSilent(no_way_to(self._place, error), was_sent=False) from error
        if self._is_closed:
            self.close()
            raise ModbusSilent(CLOSED, was_sent=False)

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None

    async def ask(self, request: Frame, patience_s: float) -> Frame:
        """Send a request and return its answer, an exception or not.

        Raises:
            ModbusSilent: no answer came, or something else.
        """
        if self._transport is None:
            raise ModbusSilent(f"{self._place} hung up", was_sent=False)
        self._heard.clear()
        self._heard_bytes = 0
        self._asked = request
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        patience = loop.call_later(patience_s, self._give_up, request.unit, patience_s)
        self._transport.write(self._bytes(request))
        try:
            return await self._answer
        finally:
            patience.cancel()
            self._answer = None

    def close(self) -> None:
        """Hang up; whoever waits for an answer is told. Safe to repeat."""
        self._is_closed = True
        transport, self._transport = self._transport, None
        if transport is not None:
            hang_up(transport)
        self._fail(CLOSED)

    def data_received(self, data: bytes) -> None:
        """Take what came; what nobody asked for is dropped."""
        if self._answer is None or self._answer.done() or self._asked is None:
            return
        self._heard_bytes += len(data)
        if isinstance(self._place, TcpPlace) and self._heard_bytes > MOST_AHEAD:
            self._fail(f"{self._place} sends more than was asked for, and no end of it")
            return
        self._heard += data
        try:
            answer = self._answer_in(self._heard, self._asked)
        except BrokenFrames:
            self._fail(f"what {self._place} speaks is not Modbus TCP")
            return
        if answer is None:
            return
        if answer.unit != self._asked.unit:
            self._fail(f"unit {answer.unit} answered in place of unit {self._asked.unit}")
        elif answer.function != self._asked.function:
            self._fail(f"{self._place} answered with another function than was asked for")
        else:
            self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits that nothing will come."""
        self._transport = None
        self._fail(f"{self._place} hung up")

    def _give_up(self, unit: int, after_s: float) -> None:
        self._fail(silence(self._place, unit, self._heard_bytes, after_s))

    def _fail(self, reason: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ModbusSilent(reason, was_sent=True))

    def _bytes(self, frame: Frame) -> bytes:
        return tcp_bytes(frame) if isinstance(self._place, TcpPlace) else rtu_bytes(frame)

    def _answer_in(self, heard: bytearray, asked: Frame) -> Frame | None:
        if isinstance(self._place, TcpPlace):
            frames = take_tcp(heard)
            return next((each for each in frames if each.transaction == asked.transaction), None)
        del heard[:-MOST_HEARD]
        mine = {asked.function, asked.function | EXCEPTION}
        return take_rtu(
            heard, ANSWERS, lambda unit, function: unit == asked.unit and function in mine
        )
