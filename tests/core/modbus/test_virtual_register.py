"""The billed register only rises, by what can have been drawn (R109)."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.modbus.virtual_register import Look, VirtualRegister

MOST_W = 11_040.0


def look(at_s: float, counter_wh: float | None, power_w: float | None = None) -> Look:
    return Look(at_s, counter_wh, power_w, MOST_W)


def counted(*looks: Look) -> list[float]:
    register, totals = VirtualRegister(), []
    for each in looks:
        register = register.after(each)
        totals.append(register.total_wh)
    return totals


@pytest.mark.parametrize(
    ("counters", "totals"),
    [
        pytest.param([5000, 5010, 5020], [5000, 5010, 5020], id="it shows what the meter shows"),
        pytest.param([5000, 0, 5010], [5000, 5000, 5010], id="0 after a start says nothing"),
        pytest.param([5000, 12, 20], [5000, 5012, 5020], id="a counter that fell began anew"),
        pytest.param([0, 5000, 5010], [0, 0, 10], id="0 at first, then what nobody can have drawn"),
        pytest.param([0, 40, 50], [0, 40, 50], id="a new meter"),
        pytest.param([5000, 900_000, 5010], [5000, 5000, 5000], id="a wrong reading between two"),
        pytest.param([5000, 4999, 5010], [5000, 5000, 5011], id="a counter that ticks back"),
        pytest.param([5000, 700_000, 700_010], [5000, 5000, 5010], id="another meter"),
    ],
)
def test_the_register_never_falls_and_counts_what_the_counter_counts_r109(
    counters: Sequence[float], totals: Sequence[float]
) -> None:
    looks = [look(10.0 * place, counter) for place, counter in enumerate(counters)]
    assert counted(*looks) == totals


def test_what_was_drawn_while_nobody_looked_counts_as_far_as_it_can_have_been_r109() -> None:
    assert counted(look(0, 5000), look(7200, 25_000)) == [5000, 25_000]
    assert counted(look(0, 5000), look(7200, 50_000)) == [5000, 5000]


def test_a_start_that_reads_0_does_not_lose_what_was_drawn_before_it_r109() -> None:
    assert counted(look(0, 5000), look(3600, 0), look(3610, 14_000)) == [5000, 5000, 14_000]


def test_a_clock_that_was_set_back_loses_nothing() -> None:
    assert counted(look(1000, 5000), look(10, 9000)) == [5000, 9000]


def test_without_a_counter_power_times_time_counts_r109() -> None:
    powers = [look(0, None, 3600), look(10, None, 7200), look(20, None, 0), look(30, None, 0)]
    assert counted(*powers) == [0, 10, 30, 30]


def test_a_power_is_not_believed_for_longer_than_a_minute_r109() -> None:
    assert counted(look(0, None, 3600), look(5000, None, 3600)) == [0, 60]


def test_a_power_that_is_not_told_is_none() -> None:
    assert counted(look(0, None, None), look(10, None, None)) == [0, 0]


@given(
    st.lists(
        st.tuples(
            st.floats(-100, 1000),
            st.none() | st.floats(-10, 1e9),
            st.none() | st.floats(0, 12_000),
        ),
        max_size=30,
    )
)
def test_whatever_a_wallbox_says_the_register_never_falls_r109(
    looks: list[tuple[float, float | None, float | None]],
) -> None:
    at_s, every = 0.0, []
    for step_s, counter_wh, power_w in looks:
        at_s += step_s
        every.append(look(at_s, counter_wh, power_w))
    totals = counted(*every)
    assert totals == sorted(totals)
