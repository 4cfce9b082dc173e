"""Lines to Modbus devices, over TCP and over serial lines."""

import asyncio
from collections.abc import Callable, Sequence
from struct import unpack_from
from typing import Final

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from wattgate.adapters.modbus.exchange import Connection
from wattgate.adapters.modbus.frames import EXCEPTION, Frame
from wattgate.adapters.modbus.opening import character_s, gap_s
from wattgate.adapters.modbus.turns import Turns, Urgency
from wattgate.adapters.modbus.words import refusal
from wattgate.core.modbus.places import Place, SerialPlace
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusRefused, ModbusSilent

PATIENCE_S: Final = 1.0
"""How long a device may take to answer; on a serial line the time of the frames comes on top."""

_READS: Final[dict[Table, type[ModbusPDU]]] = {
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}
_Check = Callable[[bytes], None]
"""Raises ModbusSilent where an answer is none to what was asked."""

_LONGEST_FRAME: Final = 256
_LAST_TRANSACTION: Final = 0xFFFF
_GATEWAY_FAILED: Final = {ModbusCode.GATEWAY_PATH_UNAVAILABLE, ModbusCode.GATEWAY_TARGET_SILENT}


class PymodbusLines:
    """All lines of a program (`ports.modbus.ModbusLines`)."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lines: dict[Place, PymodbusLine] = {}

    def line(self, place: Place) -> "PymodbusLine":
        """The line to a place, the same one each time; it connects when something is asked."""
        if place not in self._lines:
            self._lines[place] = PymodbusLine(place, self._patience_s)
        return self._lines[place]

    async def close(self) -> None:
        """Hang up everywhere. Safe to repeat."""
        for line in self._lines.values():
            await line.close()


class PymodbusLine:
    """One line (`ports.modbus.ModbusLine`): writes go before reads, and units take turns.

    After a request without an answer a TCP connection is given up, with all that it has not
    delivered. On a serial line that unit is not asked the like for as long again, so that its late
    answer is not taken for that to the next request: there is no other way to tell them apart.
    """

    def __init__(self, place: Place, patience_s: float = PATIENCE_S) -> None:
        self._place = place
        self._patience_s = patience_s
        self._turns = Turns()
        self._connection: Connection | None = None
        self._transaction = 0
        self._free_at_s = 0.0
        self._doubtful_until_s: dict[tuple[int, int], float] = {}

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        """As `ports.modbus.ModbusLine.read`."""
        request = _READS[table](address=address, count=count)

        def check(answer: bytes) -> None:
            if len(answer) != 2 + 2 * count or answer[1] != 2 * count:
                reason = "the answer holds more or less than was asked for"
                raise ModbusSilent(reason, was_sent=True)

        answer = await self._ask(unit, request, Urgency.READ, check)
        return unpack_from(f">{count}H", answer, 2)

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        """As `ports.modbus.ModbusLine.write`."""
        request = _write(address, words)

        def check(answer: bytes) -> None:
            if answer != _pdu(request)[:5]:
                reason = "the answer confirms another write than was asked"
                raise ModbusSilent(reason, was_sent=True)

        await self._ask(unit, request, Urgency.WRITE, check)

    async def close(self) -> None:
        """As `ports.modbus.ModbusLine.close`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _ask(self, unit: int, request: ModbusPDU, urgency: Urgency, check: _Check) -> bytes:
        frame = Frame(unit, _pdu(request), self._next_transaction())
        answer = await self._in_turn(frame, urgency, check)
        if not answer[0] & EXCEPTION:
            return answer
        code = answer[1] if len(answer) > 1 else 0
        if code in _GATEWAY_FAILED:
            raise ModbusSilent(refusal(code), was_sent=True)
        raise ModbusRefused(code, refusal(code))

    async def _in_turn(self, request: Frame, urgency: Urgency, check: _Check) -> bytes:
        while True:
            if wait_s := self._doubtful_s(request):
                await asyncio.sleep(wait_s)
            await self._turns.take(request.unit, urgency)
            try:
                if not self._doubtful_s(request):
                    return await self._exchange(request, check)
            finally:
                self._turns.pass_on()

    async def _exchange(self, request: Frame, check: _Check) -> bytes:
        loop = asyncio.get_running_loop()
        connection = await self._connected()
        if isinstance(self._place, SerialPlace):
            await asyncio.sleep(max(0.0, self._free_at_s - loop.time()))
        began_s = loop.time()
        is_answered = False
        try:
            answer = (await connection.ask(request, self._longest_s())).pdu
            if not answer[0] & EXCEPTION:
                check(answer)  # what answers another request leaves ours without an answer
            is_answered = True
        finally:
            if not is_answered:
                self._doubt(connection, request, began_s)
            if isinstance(self._place, SerialPlace):
                self._free_at_s = loop.time() + gap_s(self._place)
        return answer

    async def _connected(self) -> Connection:
        if self._connection is None or not self._connection.is_open:
            self._connection = Connection(self._place)
            await self._connection.open()
        return self._connection

    def _longest_s(self) -> float:
        if isinstance(self._place, SerialPlace):
            return self._patience_s + _LONGEST_FRAME * character_s(self._place)
        return self._patience_s

    def _doubt(self, connection: Connection, request: Frame, began_s: float) -> None:
        if isinstance(self._place, SerialPlace):
            likes = request.unit, request.function
            self._doubtful_until_s[likes] = began_s + 2 * self._longest_s()
        else:
            connection.close()

    def _doubtful_s(self, request: Frame) -> float:
        if not self._doubtful_until_s:
            return 0.0
        until_s = self._doubtful_until_s.get((request.unit, request.function), 0.0)
        return max(0.0, until_s - asyncio.get_running_loop().time())

    def _next_transaction(self) -> int:
        self._transaction = self._transaction % _LAST_TRANSACTION + 1
        return self._transaction


def _write(address: int, words: Sequence[int]) -> ModbusPDU:
    if len(words) == 1:
        return WriteSingleRegisterRequest(address=address, registers=list(words))
    return WriteMultipleRegistersRequest(address=address, registers=list(words))


def _pdu(request: ModbusPDU) -> bytes:
    return bytes([request.function_code]) + request.encode()
