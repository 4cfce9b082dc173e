from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.charging.terms import Terms
from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.profiles import RateUnit
from wattgate.core.units import NOMINAL_V

NOW = datetime(2026, 5, 15, 14, 25, tzinfo=UTC)
TERMS = Terms(13.2, 0.0, lifetime_s=900, wall_now=NOW, phases=3, connector=1)
STEPS_A = (6.0, 8.0, 10.0, 13.0, 16.0)


@pytest.mark.parametrize(
    ("unit", "phases", "current_a", "expected"),
    [
        (RateUnit.A, 3, 16.29, 16.2),
        (RateUnit.A, 3, 16.3, 16.3),
        (RateUnit.A, 3, 5.99, 0.0),
        (RateUnit.A, 3, 6.0, 6.0),
        (RateUnit.A, 3, 0.0, 0.0),
        (RateUnit.A, 1, 8.1, 8.1),
        (RateUnit.W, 3, 16.0, 11040.0),
        (RateUnit.W, 1, 16.0, 3680.0),
        (RateUnit.W, 2, 6.6, 3036.0),
        (RateUnit.W, 3, 10.3, 7107.0),
        (RateUnit.W, 3, 5.9, 0.0),
    ],
)
def test_a_limit_is_cut_to_what_can_be_sent_and_charged_with(
    unit: RateUnit, phases: int, current_a: float, expected: float
) -> None:
    """R95: one decimal, down; W at 230 V and numberPhases. R100b: never 0 < I < 6 A."""
    assert replace(TERMS, phases=phases).limit(current_a, unit) == expected


@pytest.mark.parametrize(
    ("step_a", "steps_a", "current_a", "expected_a"),
    [
        (1.0, (), 16.9, 16.0),
        (1.0, (), 7.0, 7.0),
        (1.0, (), 5.9, 0.0),
        (0.5, (), 6.4, 6.0),
        (0.5, (), 6.5, 6.5),
        (4.0, (), 7.9, 0.0),
        (0.1, STEPS_A, 32.0, 16.0),
        (0.1, STEPS_A, 15.9, 13.0),
        (0.1, STEPS_A, 10.0, 10.0),
        (0.1, STEPS_A, 7.9, 6.0),
        (0.1, STEPS_A, 5.9, 0.0),
    ],
)
def test_a_limit_is_cut_down_to_a_step_that_the_wallbox_knows(
    step_a: float, steps_a: tuple[float, ...], current_a: float, expected_a: float
) -> None:
    """R95: some have no tenths, some a few currents only."""
    terms = replace(TERMS, step_a=step_a, steps_a=steps_a)
    assert terms.limit(current_a, RateUnit.A) == expected_a


@given(
    st.floats(0, 500),
    st.sampled_from(RateUnit),
    st.integers(1, 3),
    st.sampled_from([0.1, 0.5, 1.0, 2.0]),
    st.sampled_from([(), STEPS_A]),
)
def test_a_limit_never_allows_more_than_the_current_nor_less_than_a_car_can_use(
    current_a: float, unit: RateUnit, phases: int, step_a: float, steps_a: tuple[float, ...]
) -> None:
    """R95, R100b; a binary remainder below a ten-millionth does not count."""
    terms = replace(TERMS, phases=phases, step_a=step_a, steps_a=steps_a)
    limit = terms.limit(current_a, unit)
    limit_a = limit if unit is RateUnit.A else limit / (NOMINAL_V * phases)
    assert limit_a <= current_a + 1e-6
    assert limit_a == 0 or limit_a >= 6.0
    assert limit == round(limit, 1)


@pytest.mark.parametrize("lifetime_s", [0, 59, 3601])
def test_a_lifetime_outside_its_range_is_our_own_mistake(lifetime_s: int) -> None:
    with pytest.raises(LocalUsageError, match=f"60 to 3600 s, not {lifetime_s}"):
        replace(TERMS, lifetime_s=lifetime_s)


def test_a_time_without_a_zone_is_our_own_mistake() -> None:
    with pytest.raises(LocalUsageError, match="needs a zone"):
        replace(TERMS, wall_now=datetime(2026, 5, 15, 14, 25))  # noqa: DTZ001 - what is refused
