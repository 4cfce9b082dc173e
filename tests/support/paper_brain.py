"""A Power Brain in virtual time: the registers of its map, a car, a meter, and its own watch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.virtual_time import FakeClock

from wattgate.core.modbus.image import Image
from wattgate.core.modbus.places import Place, TcpPlace
from wattgate.core.modbus.power_brain_map import PILOT_NUMBERS, POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.requests import (
    ModbusCode,
    ModbusHandler,
    ModbusReply,
    ModbusRequest,
    Read,
    WriteMany,
    WriteOne,
)
from wattgate.core.modbus.tables import Table
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.modbus import ModbusRefused, ModbusSilent

PHASES, VOLTAGE_V = 3, 230.0
IMAGE = Image(POWER_BRAIN)
TAKES_S = 0.02
"""s that a request takes."""


@dataclass
class PaperBrain:
    """Charges by its registers alone, as a wallbox without OCPP does.

    `car_a` is what the car wants, A per phase, 0 for a car that does not ask. `is_reachable` false:
    nothing gets there; `answers` false: it hears everything, and no answer gets back. `writes` are
    the names and values that masters wrote, with the time.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    is_plugged: bool = False
    car_a: float = 16.0
    hardware_a: float = 16.0
    limit_a: float = 6.0
    is_enabled: bool = False
    fail_safe_s: float = 300.0
    fail_safe_a: float = 6.0
    energy_wh: float = 5000.0
    card: str = ""
    cards: int = 0
    restarts: int = 1
    serial: str = "4711"
    is_reachable: bool = True
    answers: bool = True
    reads: int = 0
    writes: list[tuple[float, str, Value]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every write."""
    _heard_at: float = 0.0
    _counted_at: float = 0.0

    @property
    def allowed_a(self) -> float:
        """What it lets the car have now, A per phase."""
        silent_s = self.clock.monotonic() - self._heard_at
        if self.fail_safe_s and silent_s > self.fail_safe_s:
            return min(self.fail_safe_a, self.hardware_a)
        return min(self.limit_a, self.hardware_a) if self.is_enabled else 0.0

    @property
    def drawn_a(self) -> float:
        """What the car draws, A per phase."""
        if not self.is_plugged or self.allowed_a < 6 or self.car_a < 6:
            return 0.0
        return min(self.allowed_a, self.car_a)

    @property
    def pilot(self) -> Pilot:
        """The state of its control pilot."""
        if not self.is_plugged:
            return Pilot.A
        return Pilot.C if self.car_a and self.allowed_a >= 6 else Pilot.B

    def plug(self, car_a: float = 16.0) -> None:
        """A car comes."""
        self._count()
        self.is_plugged, self.car_a = True, car_a

    def unplug(self) -> None:
        """It goes."""
        self._count()
        self.is_plugged = False

    def show(self, card: str) -> None:
        """A card is held to the reader."""
        self.card, self.cards = card, self.cards + 1

    def restart(self, energy_wh: float = 0.0) -> None:
        """It loses its power: volatile registers are as shipped, the counter reads this."""
        self._count()
        self.limit_a, self.is_enabled, self.restarts = 6.0, False, self.restarts + 1
        self.energy_wh, self.card, self.cards = energy_wh, "", 0

    def written(self, name: str) -> list[Value]:
        """What was written into a register so far."""
        return [value for _, written, value in self.writes if written == name]

    def read(self, address: int, count: int) -> tuple[int, ...] | ModbusCode:
        """A master reads."""
        self._count()
        self._heard_at = self.clock.monotonic()
        self.reads += 1
        return IMAGE.read(self._values(), address, count)

    def write(self, address: int, words: Sequence[int]) -> ModbusCode | None:
        """A master writes; None: it was done."""
        self._count()
        self._heard_at = now = self.clock.monotonic()
        said = IMAGE.decode_write(address, words)
        if isinstance(said, ModbusCode):
            return said
        self.heard.set()
        for name, value in said.items():
            self.writes.append((now, name, value))
            assert isinstance(value, float | int), name
            match name:
                case "charging_cur_limit":
                    self.limit_a = value
                case "charging_enable":
                    self.is_enabled = bool(value)
                case "fail_safe_duration":
                    self.fail_safe_s = value
                case "fail_safe_current":
                    self.fail_safe_a = value
                case _:
                    raise AssertionError(f"nobody should write {name}")
        return None

    def _count(self) -> None:
        now = self.clock.monotonic()
        power_w = self.drawn_a * PHASES * VOLTAGE_V
        self.energy_wh += power_w * (now - self._counted_at) / 3600
        self._counted_at = now

    def _values(self) -> dict[str, Value]:
        drawn_a = self.drawn_a
        values: dict[str, Value] = {each.name: "" if each.length > 4 else 0 for each in POWER_BRAIN}
        return values | {
            "serial_no": self.serial,
            "name": "Paper Brain",
            "product_version": "1.2",
            "mapping_version": "1.0",
            "slave_id": 1,
            "meter_flags": 1,
            "has_meter": 1,
            "energy": int(self.energy_wh),
            "power": int(drawn_a * PHASES * VOLTAGE_V),
            **{f"current_l{phase}": drawn_a for phase in (1, 2, 3)},
            "charge_pilot_state": PILOT_NUMBERS[self.pilot],
            "charging_cur_limit": self.limit_a,
            "charging_enable": int(self.is_enabled),
            "charging_current": self.allowed_a,
            "fail_safe_duration": int(self.fail_safe_s),
            "fail_safe_current": self.fail_safe_a,
            "last_rfid": self.card,
            "num_rfid": self.cards,
            "restarts": self.restarts,
        }


@dataclass
class PaperLine:
    """A line with units on it. Implements ports.modbus.ModbusLine."""

    units: dict[int, PaperBrain]

    async def read(self, unit: int, table: Table, address: int, count: int) -> tuple[int, ...]:
        assert table is Table.HOLDING
        brain = await self._reached(unit)
        said = brain.read(address, count)
        self._back(brain)
        if isinstance(said, ModbusCode):
            raise ModbusRefused(said, said.name)
        return said

    async def write(self, unit: int, address: int, words: Sequence[int]) -> None:
        brain = await self._reached(unit)
        code = brain.write(address, words)
        self._back(brain)
        if code is not None:
            raise ModbusRefused(code, code.name)

    async def close(self) -> None:
        """Nothing to hang up."""

    async def _reached(self, unit: int) -> PaperBrain:
        await asyncio.sleep(TAKES_S)
        brain = self.units.get(unit)
        if brain is None or not brain.is_reachable:
            raise ModbusSilent("nobody there", was_sent=False)
        return brain

    def _back(self, brain: PaperBrain) -> None:
        if not brain.answers:
            raise ModbusSilent("no answer", was_sent=True)


@dataclass
class PaperLines:
    """All lines. Implements ports.modbus.ModbusLines."""

    places: dict[Place, PaperLine] = field(default_factory=dict)

    def line(self, place: Place) -> PaperLine:
        return self.places.setdefault(place, PaperLine({}))

    def put(self, brain: PaperBrain, host: str = "192.0.2.50", unit: int = 1) -> PaperBrain:
        """Let a wallbox be there."""
        self.line(TcpPlace(host, 4701)).units[unit] = brain
        return brain


def answering(brain: PaperBrain) -> ModbusHandler:
    """The same wallbox behind a slave of ours, in real time."""

    def handle(request: ModbusRequest) -> ModbusReply:
        match request:
            case Read(address, count):
                return brain.read(address, count)
            case WriteOne() | WriteMany():
                code = brain.write(request.address, request.words)
                return () if code is None else code

    return handle
