"""What the house connection leaves for charging, by its meter."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from tests.support.virtual_time import WALL_START, ScriptedIdentifiers

from wattgate.core.load.demand import EvseView
from wattgate.core.load.ledger import Ledger, Position
from wattgate.core.load.sensing import Draw
from wattgate.core.site.model import GridMeterSource, Site, SiteSettings
from wattgate.core.units import PHASES, PhaseTriple
from wattgate.ports.evse import EvseReading
from wattgate.runtime.grid_meter import Freshness, GridMeter, MeterState
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

    def left_a(self, *evses: EvseReading, ledger: Ledger | None = None) -> PhaseTriple:
        return self.meter.for_charging_a(evses, ledger or told(16.0), self.now)


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
