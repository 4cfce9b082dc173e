"""Heidelberg Energy Control wallboxes behind pymodbus's server: registers by the maker's table.

Nothing of ours is in it, neither frames nor definitions.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from pymodbus.simulator import DataType, SimData, SimDevice

INPUTS, HOLDING = 5, 257
_INPUT_WORDS, _HOLDING_WORDS = 200, 10
_READS_INPUT, _WRITES = 4, (6, 16)
_WATCHDOG, _LIMIT, _FAIL_SAFE = 257, 261, 262
_VOLTAGE_V = 230


@dataclass
class HeidelbergUnit:
    """One of them; its car draws what it may, up to 16 A per phase, while plugged.

    `written` are the addresses that were written.
    """

    unit: int
    is_plugged: bool = False
    energy_wh: float = 20_000.0
    limit: int = 0
    written: list[int] = field(default_factory=list)
    _counted_at: float = 0.0

    @property
    def drawn_a(self) -> float:
        """A per phase."""
        return min(self.limit / 10, 16.0) if self.is_plugged and self.limit >= 60 else 0.0

    def unplug(self) -> None:
        """The car goes."""
        self._count()
        self.is_plugged = False

    def plug(self) -> None:
        """A car comes."""
        self._count()
        self.is_plugged = True

    def device(self) -> SimDevice:
        """As pymodbus's server wants it."""
        bits = [SimData(0, values=[False] * 8, datatype=DataType.BITS)]
        holding = SimData(HOLDING, values=[0] * _HOLDING_WORDS, datatype=DataType.REGISTERS)
        inputs = SimData(INPUTS, values=[0] * _INPUT_WORDS, datatype=DataType.REGISTERS)
        return SimDevice(
            id=self.unit,
            simdata=(bits, bits, [holding], [inputs]),
            action=partial(_access, self),
        )

    def input_words(self) -> dict[int, int]:
        """What its input registers say now, by address."""
        self._count()
        tenths = round(self.drawn_a * 10)
        power_w = round(self.drawn_a * 3 * _VOLTAGE_V)
        high, low = divmod(int(self.energy_wh), 0x10000)
        state = 2 if not self.is_plugged else 7 if self.drawn_a else 4
        return {5: state, 6: tenths, 7: tenths, 8: tenths, 14: power_w, 17: high, 18: low}

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        self.energy_wh += self.drawn_a * 3 * _VOLTAGE_V * (now - self._counted_at) / 3600
        self._counted_at = now

    def write(self, address: int, words: list[int]) -> None:
        """A master writes."""
        self._count()
        self.written += range(address, address + len(words))
        if address <= _LIMIT < address + len(words):
            self.limit = words[_LIMIT - address]


async def _access(
    unit: HeidelbergUnit,
    function_code: int,
    start_address: int,
    address: int,
    count: int,
    current_registers: list[int],
    set_values: list[int] | list[bool] | None,
) -> None:
    if function_code == _READS_INPUT:
        for at, word in unit.input_words().items():
            if start_address <= at < start_address + len(current_registers):
                current_registers[at - start_address] = word
    elif function_code in _WRITES and set_values is not None:
        unit.write(address, [int(word) for word in set_values])
