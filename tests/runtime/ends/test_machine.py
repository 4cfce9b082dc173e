import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.wallboxes import CARD

from wattgate.core.modbus.requests import ModbusCode, Read, WriteOne
from wattgate.core.wallbox.actions import PresentCard
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Effect, Happened
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.power_brain import BrainOptions, PowerBrain
from wattgate.core.wallbox.sensed import MeterLook, Pilot
from wattgate.runtime.ends.charging_point import ChargingPoint
from wattgate.runtime.ends.machine import LOOK_S, Body, Machine, NotKept, Outward, Whole

FAIL_SAFE_CURRENT, DISCONNECT_CP, RELAY_SELECT, LIMIT = 8085, 8086, 8087, 8093


@dataclass
class Car:
    """Pilot, contactor, meter and a car that asks as soon as it is offered something."""

    is_plugged: bool = False
    offered_a: float = 0.0
    phases: int = 0
    is_cut: bool = False
    is_broken: bool = False

    def state(self) -> Pilot:
        if self.is_broken:
            raise OSError(5, "Input/output error")
        if not self.is_plugged:
            return Pilot.A
        return Pilot.C if self.offered_a else Pilot.B

    def offer(self, current_a: float) -> None:
        self.offered_a = current_a

    def cut(self, is_cut: bool) -> None:
        assert self.phases == 0
        self.is_cut = is_cut

    def switch(self, phases: int) -> None:
        self.phases = phases

    def look(self) -> MeterLook:
        current_a = self.offered_a if self.phases else 0.0
        return MeterLook(0.0, (current_a,) * 3, current_a * 690)


@dataclass
class Bench:
    """A machine with one charging point, first connector 3."""

    clock: FakeClock = field(default_factory=FakeClock)
    car: Car = field(default_factory=Car)
    told: list[Outward | str] = field(default_factory=list)
    is_full: bool = False
    is_full_after: str = ""
    times: list[float] = field(default_factory=list)
    changes_at: float | None = None

    def __post_init__(self) -> None:
        options = Options(
            "CP1",
            has_hardware=True,
            keeps=True,
            first_connector=3,
            configuration={"AllowOfflineTxForUnknownId": "true"},
        )
        moment = Moment(self.clock.monotonic(), self.clock.wall())
        self.brain = PowerBrain(options, BrainOptions(), moment)
        point = ChargingPoint(self.car, self.car, self.car, 3)
        body = Body(point, self.keep, self.times.append, lambda: self.changes_at)
        self.machine = Machine(Whole(self.brain, body), self.clock, self.hear)

    def hear(self, effect: Outward) -> None:
        self.told.append(effect)
        if isinstance(effect, Happened) and effect.kind == self.is_full_after:
            self.is_full = True
            self.machine.request(WriteOne(FAIL_SAFE_CURRENT, 80))

    def keep(self, text: str) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.told.append(text)

    def statuses(self) -> list[object]:
        events = [each for each in self.told if isinstance(each, Happened)]
        return [event.facts["status"] for event in events if event.kind == "status"]

    def show_card(self) -> None:
        self.machine.act(lambda moment: self.brain.handle(PresentCard(CARD), moment))


@contextmanager
def running(bench: Bench) -> Iterator[Bench]:
    bench.machine.tick()
    yield bench
    bench.machine.stop()


@in_virtual_time()
async def test_a_car_that_is_plugged_in_is_seen_and_charges_with_a_card() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        assert bench.statuses() == ["Available", "Preparing"]
        bench.show_card()
        assert bench.statuses()[-1] == "Charging"
        assert (bench.car.offered_a, bench.car.phases) == (16.0, 3)
        bench.car.is_plugged = False
        await asyncio.sleep(LOOK_S)
        assert bench.statuses()[-1] == "Available"
        assert (bench.car.offered_a, bench.car.phases) == (0.0, 0)


@in_virtual_time()
async def test_a_modbus_master_is_answered_when_it_is_done() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.show_card()
        assert bench.machine.request(WriteOne(LIMIT, 100)) == ()
        assert bench.car.offered_a == 10.0
        assert bench.machine.request(Read(LIMIT, 1)) == (100,)
        assert bench.machine.request(Read(0, 1)) is ModbusCode.ILLEGAL_DATA_ADDRESS
        assert bench.machine.request(WriteOne(DISCONNECT_CP, 5)) == ()
        assert (bench.car.is_cut, bench.car.offered_a, bench.car.phases) == (True, 0.0, 0)
        await asyncio.sleep(5.1)
        assert (bench.car.is_cut, bench.car.offered_a, bench.car.phases) == (False, 10.0, 3)
        assert bench.statuses()[-1] == "Charging"


@in_virtual_time()
async def test_phases_are_switched_with_a_pause() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.show_card()
        assert bench.machine.request(WriteOne(RELAY_SELECT, 1)) == ()
        assert (bench.car.offered_a, bench.car.phases) == (0.0, 0)
        await asyncio.sleep(119)
        assert bench.car.phases == 0
        await asyncio.sleep(2)
        assert (bench.car.offered_a, bench.car.phases) == (16.0, 1)


@in_virtual_time()
async def test_a_master_gets_no_confirmation_of_what_could_not_be_kept() -> None:
    with running(Bench()) as bench:
        bench.is_full = True
        failed = ModbusCode.SERVER_DEVICE_FAILURE
        assert bench.machine.request(WriteOne(FAIL_SAFE_CURRENT, 80)) is failed
        bench.is_full = False
        assert bench.machine.request(Read(LIMIT, 1)) is failed


@in_virtual_time()
async def test_a_wallbox_without_registers_has_no_masters() -> None:
    clock = FakeClock()
    box = ChargePoint(Options("CP1"), Moment(clock.monotonic(), clock.wall()))
    machine = Machine(box, clock, lambda _effect: None)
    assert machine.request(Read(LIMIT, 1)) is ModbusCode.SERVER_DEVICE_FAILURE
    machine.stop()


@in_virtual_time()
async def test_what_is_kept_is_stored_before_it_is_told() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.told.clear()
        bench.show_card()
        assert isinstance(bench.told[0], str)
        assert CARD in bench.told[0]


@in_virtual_time()
async def test_where_nothing_can_be_kept_nothing_is_done_any_more() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.told.clear()
        bench.is_full = True
        bench.show_card()
        failure = await bench.machine.failed()
        assert isinstance(failure, NotKept)
        assert "No space" in str(failure)
        assert (bench.car.offered_a, bench.car.phases, bench.told) == (0.0, 0, [])
        bench.is_full = False
        bench.show_card()
        await asyncio.sleep(100)
        assert bench.told == []


@in_virtual_time()
async def test_what_fails_amid_other_effects_leaves_none_of_these_to_be_done() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.is_full_after = "starting"
        bench.show_card()
        assert isinstance(await bench.machine.failed(), NotKept)
        assert (bench.car.offered_a, bench.car.phases) == (0.0, 0)
        told = [each.kind for each in bench.told if isinstance(each, Happened)]
        assert told[-1] == "starting"


@in_virtual_time()
async def test_hardware_that_fails_ends_it_and_nothing_is_offered_any_more() -> None:
    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.show_card()
        assert (bench.car.offered_a, bench.car.phases) == (16.0, 3)
        bench.car.is_broken = True
        assert "Input/output" in str(await bench.machine.failed())
        assert (bench.car.offered_a, bench.car.phases) == (0.0, 0)
        assert bench.machine.request(Read(LIMIT, 1)) is ModbusCode.SERVER_DEVICE_FAILURE


@in_virtual_time()
async def test_an_error_of_ours_over_a_message_does_not_end_the_watch_over_the_master() -> None:
    def happen(_moment: Moment) -> list[Effect]:
        raise ZeroDivisionError

    with running(Bench()) as bench:
        bench.car.is_plugged = True
        await asyncio.sleep(LOOK_S)
        bench.show_card()
        with pytest.raises(ZeroDivisionError):
            bench.machine.act(happen)
        await asyncio.sleep(301)
        assert bench.car.offered_a == 6.0


@in_virtual_time()
async def test_switched_off_it_offers_nothing_and_looks_no_more() -> None:
    bench = Bench()
    bench.machine.tick()
    bench.car.is_plugged = True
    await asyncio.sleep(LOOK_S)
    bench.show_card()
    assert bench.car.offered_a == 16.0
    bench.machine.stop()
    assert (bench.car.offered_a, bench.car.phases) == (0.0, 0)
    bench.machine.act(bench.brain.disconnected)
    bench.car.is_plugged = False
    bench.told.clear()
    await asyncio.sleep(100)
    assert bench.told == []


@in_virtual_time()
async def test_switched_off_on_purpose_it_loses_nothing_that_could_be_stored() -> None:
    bench = Bench()
    bench.machine.tick()
    bench.car.is_plugged = True
    await asyncio.sleep(LOOK_S)
    bench.show_card()
    await asyncio.sleep(1201)
    bench.told.clear()
    bench.machine.stop()
    bench.machine.stop()
    (text,) = bench.told
    assert text == bench.brain.kept()
    assert isinstance(text, str)
    assert text.count("MeterValues") == 20


@in_virtual_time()
async def test_hardware_that_tells_when_it_changes_is_looked_at_then() -> None:
    with running(Bench()) as bench:
        await asyncio.sleep(1.25 * LOOK_S)
        bench.changes_at = 1.5 * LOOK_S
        bench.machine.tick()
        bench.changes_at = None
        await asyncio.sleep(LOOK_S)
        assert bench.times == [place * LOOK_S for place in (0, 1, 1.25, 1.5)]
