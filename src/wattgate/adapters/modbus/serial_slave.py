"""A slave on a serial line that it may share with other units."""

import asyncio
from typing import Final

import structlog

from wattgate.adapters.modbus.answering import FUNCTIONS, answer
from wattgate.adapters.modbus.frames import (
    BROADCAST,
    MOST_HEARD,
    REQUESTS,
    Frame,
    rtu_bytes,
    take_rtu,
    whole_rtu,
)
from wattgate.adapters.modbus.opening import gap_s, hang_up, open_serial
from wattgate.adapters.modbus.words import no_way_to
from wattgate.core.modbus.places import SerialPlace
from wattgate.core.modbus.requests import ModbusHandler

log = structlog.get_logger()

REOPEN_S: Final = 2.0
"""Wait before a line that was lost is opened again: an adapter may be plugged in anew."""

SILENCE_S: Final = 0.05
"""Silence that surely ends a frame: USB adapters hand on what they hear in bursts."""


class SerialSlave(asyncio.Protocol):
    """A unit on a serial line.

    Requests to it are found between whatever else goes over the line. What it does not do is
    refused once the line is silent, as nobody but its sender knows how long such a frame is.
    Writes to unit 0 are done and not answered.
    """

    def __init__(self, place: SerialPlace, unit: int, handler: ModbusHandler) -> None:
        self._place = place
        self._unit = unit
        self._handler = handler
        self._transport: asyncio.Transport | None = None
        self._heard = bytearray()
        self._later: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def start(self) -> SerialPlace:
        """Open the line, and return it.

        Raises:
            OSError: it cannot be opened.
        """
        self._transport = open_serial(self._place, self)
        return self._place

    async def close(self) -> None:
        """Leave the line. Safe to repeat."""
        self._is_closed = True
        self._forget()
        transport, self._transport = self._transport, None
        if transport is not None:
            hang_up(transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is for us, and wait for silence after all else."""
        self._heard += data
        del self._heard[:-MOST_HEARD]
        while (frame := take_rtu(self._heard, REQUESTS, self._is_for_us)) is not None:
            self._take(frame)
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(SILENCE_S, self._is_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Go on when the line is back."""
        self._transport = None
        self._forget()
        if not self._is_closed:
            log.warning("the serial line of the Modbus slave is gone", line=str(self._place))
            self._later = asyncio.get_running_loop().call_later(REOPEN_S, self._reopen)

    def _is_for_us(self, unit: int, function: int) -> bool:
        return unit in (self._unit, BROADCAST) and function in FUNCTIONS

    def _is_silent(self) -> None:
        frame = whole_rtu(bytes(self._heard))
        self._heard.clear()
        if frame is not None and frame.unit == self._unit:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        reply = Frame(frame.unit, answer(self._handler, frame.pdu))
        if frame.unit != BROADCAST:
            gap = gap_s(self._place)
            asyncio.get_running_loop().call_later(gap, self._send, rtu_bytes(reply))

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _reopen(self) -> None:
        try:
            self._transport = open_serial(self._place, self)
        except OSError as error:
            log.debug("no serial line yet", reason=no_way_to(self._place, error))
            self._later = asyncio.get_running_loop().call_later(REOPEN_S, self._reopen)
        else:
            log.info("the serial line of the Modbus slave is back", line=str(self._place))

    def _forget(self) -> None:
        self._heard.clear()
        for timer in (self._later, self._silence):
            if timer is not None:
                timer.cancel()
