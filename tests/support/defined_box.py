"""A wallbox of any definition without sockets, for virtual time: its registers, watch and car."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from wattgate.core.modbus.codec import decode, encode
from wattgate.core.modbus.definitions import Definition, FedBy
from wattgate.core.modbus.points import (
    AnyTarget,
    CurrentTarget,
    Point,
    SwitchPoint,
    SwitchTarget,
)
from wattgate.core.modbus.polling import points
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.modbus import ModbusRefused

PLUGGED_STATE = 1
AT_THE_CAR = 7
"""Numbers for a state register that the row of a state leaves open."""


@dataclass
class DefinedBox:
    """One wallbox, the line to it as well. Implements ModbusLine.

    Its car draws what it is offered while `plugged`. `lacks` are roles that its firmware has no
    registers for. `wrote` is what came, as (address, words), at `wrote_at`. `falls` counts how
    often its watch found nobody; it has then what `fail_safe_a` says until it is told a limit.
    """

    definition: Definition
    plugged: bool = True
    limit_a: float = 32.0
    is_enabled: bool = True
    fail_safe_s: float = 0.0
    fail_safe_a: float = 0.0
    lacks: frozenset[str] = frozenset()
    other: dict[int, int] = field(default_factory=dict)
    wrote: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    wrote_at: list[float] = field(default_factory=list)
    falls: int = 0
    _fed_at: float = 0.0
    _has_fallen: bool = False

    @property
    def offered_a(self) -> float:
        """What it lets its car have now."""
        self._watch()
        if self._has_fallen:
            return self.fail_safe_a
        return self.limit_a if self.is_enabled else 0.0

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        assert unit == self.definition.unit
        assert count <= self.definition.most_words
        await asyncio.sleep(0.01)
        self._hear(is_write=False)
        memory = self._memory(table)
        asked = range(address, address + count)
        if self.definition.reads_gaps and address in memory and asked[-1] in memory:
            memory = dict.fromkeys(asked, 0) | memory
        if not set(asked) <= set(memory):
            raise ModbusRefused(ModbusCode.ILLEGAL_DATA_ADDRESS, "no such register")
        return tuple(memory[at] for at in asked)

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        assert unit == self.definition.unit
        await asyncio.sleep(0.01)
        self.wrote.append((address, tuple(words)))
        self.wrote_at.append(_now())
        self._hear(is_write=True)
        for name, target in self._targets().items():
            if target.address == address:
                self._take(name, target, words)
                return
        self.other[address] = words[0]

    async def close(self) -> None:
        pass

    def _targets(self) -> dict[str, AnyTarget]:
        write = self.definition.write
        each: dict[str, AnyTarget | None] = {
            "limit": write.limit,
            "enable": write.enable,
            "fail_safe_time": write.fail_safe_time,
            "fail_safe_current": write.fail_safe_current,
        }
        return {name: target for name, target in each.items() if target is not None}

    def _take(self, name: str, target: AnyTarget, words: Sequence[int]) -> None:
        number = float(decode(target.register(name), words, self.definition.word_order))
        match name:
            case "limit":
                assert isinstance(target, CurrentTarget)
                assert number == target.off or target.lowest_a <= number <= target.highest_a
                self.limit_a, self._has_fallen = number, False
            case "enable":
                self.is_enabled = isinstance(target, SwitchTarget) and number == target.on
            case "fail_safe_time":
                self.fail_safe_s = number
            case _:
                self.fail_safe_a = number

    def _hear(self, *, is_write: bool) -> None:
        self._watch()
        if is_write or self.definition.fed_by is FedBy.ANY:
            self._fed_at = _now()

    def _watch(self) -> None:
        if self.fail_safe_s and not self._has_fallen and _now() >= self._fed_at + self.fail_safe_s:
            self._has_fallen = True
            self.falls += 1

    def _memory(self, table: Table) -> dict[int, int]:
        words = {} if table is Table.INPUT else dict(self.other)
        roles = {**points(self.definition.read), **points(self.definition.identity)}
        for name, point in roles.items():
            if point.table is table and name not in self.lacks:
                said = encode(point.register(name), self._said(name, point))
                words |= {point.address + at: word for at, word in enumerate(said)}
        return words

    def _said(self, name: str, point: Point) -> float | str:
        drawn_a = self.offered_a if self.plugged else 0.0
        row = next(each for each in self.definition.states if each.pilot is self._pilot())
        said: dict[str, float | str] = {
            "state": PLUGGED_STATE if row.state is None else row.state,
            "plug": AT_THE_CAR if row.plug is None else row.plug,
            "limit": self.limit_a,
            "signalled": self.offered_a,
            "fail_safe_time": self.fail_safe_s,
            "fail_safe_current": self.fail_safe_a,
            "power": drawn_a * 690,
            "firmware": "1" if point.length == 1 else "3.10",
            "card": "",
            **dict.fromkeys(("current_l1", "current_l2", "current_l3"), drawn_a),
        }
        if isinstance(point, SwitchPoint):
            return point.on
        value = said.get(name, 0)
        return int(value) if name == "firmware" and point.length == 1 else value

    def _pilot(self) -> Pilot:
        if not self.plugged:
            return Pilot.A
        return Pilot.C if self.offered_a else Pilot.B


def _now() -> float:
    return asyncio.get_running_loop().time()
