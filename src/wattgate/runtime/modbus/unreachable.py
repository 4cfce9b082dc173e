"""A wallbox that nobody can speak to: out of service, and its definition cannot be used.

What else there is of it goes on: messages for its backend are delivered, and where it ever was
limited it counts for its maximum.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusSilent

UNKNOWN: Final[Definition] = replace(POWER_BRAIN_DEFINITION, name="unknown", title="Unknown")
"""Stands for the definition; by the line below none of its registers is ever asked for."""


class UnreachableLine:
    """Sends nothing. Implements ModbusLine."""

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        """Raise ModbusSilent."""
        raise _unreachable()

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        """Raise ModbusSilent."""
        raise _unreachable()

    async def close(self) -> None:
        """Nothing to hang up."""


def _unreachable() -> ModbusSilent:
    return ModbusSilent("its definition cannot be used", was_sent=False)
