"""A Modbus device that is words at addresses, for makes of which nothing but registers is known."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.ports.modbus import ModbusRefused


@dataclass
class WordLine:
    """A line with one such device. Implements ModbusLine.

    What `words` do not have reads 0, unless it is `absent`; what is `fixed` cannot be written.
    `writes` are (time, address, words).
    """

    words: dict[tuple[Table, int], int] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    fixed: set[int] = field(default_factory=set)
    is_busy: bool = False
    reads: list[int] = field(default_factory=list)
    writes: list[tuple[float, int, tuple[int, ...]]] = field(default_factory=list)

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        await asyncio.sleep(0.01)
        self.reads.append(address)
        addresses = range(address, address + count)
        self._refuse(self.absent.intersection(addresses))
        return tuple(self.words.get((table, each), 0) for each in addresses)

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        await asyncio.sleep(0.01)
        self._refuse(self.fixed.intersection(range(address, address + len(words))))
        self.writes.append((asyncio.get_running_loop().time(), address, tuple(words)))
        for offset, word in enumerate(words):
            self.words[Table.HOLDING, address + offset] = word

    async def close(self) -> None:
        pass

    def _refuse(self, missing: set[int]) -> None:
        if self.is_busy:
            raise ModbusRefused(ModbusCode.SERVER_DEVICE_BUSY, "busy")
        if missing:
            raise ModbusRefused(ModbusCode.ILLEGAL_DATA_ADDRESS, "no such register")
