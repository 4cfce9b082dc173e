"""The billed register only rises, by what can have been drawn (R109)."""

from collections.abc import Sequence
from dataclasses import replace

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
        pytest.param([5000, 4999, 5010], [5000, 5000, 5010], id="a counter that ticks back"),
        pytest.param([900, 890, 899, 901], [900, 900, 900, 901], id="a low one that ticks back"),
        pytest.param([900, 889, 890], [900, 1789, 1790], id="more than a tick is a new beginning"),
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


@pytest.mark.parametrize(
    ("seen_again_wh", "total_wh"),
    [
        pytest.param(5020, 5020, id="the counter has what was counted by power"),
        pytest.param(5050, 5050, id="the counter has more"),
        pytest.param(5015, 5020, id="the counter has less"),
        pytest.param(12, 5020, id="the counter has begun anew meanwhile"),
        pytest.param(30, 5030, id="the counter has begun anew, and has more"),
    ],
)
def test_what_was_counted_while_the_counter_was_not_seen_is_not_counted_twice_r109(
    seen_again_wh: float, total_wh: float
) -> None:
    looks = [look(0, 5000, 3600), look(10, None, 3600), look(20, None, 3600)]
    assert counted(*looks, look(20, seen_again_wh))[-1] == total_wh


def test_what_was_counted_too_much_is_taken_from_what_comes_r109() -> None:
    looks = [look(0, 5000, 3600), look(10, None, 3600), look(20, 5005), look(30, 5008)]
    assert counted(*looks, look(40, 5012)) == [5000, 5010, 5010, 5010, 5012]


def test_a_counter_that_was_long_not_seen_may_have_risen_all_the_while_r109() -> None:
    looks = [look(60 * minute, None) for minute in range(1, 120)]
    assert counted(look(0, 5000), *looks, look(7200, 25_000))[-1] == 25_000


def test_another_meter_only_counts_on_from_what_it_shows_r109() -> None:
    def exchanged(*counters_wh: float | None) -> list[float]:
        one, *others = [look(3600 * n, each) for n, each in enumerate(counters_wh, 1)]
        return counted(look(0, 5000), replace(one, is_another_meter=True), *others)

    assert exchanged(5500, 5600) == [5000, 5000, 5100]
    assert exchanged(40, 45) == [5000, 5000, 5005]
    assert exchanged(0, 7) == [5000, 5000, 5007]
    assert exchanged(None, None) == [5000, 5000, 5000]


def test_the_first_meter_is_no_other_one() -> None:
    first = replace(look(0, 5000), is_another_meter=True)
    assert counted(first, look(10, 5010)) == [5000, 5010]


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
