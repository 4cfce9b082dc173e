"""Turns on a Modbus line: several wallboxes hang on one, and some requests cannot wait."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any, Final, TypeVar

from wattgate.core.modbus.places import Place
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusLine, ModbusLines

T = TypeVar("T")

OnTurn = Callable[[], None]
"""Called when a request goes out; what it raises prevents that."""


class Urgency(IntEnum):
    """Who comes first on a line; of equals, whoever has waited longest."""

    REDUCTION = 0
    LIMIT = 1
    POLL = 2
    PROBE = 3
    """To a wallbox that has not answered for long: it keeps the others waiting."""


PATIENCE_OF_PROBES: Final = 64
"""Polls that came later and go before a probe; on a full line it would wait for ever."""


class SharedLine:
    """A line whose requests are sent one by one, in the order of their urgency."""

    def __init__(self, line: ModbusLine) -> None:
        self._line = line
        self._is_taken = False
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._count = 0

    async def read(
        self, unit: int, table: Table, address: int, count: int, urgency: Urgency, on_turn: OnTurn
    ) -> tuple[int, ...]:
        """As the line's own; `on_turn` is called when the request goes out, and may prevent it.

        Raises:
            ModbusFailed: refused, or not answered.
        """
        return await self._in_turn(
            urgency, on_turn, lambda: self._line.read(unit, table, address, count)
        )

    async def write(
        self, unit: int, address: int, words: Sequence[int], urgency: Urgency, on_turn: OnTurn
    ) -> None:
        """As the line's own; `on_turn` as for `read`.

        Raises:
            ModbusFailed: refused, or not answered.
        """
        await self._in_turn(urgency, on_turn, lambda: self._line.write(unit, address, words))

    async def _in_turn(
        self, urgency: Urgency, on_turn: OnTurn, request: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        await self._take(urgency)
        try:
            on_turn()
            return await request()
        finally:
            self._pass_on()

    async def _take(self, urgency: Urgency) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heappush(self._waiting, (*self._rank(urgency), self._count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it came, and nobody is there to take it
            raise

    def _rank(self, urgency: Urgency) -> tuple[int, int]:
        if urgency is Urgency.PROBE:
            return Urgency.POLL, self._count + PATIENCE_OF_PROBES
        return urgency, self._count

    def _pass_on(self) -> None:
        while self._waiting:
            *_, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False


class SharedLines:
    """All lines of a program: one per place, however many wallboxes hang on it."""

    def __init__(self, lines: ModbusLines) -> None:
        self._lines = lines
        self._shared: dict[Place, SharedLine] = {}

    def line(self, place: Place) -> SharedLine:
        """The line to a place; the same one each time."""
        if place not in self._shared:
            self._shared[place] = SharedLine(self._lines.line(place))
        return self._shared[place]
