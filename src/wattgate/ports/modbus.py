"""Modbus as the runtime sees it: lines to devices, read and written by words."""

from collections.abc import Sequence
from typing import Protocol

from wattgate.core.modbus.places import Place
from wattgate.core.modbus.tables import Table


class ModbusFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """A request did not get the answer that it asked for; `reason` is for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModbusRefused(ModbusFailed):
    """The device answered with an exception; `code` as in Modbus Application Protocol 1.1b3 §7."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class ModbusSilent(ModbusFailed):
    """Nobody answered, or what came was no answer.

    `was_sent` false: the device cannot have heard the request.
    """

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        self.was_sent = was_sent


class ModbusLine(Protocol):
    """One TCP connection or one serial line; the units on it take turns.

    It connects by itself when something is asked, and again after a loss. A request that is
    cancelled leaves the line usable.
    """

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        """Return `count` words, 1 to 125, from `address` on.

        Raises:
            ModbusFailed: refused, or not answered.
        """
        ...

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        """Write holding registers from `address` on: one with function 06, 2 to 123 with 16.

        Raises:
            ModbusFailed: refused, or not answered; then it may have been written or not.
        """
        ...

    async def close(self) -> None:
        """Hang up. Safe to repeat."""
        ...


class ModbusLines(Protocol):
    """All lines of a program: one per place, shared by whoever asks for it."""

    def line(self, place: Place) -> ModbusLine:
        """The line to a place; the same one each time, since a serial line has one master."""
        ...
