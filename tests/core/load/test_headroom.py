"""The range that one reading of the grid meter leaves for the house, and what is believed of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.load.headroom import (
    HouseBelief,
    HouseRange,
    Plausible,
    house_range,
    is_steady,
    on_phases,
)
from wattgate.core.load.house import FORGOTTEN_S, WINDOW_S, MeterSample
from wattgate.core.load.sensing import Draw
from wattgate.core.units import PHASES, PhaseTriple

USABLE_A = 60.0


def each(current_a: float) -> PhaseTriple:
    return (current_a, current_a, current_a)


def drawing(current_a: float, at: float = 100.0) -> Draw:
    return Draw(at, current_a, current_a, each(current_a))


def ranged(low_a: float, likely_a: float, high_a: float) -> HouseRange:
    return HouseRange(each(low_a), each(likely_a), each(high_a))


def believed(*readings: tuple[float, float, HouseRange]) -> list[float]:
    """What is believed on L1 after each reading: (time, A in total, range)."""
    belief, loads_a = HouseBelief(), []
    for at, total_a, house in readings:
        belief = belief.seen(MeterSample(at, each(total_a)), house, USABLE_A)
        assert belief.strict.last_a == house.high_a
        assert belief.lenient.last_a is not None
        loads_a.append(belief.lenient.last_a[0])
    return loads_a


def test_an_evse_counts_on_its_phases_only() -> None:
    assert on_phases(16.0, {0, 2}) == (16.0, 0.0, 16.0)


def test_a_reading_leaves_a_range_as_wide_as_what_the_evses_may_have_drawn() -> None:
    drawn = [
        Plausible(each(0.0), each(16.0), each(16.0)),
        Plausible(each(10.0), each(10.0), each(16.0)),
    ]
    assert house_range(MeterSample(0.0, each(50.0)), drawn) == ranged(18.0, 24.0, 40.0)


@pytest.mark.parametrize(
    ("house", "loads_a"),
    [
        pytest.param(ranged(5.0, 5.0, 40.0), [20.0, 20.0], id="possible still: it stays"),
        pytest.param(ranged(25.0, 25.0, 40.0), [20.0, 25.0], id="more than was believed"),
        pytest.param(ranged(0.0, 0.0, 15.0), [20.0, 15.0], id="less than was believed"),
    ],
)
def test_a_doubtful_reading_changes_no_more_than_it_has_to(
    house: HouseRange, loads_a: list[float]
) -> None:
    first = ranged(0.0, 0.0, 20.0)
    assert believed((0.0, 50.0, first), (5.0, USABLE_A, house)) == loads_a


def test_a_full_connection_is_believed_to_be_so_by_what_is_likely_and_then_by_the_highest() -> None:
    first, house = ranged(0.0, 0.0, 20.0), ranged(10.0, 30.0, 45.0)
    full = [(at, USABLE_A + 1, house) for at in (5.0, 5.0 + WINDOW_S - 1, 5.0 + WINDOW_S)]
    assert believed((0.0, 50.0, first), *full) == [20.0, 30.0, 30.0, 45.0]


def test_a_connection_that_is_full_for_moments_only_is_never_believed_at_its_highest() -> None:
    house = ranged(10.0, 20.0, 45.0)
    readings = [(at, USABLE_A + at % 2, house) for at in (1.0, 8.0, 15.0)]
    assert believed((0.0, 50.0, ranged(0.0, 0.0, 20.0)), *readings) == [20.0] * 4


def test_the_phases_are_judged_each_by_itself() -> None:
    belief = HouseBelief().assuming(0.0, each(20.0), each(30.0))
    sample = MeterSample(5.0, (USABLE_A + 1, 40.0, 40.0))
    house = HouseRange((0.0, 0.0, 22.0), each(25.0), each(35.0))
    assert belief.seen(sample, house, USABLE_A).lenient.last_a == (25.0, 20.0, 22.0)


def test_what_was_assumed_in_a_silence_counts_on() -> None:
    belief = HouseBelief().assuming(0.0, each(20.0), each(30.0))
    assert (belief.lenient.last_a, belief.strict.last_a) == (each(20.0), each(30.0))


@pytest.mark.parametrize(
    ("draw", "offered_low_a", "now_a", "late_a", "steady"),
    [
        pytest.param(drawing(10.0), 16.0, 16.0, 16.0, True, id="measured under its limit"),
        pytest.param(None, 16.0, 16.0, 16.0, False, id="never measured"),
        pytest.param(Draw(100.0, 9.0, 9.0), 16.0, 16.0, 16.0, False, id="on unknown phases"),
        pytest.param(drawing(6.0), 6.0, 16.0, 16.0, False, id="raised since"),
        pytest.param(drawing(16.0), None, 16.0, 16.0, False, id="its limit is in doubt"),
        pytest.param(drawing(16.0), 6.0, 6.0, 16.0, False, id="just lowered"),
        pytest.param(drawing(6.0), 6.0, 6.0, 16.0, True, id="just lowered, and it follows"),
        pytest.param(drawing(16.0), 6.0, 6.0, 6.0, True, id="lowered some time ago"),
        pytest.param(drawing(9.0, 99 - FORGOTTEN_S), 16.0, 16.0, 16.0, False, id="forgotten"),
    ],
)
def test_an_evse_likely_draws_what_it_drew_under_the_limit_that_it_has(
    draw: Draw | None, offered_low_a: float | None, now_a: float, late_a: float, steady: bool
) -> None:
    assert is_steady(draw, 100.0, offered_low_a, now_a, late_a) is steady


amps = st.integers(0, 80).map(float)
figures = st.tuples(amps, amps, amps).map(sorted).map(lambda a: ranged(*a))
readings = st.lists(st.tuples(st.floats(0.1, 20), amps, figures), min_size=1)


@given(readings)
def test_p1_what_is_believed_lies_in_the_range_of_the_last_reading(
    readings: list[tuple[float, float, HouseRange]],
) -> None:
    belief, now = HouseBelief(), 0.0
    for later_s, total_a, house in readings:
        now += later_s
        belief = belief.seen(MeterSample(now, each(total_a)), house, USABLE_A)
        load_a = belief.lenient.last_a
        assert load_a is not None
        assert all(house.low_a[p] <= load_a[p] <= house.high_a[p] for p in PHASES)
        strict_a, lenient_a = belief.strict.highest_a(now), belief.lenient.highest_a(now)
        assert strict_a is not None
        assert lenient_a is not None
        assert all(lenient_a[p] <= strict_a[p] for p in PHASES)
