import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.load.house import (
    FORGOTTEN_S,
    SAME_TIME_S,
    WINDOW_S,
    LoadWindow,
    MeterSample,
    assumed_load_a,
    circuit_limit_a,
    house_load_a,
    is_stale,
    smallest_plausible,
)
from wattgate.core.load.sensing import Draw
from wattgate.core.units import PHASES, PhaseTriple

NOTHING = (0.0, 0.0, 0.0)


def drawing(current_a: float, at: float = 100.0) -> Draw:
    return Draw(at, current_a, current_a, (current_a, current_a, current_a))


@pytest.mark.parametrize(
    ("age_s", "period_s", "stale"),
    [
        (5.0, 1.0, False),
        (5.1, 1.0, True),
        (15.0, 5.0, False),
        (15.1, 5.0, True),
        (29.0, 10.0, False),
        (31.0, 10.0, True),
    ],
)
def test_a_reading_is_too_old_after_three_periods_of_its_meter(
    age_s: float, period_s: float, stale: bool
) -> None:
    assert is_stale(MeterSample(100.0, NOTHING), 100.0 + age_s, period_s) is stale


@pytest.mark.parametrize(
    ("draw", "offered_low_a", "least_a"),
    [
        pytest.param(None, 16.0, 0.0, id="never measured"),
        pytest.param(drawing(10.0), 16.0, 10.0, id="less than it may"),
        pytest.param(drawing(16.0), 6.0, 6.0, id="reduced since it was measured"),
        pytest.param(drawing(16.0), 0.0, 0.0, id="paused since it was measured"),
        pytest.param(drawing(10.0, 100 - SAME_TIME_S - 1), 16.0, 10.0, id="measured long ago"),
        pytest.param(drawing(10.0, 100 - FORGOTTEN_S - 1), 16.0, 0.0, id="forgotten"),
        pytest.param(drawing(16.0), None, 16.0, id="does not follow"),
        pytest.param(drawing(16.0, 100 - SAME_TIME_S - 1), None, 0.0, id="followed since, maybe"),
        pytest.param(drawing(16.0, 100 + SAME_TIME_S + 1), None, 0.0, id="measured later"),
        pytest.param(Draw(100.0, 10.0, 10.0), 16.0, 0.0, id="nobody knows on which phase"),
        pytest.param(
            Draw(100.0, 10.0, 10.0, everywhere_a=9.0), 16.0, 9.0, id="three, nobody knows which"
        ),
    ],
)
def test_the_least_an_evse_drew_is_what_it_certainly_did(
    draw: Draw | None, offered_low_a: float | None, least_a: float
) -> None:
    expected = (least_a, least_a, least_a)
    assert smallest_plausible(draw, 100.0, offered_low_a) == expected


def test_each_phase_of_an_evse_is_capped_by_itself() -> None:
    draw = Draw(100.0, 16.0, 16.0, (0.0, 16.0, 4.0))
    assert smallest_plausible(draw, 100.0, 10.0) == (0.0, 10.0, 4.0)


def test_a_car_that_has_not_followed_its_raise_yet_hides_no_house_load() -> None:
    """The example of the design: total 50 A, drawn 10 A, offered 16 A, fuse 63 A.

    With the 16 A the house would seem to draw 34 A, the EVSE would get 29 A, and the fuse 69 A.
    """
    sample = MeterSample(100.0, (50.0, 50.0, 50.0))
    house_a = house_load_a(sample, [smallest_plausible(drawing(10.0), 100.0, 16.0)])
    assert house_a == (40.0, 40.0, 40.0)
    assert circuit_limit_a(63.0, 0.0, house_a) == (23.0, 23.0, 23.0)


def test_the_house_is_counted_phase_by_phase() -> None:
    sample = MeterSample(100.0, (30.0, 20.0, 10.0))
    assert house_load_a(sample, [(16.0, 0.0, 0.0), (6.0, 6.0, 0.0)]) == (8.0, 14.0, 10.0)


def test_what_a_solar_plant_feeds_in_is_no_promise() -> None:
    sample = MeterSample(100.0, (-20.0, 5.0, 5.0))
    assert house_load_a(sample, [(0.0, 10.0, 0.0)]) == (0.0, 0.0, 5.0)


@pytest.mark.parametrize(
    ("told_a", "last_a", "assumed_a"),
    [
        (20.0, None, (20.0, 20.0, 20.0)),
        (20.0, (5.0, 20.0, 35.0), (20.0, 20.0, 35.0)),
    ],
)
def test_a_meter_that_falls_silent_raises_nobody(
    told_a: float, last_a: PhaseTriple | None, assumed_a: PhaseTriple
) -> None:
    assert assumed_load_a(told_a, last_a) == assumed_a


WINDOW = LoadWindow().seen(0.0, (10.0, 5.0, 5.0)).seen(4.0, (5.0, 20.0, 5.0))


@pytest.mark.parametrize(
    ("window", "now", "highest_a"),
    [
        pytest.param(LoadWindow(), 0.0, None, id="never read"),
        pytest.param(WINDOW, 4.0, (10.0, 20.0, 5.0), id="more counts at once, phase by phase"),
        pytest.param(WINDOW, 13.9, (10.0, 20.0, 5.0), id="less than 10 s of calm"),
        pytest.param(WINDOW, 14.0, (5.0, 20.0, 5.0), id="10 s after a lower reading"),
        pytest.param(WINDOW, 900.0, (5.0, 20.0, 5.0), id="the last one, however old"),
        pytest.param(WINDOW.seen(20.0, NOTHING), 24.0, (5.0, 20.0, 5.0), id="of a slow meter"),
    ],
)
def test_more_load_counts_at_once_and_less_after_10_s_of_calm(
    window: LoadWindow, now: float, highest_a: PhaseTriple | None
) -> None:
    assert window.highest_a(now) == highest_a


def test_a_window_forgets_what_counts_no_more() -> None:
    window = LoadWindow()
    for second in range(1000):
        window = window.seen(float(second), NOTHING)
    assert len(window.loads) <= WINDOW_S + 1


@given(st.lists(st.tuples(st.floats(0.1, 20), st.integers(0, 80).map(float)), min_size=1))
def test_p1_a_window_never_counts_less_than_the_last_reading(
    readings: list[tuple[float, float]],
) -> None:
    window, now = LoadWindow(), 0.0
    for later_s, load_a in readings:
        now += later_s
        window = window.seen(now, (load_a, load_a, load_a))
        highest_a = window.highest_a(now)
        assert highest_a is not None
        assert min(highest_a) >= load_a


def test_the_reserve_is_kept_free_and_an_overload_is_negative() -> None:
    assert circuit_limit_a(63.0, 3.0, (20.0, 60.0, 70.0)) == (40.0, 0.0, -10.0)


amps = st.integers(0, 80).map(float)
triples = st.tuples(amps, amps, amps)
evses = st.lists(st.tuples(triples, triples, st.none() | amps, st.integers(-400, 400)))


@given(triples, evses)
def test_p1_the_house_is_never_underestimated_while_each_evse_draws_its_least(
    house_a: PhaseTriple,
    evses: list[tuple[PhaseTriple, PhaseTriple, float | None, int]],
) -> None:
    least_a: list[PhaseTriple] = []
    total_a = list(house_a)
    for measured_a, more_a, offered_low_a, age_s in evses:
        most_a = max(measured_a)
        draw = Draw(100.0 + age_s, most_a, most_a, measured_a)
        least_a.append(smallest_plausible(draw, 100.0, offered_low_a))
        for phase in PHASES:
            total_a[phase] += least_a[-1][phase] + more_a[phase]
    sample = MeterSample(100.0, (total_a[0], total_a[1], total_a[2]))
    counted_a = house_load_a(sample, least_a)
    assert all(counted_a[phase] >= house_a[phase] for phase in PHASES)
