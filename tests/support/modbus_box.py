"""A Power Brain without sockets, for virtual time: registers, watch, contactor and a hungry car.

It is written from the register map alone, so that it cannot share a mistake with the manager. Its
line loses what a test wants it to lose.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from wattgate.core.modbus.image import Image
from wattgate.core.modbus.places import Place
from wattgate.core.modbus.power_brain_map import PILOT_NUMBERS, POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.modbus import ModbusRefused, ModbusSilent

_IMAGE: Final = Image(POWER_BRAIN)

_VOLTAGE_V: Final = 230.0


@dataclass
class ModbusBox:
    """One wallbox; its car draws what it is offered, up to `car_a`, while plugged.

    `default_a` is what it holds after a start. `reads`, `writes` and `heard_at` tell what came to
    it: reads as (address, count), writes as (address, words). `most_a` is the most that it ever let
    its car have while `watched`.
    """

    default_a: float = 32.0
    hardware_a: float = 32.0
    car_a: float = 32.0
    plugged: bool = False
    fail_safe_s: int = 300
    fail_safe_a: float = 0.0
    limit_a: float = 32.0
    enabled: bool = True
    restarts: int = 1
    card: str = ""
    energy_wh: float = 1_000.0
    refuses: ModbusCode | None = None
    refuses_reads: ModbusCode | None = None
    refuses_writes: ModbusCode | None = None
    refuses_fail_safe_of_s: int | None = None
    """A fail-safe time that it does not take."""
    overwrites: float | None = None
    """What another master writes over each limit, at once."""
    reads: list[tuple[int, int]] = field(default_factory=list)
    writes: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    heard_at: float = 0.0
    relay: int = 0
    pilot_cuts: list[int] = field(default_factory=list)
    is_broken: bool = False
    """Draws whatever it is told."""
    says: dict[str, Value] = field(default_factory=dict)
    """Values that it says whatever is true."""
    _charged_until: float = 0.0

    @property
    def has_fallen(self) -> bool:
        """Whether it has heard nothing for its fail-safe time."""
        return self.fail_safe_s > 0 and _now() - self.heard_at >= self.fail_safe_s

    @property
    def offered_a(self) -> float:
        """What it signals to its car now."""
        if self.has_fallen:
            return self.fail_safe_a
        return min(self.limit_a, self.hardware_a) if self.enabled else 0.0

    @property
    def drawn_a(self) -> float:
        """What its car draws on each phase."""
        if not self.plugged:
            return 0.0
        return self.car_a if self.is_broken else min(self.offered_a, self.car_a)

    @property
    def told_a(self) -> float:
        """What its registers hold."""
        return self.limit_a if self.enabled else 0.0

    def restart(self) -> None:
        """Lose what is volatile."""
        self.restarts += 1
        self.limit_a, self.enabled = self.default_a, True
        self.heard_at = _now()

    def foreign_write(self, limit_a: float, *, enabled: bool = True) -> None:
        """Another master writes."""
        self.limit_a, self.enabled, self.heard_at = limit_a, enabled, _now()

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """Answer a read."""
        self._hear()
        self.reads.append((address, count))
        words = self.refuses or self.refuses_reads or _IMAGE.read(self._values(), address, count)
        return _or_refused(words)

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take a write."""
        self._hear()
        said = self.refuses or self.refuses_writes or _IMAGE.decode_write(address, words)
        if isinstance(said, ModbusCode):
            raise ModbusRefused(said, said.name)
        if said.get("fail_safe_duration", -1) == self.refuses_fail_safe_of_s:
            raise ModbusRefused(ModbusCode.ILLEGAL_DATA_VALUE, "not that long")
        self.writes.append((address, tuple(words)))
        for name, value in said.items():
            self._set(name, float(value))
        if self.overwrites is not None:
            self.foreign_write(self.overwrites)

    def _hear(self) -> None:
        self._charge()
        self.heard_at = _now()

    def _charge(self) -> None:
        hours = (_now() - self._charged_until) / 3600
        self.energy_wh += self.drawn_a * 3 * _VOLTAGE_V * hours
        self._charged_until = _now()

    def _set(self, name: str, value: float) -> None:
        match name:
            case "charging_cur_limit":
                self.limit_a = min(value, self.hardware_a)
            case "charging_enable":
                self.enabled = bool(value)
            case "fail_safe_duration":
                self.fail_safe_s = int(value)
            case "fail_safe_current":
                self.fail_safe_a = value
            case "disconnect_cp":
                self.pilot_cuts.append(int(value))
            case "relay_select":
                self.relay = int(value)
            case _:
                raise AssertionError(f"nobody has to write {name}")

    def _values(self) -> dict[str, Value]:
        drawn_a = self.drawn_a
        pilot = Pilot.A
        if self.plugged:
            pilot = Pilot.C if drawn_a else Pilot.B
        values: dict[str, Value] = {each.name: 0 for each in POWER_BRAIN}
        values |= {
            "product_version": "3.10",
            "mapping_version": "1.0",
            "serial_no": "PB-0001",
            "name": "Power Brain 11kW",
            "last_rfid": self.card,
            "meter_flags": 1,
            "has_meter": 1,
            "energy": int(self.energy_wh),
            "power": round(drawn_a * 3 * _VOLTAGE_V),
            "current_l1": drawn_a,
            "current_l2": drawn_a,
            "current_l3": drawn_a,
            "fail_safe_duration": self.fail_safe_s,
            "fail_safe_current": self.fail_safe_a,
            "charge_pilot_state": PILOT_NUMBERS[pilot],
            "charging_cur_limit": self.limit_a,
            "charging_enable": int(self.enabled),
            "charging_current": self.offered_a,
            "relay_select": self.relay,
            "restarts": self.restarts,
        }
        return values | self.says


@dataclass
class BoxLine:
    """A line with boxes by unit id. Implements ModbusLine.

    A request takes `takes_s`. `loses_requests` and `loses_answers` say what is lost on it; the
    asker waits `timeout_s` for nothing. `is_cut`: nobody can even be connected with.
    """

    boxes: dict[int, ModbusBox]
    takes_s: float = 0.02
    timeout_s: float = 1.0
    loses_requests: bool = False
    loses_answers: bool = False
    is_cut: bool = False
    is_busy: bool = False
    asked: list[tuple[float, int, str]] = field(default_factory=list)
    """Every request that went out: when, to whom, and whether it was a read or a write."""

    @property
    def is_whole(self) -> bool:
        """Whether everything that is sent arrives."""
        return not (self.loses_requests or self.loses_answers or self.is_cut)

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        assert table is Table.HOLDING
        box = await self._reach(unit, "read")
        try:
            return box.read(address, count)
        finally:
            await self._come_back()

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        box = await self._reach(unit, "write")
        try:
            box.write(address, words)
        finally:
            await self._come_back()

    async def close(self) -> None:
        pass

    async def _reach(self, unit: int, what: str) -> ModbusBox:
        assert not self.is_busy, "two requests at once on one line"
        if self.is_cut:
            raise ModbusSilent("nobody listens", was_sent=False)
        self.is_busy = True
        try:
            self.asked.append((_now(), unit, what))
            await asyncio.sleep(self.takes_s / 2)
            if self.loses_requests or unit not in self.boxes:
                await self._wait_in_vain()
        finally:
            self.is_busy = False
        return self.boxes[unit]

    async def _come_back(self) -> None:
        self.is_busy = True
        try:
            if self.loses_answers:
                await self._wait_in_vain()
            await asyncio.sleep(self.takes_s / 2)
        finally:
            self.is_busy = False

    async def _wait_in_vain(self) -> None:
        await asyncio.sleep(self.timeout_s)
        raise ModbusSilent("no answer", was_sent=True)


@dataclass
class BoxLines:
    """Lines by place, as text. Implements ModbusLines."""

    by_place: dict[str, BoxLine] = field(default_factory=dict)

    def line(self, place: Place) -> BoxLine:
        """The line to a place."""
        return self.by_place[str(place)]


def one_box(box: ModbusBox) -> BoxLine:
    """A line with one box on it, as unit 1."""
    return BoxLine({1: box})


def _now() -> float:
    return asyncio.get_running_loop().time()


def _or_refused(words: tuple[int, ...] | ModbusCode) -> tuple[int, ...]:
    if isinstance(words, ModbusCode):
        raise ModbusRefused(words, words.name)
    return words
