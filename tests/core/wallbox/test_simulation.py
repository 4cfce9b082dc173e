import pytest

from wattgate.core.units import PhaseTriple
from wattgate.core.wallbox.actions import (
    ClearFault,
    FallAsleep,
    Plug,
    PressStop,
    SetCarCurrent,
    ShowFault,
    Unplug,
    WakeUp,
)
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.sensed import NO_ERROR, MeterLook, Pilot, Sensed
from wattgate.core.wallbox.simulation import SimulatedPoint


def plugged(**fields: float) -> SimulatedPoint:
    point = SimulatedPoint(Car(), 0.0, **fields)
    point.act(Plug(), 0.0)
    return point


def charging(phases: int = 3, **fields: float) -> SimulatedPoint:
    point = plugged(**fields)
    point.offer(10.0, 0.0)
    point.switch(phases, 0.0)
    return point


def test_the_pilot_says_whether_a_car_is_there_and_asks() -> None:
    point = SimulatedPoint(Car(), 0.0)
    assert point.pilot(0.0) is Pilot.A
    point.act(Plug(), 1.0)
    assert point.pilot(1.0) is Pilot.B
    point.offer(6.0, 2.0)
    assert point.pilot(2.0) is Pilot.C
    point.cut(True, 3.0)
    assert point.pilot(3.0) is Pilot.E
    point.cut(False, 4.0)
    point.act(Unplug(), 5.0)
    assert point.pilot(5.0) is Pilot.A


@pytest.mark.parametrize(
    ("car_phases", "closed", "currents_a", "power_w"),
    [
        (3, 3, (10.0, 10.0, 10.0), 6900.0),
        (3, 1, (10.0, 0.0, 0.0), 2300.0),
        (1, 3, (10.0, 0.0, 0.0), 2300.0),
        (3, 0, (0.0, 0.0, 0.0), 0.0),
    ],
)
def test_current_flows_on_the_phases_that_car_and_contactor_share(
    car_phases: int, closed: int, currents_a: PhaseTriple, power_w: float
) -> None:
    point = SimulatedPoint(Car(phases=car_phases), 0.0, register_wh=100.0)
    point.act(Plug(), 0.0)
    point.offer(10.0, 0.0)
    point.switch(closed, 0.0)
    assert point.meter(0.0) == MeterLook(100.0, currents_a, power_w)
    assert point.meter(3600.0).energy_wh == pytest.approx(100.0 + power_w)


def test_energy_flows_as_fast_as_wished_and_never_back() -> None:
    point = charging(speed=10.0)
    assert point.meter(360.0).energy_wh == pytest.approx(6900.0)
    assert point.meter(300.0).energy_wh == pytest.approx(6900.0)
    assert point.meter(360.0).energy_wh == pytest.approx(6900.0)


def test_a_full_car_asks_for_nothing_and_is_awaited() -> None:
    point = SimulatedPoint(Car(capacity_wh=1000.0, charged_wh=500.0), 0.0)
    assert point.deadline() is None
    point.act(Plug(), 0.0)
    point.offer(16.0, 0.0)
    point.switch(3, 0.0)
    full_at = point.deadline()
    assert full_at == pytest.approx(500 / 11_040 * 3600, abs=0.01)
    assert full_at is not None
    assert point.pilot(full_at) is Pilot.B
    assert point.car.is_full
    assert point.deadline() is None


def test_a_car_that_waits_too_long_sleeps_until_its_pilot_is_cut() -> None:
    point = charging(sleeps_after_s=60.0)
    point.offer(0.0, 100.0)
    assert point.deadline() == 160.0
    assert point.pilot(159.0) is Pilot.B
    assert not point.car.is_asleep
    point.offer(10.0, 160.0)
    assert point.pilot(160.0) is Pilot.B
    point.cut(True, 170.0)
    point.cut(False, 175.0)
    assert point.pilot(175.0) is Pilot.C


def test_a_car_may_be_put_to_sleep_and_woken() -> None:
    point = charging()
    assert point.act(FallAsleep(), 1.0)
    assert point.pilot(1.0) is Pilot.B
    assert point.act(WakeUp(), 2.0)
    assert point.pilot(2.0) is Pilot.C


def test_what_is_broken_is_sensed() -> None:
    point = plugged()
    assert point.act(ShowFault("GroundFailure"), 0.0)
    assert point.sensed(0.0) == Sensed(Pilot.B, error_code="GroundFailure")
    assert point.act(ClearFault(), 0.0)
    assert point.sensed(0.0).error_code == NO_ERROR


def test_the_car_wants_what_it_is_told_and_other_actions_are_not_its_own() -> None:
    point = charging()
    assert point.act(SetCarCurrent(6.0), 0.0)
    assert point.meter(0.0).currents_a == (6.0, 6.0, 6.0)
    assert not point.act(PressStop(), 0.0)
