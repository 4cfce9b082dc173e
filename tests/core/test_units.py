import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.units import MIN_CHARGE_A, PHASES, chargeable, tenths_down

currents = st.floats(0, 10_000)


@pytest.mark.parametrize(
    ("current_a", "expected_a"),
    [
        (0.0, 0.0),
        (0.09, 0.0),
        (16.0, 16.0),
        (16.29, 16.2),
        (16.3, 16.3),  # stored as 16.300000000000000710…
        (0.1 + 0.2, 0.3),  # stored a little above
        (32.1 - 16.0, 16.1),  # stored a little below: the tenth is not lost
        (-0.05, -0.1),
    ],
)
def test_r95_currents_round_down_to_tenths(current_a: float, expected_a: float) -> None:
    assert tenths_down(current_a) == expected_a


@given(currents)
def test_r95_rounding_never_adds_and_costs_less_than_a_tenth(current_a: float) -> None:
    rounded_a = tenths_down(current_a)
    assert rounded_a - 1e-6 <= current_a < rounded_a + 0.1 + 1e-9


@given(currents)
def test_r95_rounding_twice_is_rounding_once(current_a: float) -> None:
    assert tenths_down(tenths_down(current_a)) == tenths_down(current_a)


@pytest.mark.parametrize(
    ("current_a", "expected_a"),
    [(0.0, 0.0), (5.99, 0.0), (6.0, 6.0), (6.09, 6.0), (32.0, 32.0), (-1.0, 0.0)],
)
def test_r100b_less_than_six_amperes_is_a_pause(current_a: float, expected_a: float) -> None:
    assert chargeable(current_a) == expected_a


@given(currents)
def test_r100b_nothing_between_zero_and_six_amperes_is_ever_offered(current_a: float) -> None:
    offered_a = chargeable(current_a)
    assert offered_a == 0 or offered_a >= MIN_CHARGE_A


def test_there_are_three_phases_counted_from_zero() -> None:
    assert PHASES == (0, 1, 2)
