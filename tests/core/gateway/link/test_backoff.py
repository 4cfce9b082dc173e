import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.link.backoff import Backoff

FRACTION = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("failures", "fraction", "wait_s"),
    [
        (1, 0.0, 10.0),
        (1, 0.5, 15.0),
        (2, 0.0, 20.0),
        (3, 0.5, 45.0),
        (6, 0.0, 320.0),
        (7, 0.0, 320.0),
        (10_000, 0.5, 325.0),
        (0, 0.0, 10.0),
    ],
)
def test_the_wait_doubles_five_times_and_then_stays_r29(
    failures: int, fraction: float, wait_s: float
) -> None:
    assert Backoff().wait_s(failures, fraction) == wait_s


@given(
    st.floats(0, 100),
    st.floats(0, 100),
    st.integers(0, 10),
    st.integers(0, 10_000),
    FRACTION,
)
def test_with_equal_luck_a_wait_never_shrinks_and_stays_within_bounds_r29(
    minimum_s: float, range_s: float, doublings: int, failures: int, fraction: float
) -> None:
    backoff = Backoff(minimum_s, range_s, doublings)
    wait_s = backoff.wait_s(failures, fraction)
    assert minimum_s <= wait_s <= minimum_s * 2**doublings + range_s
    assert wait_s <= backoff.wait_s(failures + 1, fraction)


@given(st.integers(1, 5), FRACTION, FRACTION)
def test_until_the_last_doubling_luck_never_makes_a_wait_shorter_than_the_one_before_r29(
    failures: int, luck: float, later_luck: float
) -> None:
    backoff = Backoff()
    assert backoff.wait_s(failures, luck) <= backoff.wait_s(failures + 1, later_luck)
