"""What the house connection leaves for charging, by its meter."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from tests.support.virtual_time import WALL_START, ScriptedIdentifiers

from wattgate.core.load.demand import EvseView
from wattgate.core.load.headroom import Headroom
from wattgate.core.load.ledger import Ledger, Position
from wattgate.core.load.sensing import Draw
from wattgate.core.site.model import GridMeterSource, Site, SiteSettings
from wattgate.core.units import PHASES, PhaseTriple
from wattgate.ports.evse import EvseReading
from wattgate.runtime.load.grid_meter import Freshness, GridMeter, MeterState
from wattgate.runtime.peer import Tools

HOUSE = SiteSettings(
    max_current_a=63.0, house_load_a=30.0, reserve_a=3.0, grid_meter=GridMeterSource.API
)


def each(current_a: float) -> PhaseTriple:
    return (current_a, current_a, current_a)


def reading(draw: Draw | None, *, suspended: bool = False) -> EvseReading:
    view = EvseView(
        "a", frozenset(PHASES), 6.0, 16.0, suspended_ev_since=0.0 if suspended else None
    )
    return EvseReading(
        view,
        seen=True,
        ready=True,
        silent_s=0.0,
        connection=1,
        booted=False,
        idle=False,
        draw=draw,
        waiting_since=0.0,
    )


def drawing(current_a: float, at: float) -> EvseReading:
    return reading(Draw(at, current_a, current_a, each(current_a)))


def told(current_a: float) -> Ledger:
    return Ledger({"a": Position(current_a)})


@dataclass
class Bench:
    """A meter on a bench: its clock is turned by hand."""

    house: SiteSettings = HOUSE
    now: float = 0.0

    def __post_init__(self) -> None:
        self.meter = GridMeter(lambda: Site(site=self.house), Tools(self, ScriptedIdentifiers()))

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return WALL_START

    def is_synchronised(self) -> bool:
        return True

    def left_a(self, *evses: EvseReading, ledger: Ledger | None = None) -> PhaseTriple:
        """What a raise has to fit into."""
        return self.left(*evses, ledger=ledger).strict_a

    def left(
        self, *evses: EvseReading, ledger: Ledger | None = None, target_a: float = 0.0
    ) -> Headroom:
        targets_a = {"a": target_a}
        return self.meter.for_charging_a(evses, ledger or told(16.0), self.now, targets_a)


@pytest.mark.parametrize("source", list(GridMeterSource))
def test_without_a_reading_the_owner_s_figure_counts(source: GridMeterSource) -> None:
    bench = Bench(replace(HOUSE, grid_meter=source))
    assert bench.left_a() == each(30.0)
    assert bench.meter.sample is None
    assert bench.meter.state(0.0) == MeterState(Freshness.NONE, None, None, each(30.0))


def test_a_reading_on_a_site_without_a_meter_counts_for_nothing() -> None:
    bench = Bench(replace(HOUSE, grid_meter=GridMeterSource.NONE))
    bench.meter.take(each(5.0))
    assert bench.left_a() == each(30.0)
    assert bench.meter.state(0.0).freshness is Freshness.NONE


def test_what_the_evses_draw_is_no_load_of_the_house() -> None:
    bench = Bench()
    bench.meter.take((50.0, 40.0, 10.0))
    assert bench.left_a(drawing(10.0, at=0.0)) == (20.0, 30.0, 60.0)
    assert bench.left(drawing(10.0, at=0.0)).lenient_a == (20.0, 30.0, 60.0)
    assert bench.meter.state(2.0) == MeterState(
        Freshness.FRESH, 2.0, (50.0, 40.0, 10.0), (40.0, 30.0, 0.0)
    )


def test_a_car_that_takes_nothing_is_not_subtracted() -> None:
    bench = Bench()
    bench.meter.take(each(40.0))
    silent = replace(drawing(10.0, at=0.0), draw=None)
    suspended = replace(drawing(10.0, at=0.0), view=reading(None, suspended=True).view)
    assert bench.left_a(silent, suspended) == each(20.0)


def test_what_comes_after_a_reading_is_no_part_of_it() -> None:
    """Else one overload would be shed again in each cycle until the next reading."""
    bench = Bench()
    bench.meter.take(each(50.0))
    before = bench.left_a(drawing(16.0, at=0.0))
    bench.now = 3.0
    assert bench.left_a(drawing(16.0, at=0.0), ledger=told(6.0)) == before
    assert bench.left_a(drawing(30.0, at=2.0), ledger=told(32.0)) == before


def test_a_car_reduced_before_the_reading_counts_at_its_new_limit_at_most() -> None:
    bench = Bench()
    bench.meter.take(each(50.0))
    bench.left_a(drawing(16.0, at=0.0))
    bench.now = 4.0
    bench.left_a(drawing(16.0, at=0.0), ledger=told(6.0))
    bench.now = 5.0
    bench.meter.take(each(40.0))
    assert bench.left_a(drawing(16.0, at=0.0)) == each(26.0)  # 34 A of the house, not 24 A


def test_a_meter_that_falls_silent_raises_nobody() -> None:
    bench = Bench()
    bench.meter.take((50.0, 20.0, 10.0))
    assert bench.left_a() == (10.0, 40.0, 50.0)
    bench.now = 15.1
    assert bench.left_a() == (10.0, 30.0, 30.0)
    assert bench.meter.state(15.1).freshness is Freshness.STALE


def test_a_meter_that_reports_every_10_s_is_not_stale_in_between() -> None:
    bench = Bench(replace(HOUSE, grid_meter_period_s=10.0))
    bench.meter.take(each(10.0))
    bench.now = 10.0
    assert bench.left_a() == each(50.0)
    assert bench.meter.state(10.0).freshness is Freshness.FRESH


def test_a_reading_that_nobody_judged_in_time_assumes_the_owner_s_figure() -> None:
    bench = Bench()
    bench.meter.take(each(5.0))
    assert bench.meter.state(0.0).house_load_a == each(30.0)
    bench.now = 60.0
    assert bench.left_a() == each(30.0)


def test_less_load_lets_raise_after_10_s_of_calm_and_more_lowers_at_once() -> None:
    bench = Bench()
    left_a = []
    for now, load_a in ((0.0, 20.0), (5.0, 10.0), (10.0, 10.0), (15.0, 10.0), (18.0, 40.0)):
        bench.now = now
        bench.meter.take(each(load_a))
        left_a.append(bench.left_a()[0])
    assert left_a == [40.0, 40.0, 40.0, 50.0, 20.0]


def test_a_meter_that_comes_back_is_believed_less_load_after_10_s_of_calm() -> None:
    bench = Bench()
    left_a = []
    for now in (0.0, 100.0, 105.0, 110.0):
        bench.now = now
        bench.meter.take(each(10.0))
        left_a.append(bench.left_a()[0])
    assert left_a == [50.0, 30.0, 30.0, 50.0]


def test_a_car_that_was_just_raised_lowers_nobody_and_lets_raise_nobody() -> None:
    """Its newest sample is from before the raise: its draw looks like a load of the house."""
    bench = Bench()
    bench.meter.take(each(10.0))
    assert bench.left(drawing(0.0, at=0.0), ledger=told(0.0)) == Headroom(each(50.0), each(50.0))
    bench.now = 5.0
    bench.meter.take(each(26.0))
    assert bench.left(drawing(0.0, at=0.0)) == Headroom(each(50.0), each(34.0))
    bench.now = 20.0
    bench.meter.take(each(26.0))
    bench.left(drawing(16.0, at=18.0))
    bench.now = 31.0
    assert bench.left(drawing(16.0, at=18.0)) == Headroom(each(50.0), each(50.0))


@pytest.mark.parametrize(
    ("evse", "ledger", "lenient_a"),
    [
        pytest.param(drawing(10.0, at=0.0), told(16.0), 8.0, id="measured under its limit"),
        pytest.param(drawing(0.0, at=1.0), told(16.0), -2.0, id="measured: it draws nothing"),
        pytest.param(reading(None), told(16.0), 14.0, id="never measured"),
    ],
)
def test_a_full_connection_is_relieved_by_what_its_cars_likely_draw(
    evse: EvseReading, ledger: Ledger, lenient_a: float
) -> None:
    bench = Bench()
    bench.meter.take(each(42.0))
    bench.left(drawing(16.0, at=0.0), ledger=ledger)
    bench.now = 1.0
    bench.meter.take(each(62.0))
    assert bench.left(evse, ledger=ledger).lenient_a == pytest.approx(each(lenient_a))


def test_who_is_kept_from_charging_by_doubts_makes_others_give_way() -> None:
    bench, ledger = Bench(), Ledger({"a": Position(0.0), "b": Position(16.0)})
    other = replace(reading(None), view=replace(reading(None).view, evse="b"))
    bench.meter.take(each(10.0))
    bench.left(reading(None), drawing(0.0, 0.0), ledger=told(0.0))
    lenient_a = []
    for now in range(5, 75, 5):
        bench.now = float(now)
        bench.meter.take(each(26.0))
        lenient_a.append(bench.left(reading(None), other, ledger=ledger, target_a=16.0).lenient_a)
    assert lenient_a == [each(50.0)] * 12 + [each(34.0)] * 2
