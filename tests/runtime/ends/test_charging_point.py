from dataclasses import dataclass, field

import pytest

from wattgate.core.wallbox.sensed import MeterLook, Pilot, Sensed
from wattgate.runtime.ends.charging_point import ChargingPoint


@dataclass
class Bench:
    """Pilot, contactor and meter in one; `done` is what was done to them, in order."""

    pilot: Pilot = Pilot.A
    done: list[str] = field(default_factory=list)

    def state(self) -> Pilot:
        return self.pilot

    def offer(self, current_a: float) -> None:
        self.done.append(f"offer {current_a:g}")

    def cut(self, is_cut: bool) -> None:
        self.done.append("cut" if is_cut else "put back")

    def switch(self, phases: int) -> None:
        word = f"close {phases}" if phases else "open"
        if word != self.closed:
            self.done.append(word)

    def look(self) -> MeterLook:
        return MeterLook(1.5, (6.0, 6.0, 6.0), 4140.0)

    @property
    def closed(self) -> str:
        switched = [each for each in self.done if each == "open" or each.startswith("close")]
        return switched[-1] if switched else ""


def charging_point(bench: Bench, phases: int = 3) -> ChargingPoint:
    return ChargingPoint(bench, bench, bench, phases)


def charging(bench: Bench) -> ChargingPoint:
    point = charging_point(bench)
    bench.pilot = Pilot.C
    point.offer(10)
    point.look()
    assert point.closed_phases == 3
    bench.done.clear()
    return point


def test_it_begins_open_and_without_an_offer() -> None:
    bench = Bench()
    assert charging_point(bench).closed_phases == 0
    assert bench.done == ["open", "offer 0"]


@pytest.mark.parametrize("pilot", Pilot)
@pytest.mark.parametrize("offered_a", [0.0, 6.0, 16.0])
def test_the_contactor_closes_only_for_a_car_that_asks_for_what_it_is_offered(
    pilot: Pilot, offered_a: float
) -> None:
    bench = Bench(pilot)
    point = charging_point(bench)
    point.offer(offered_a)
    assert point.closed_phases == 0
    assert point.look() == Sensed(pilot, 1.5, (6.0, 6.0, 6.0), 4140.0)
    assert bool(point.closed_phases) is (offered_a > 0 and pilot in {Pilot.C, Pilot.D})


def test_a_car_that_stops_asking_is_disconnected() -> None:
    bench = Bench()
    point = charging(bench)
    bench.pilot = Pilot.B
    point.look()
    assert bench.done == ["open"]


def test_without_an_offer_the_car_is_told_before_it_is_disconnected() -> None:
    bench = Bench()
    charging(bench).offer(0)
    assert bench.done == ["offer 0", "open"]


def test_the_pilot_is_cut_behind_an_open_contactor() -> None:
    bench = Bench()
    point = charging(bench)
    point.cut(True)
    assert bench.done == ["open", "cut"]
    assert point.look().pilot is Pilot.E
    assert point.closed_phases == 0
    point.cut(False)
    assert point.look().pilot is Pilot.C
    assert bench.done == ["open", "cut", "put back", "close 3"]


def test_phases_change_behind_an_open_contactor() -> None:
    bench = Bench()
    point = charging(bench)
    point.select_phases(1)
    assert bench.done == ["open"]
    point.look()
    assert point.closed_phases == 1
    assert bench.done == ["open", "close 1"]


def test_what_is_broken_is_sensed() -> None:
    bench = Bench(Pilot.B)
    point = ChargingPoint(bench, bench, bench, 3, lambda: "GroundFailure")
    assert point.look().error_code == "GroundFailure"


def test_a_pilot_that_fails_keeps_no_contactor_closed() -> None:
    class Broken(Bench):
        def offer(self, current_a: float) -> None:
            super().offer(current_a)
            if current_a == 0 and self.pilot is Pilot.C:
                raise OSError(5, "Input/output error")

    bench = Broken()
    point = charging(bench)
    with pytest.raises(OSError, match="Input/output"):
        point.offer(0)
    assert bench.done == ["offer 0", "open"]
