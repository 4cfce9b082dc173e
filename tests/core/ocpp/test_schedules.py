import itertools
import random
from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.charging_profiles import (
    NOON,
    a_profile,
    a_schedule,
    after_noon,
    entries,
    transactions,
)

from wattgate.core.ocpp.profiles import (
    Kind,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Recurrency,
    Running,
)
from wattgate.core.ocpp.schedules import ProfileStack, amperes

DAY_S = 86_400
RUNNING = Running(7, NOON)
MAX, DEFAULT, TX = Purpose.CHARGE_POINT_MAX, Purpose.TX_DEFAULT, Purpose.TX


def stack(*installed: tuple[int, Profile]) -> ProfileStack:
    result = ProfileStack()
    for connector, profile in installed:
        result = result.installed(connector, profile)
    return result


def ids(profiles: ProfileStack) -> list[int]:
    return sorted(profile.profile_id for _, profile in profiles.entries)


@pytest.mark.parametrize(
    ("connector", "profile", "left"),
    [
        (1, a_profile(profile_id=1, stack_level=5, purpose=TX), [1, 2]),
        (1, a_profile(profile_id=3, stack_level=0), [2, 3]),
        (2, a_profile(profile_id=3, stack_level=0), [1, 2, 3]),
        (1, a_profile(profile_id=3, stack_level=1), [1, 2, 3]),
        (1, a_profile(profile_id=3, stack_level=0, purpose=TX), [1, 2, 3]),
        (1, a_profile(profile_id=2, stack_level=0), [2]),
    ],
)
def test_a_profile_replaces_its_id_and_its_place_in_the_stack_r93(
    connector: int, profile: Profile, left: list[int]
) -> None:
    before = stack(
        (1, a_profile(profile_id=1)), (0, a_profile(profile_id=2, purpose=MAX, stack_level=0))
    )
    after = before.installed(connector, profile)
    assert ids(after) == left
    assert (connector, profile) in after.entries


FOUR = stack(
    (0, a_profile(profile_id=1, purpose=MAX)),
    (1, a_profile(profile_id=2)),
    (1, a_profile(profile_id=3, stack_level=1)),
    (2, a_profile(profile_id=4, stack_level=1)),
)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({}, []),
        ({"profile_id": 3}, [1, 2, 4]),
        ({"profile_id": 3, "connector": 9, "stack_level": 9, "purpose": TX}, [1, 2, 4]),
        ({"profile_id": 9}, [1, 2, 3, 4]),
        ({"connector": 1}, [1, 4]),
        ({"connector": 0}, [2, 3, 4]),
        ({"purpose": DEFAULT}, [1]),
        ({"stack_level": 1}, [1, 2]),
        ({"connector": 1, "stack_level": 1}, [1, 2, 4]),
        ({"connector": 1, "purpose": MAX}, [1, 2, 3, 4]),
    ],
)
def test_clearing_takes_what_matches_everything_given_and_an_id_alone_r98(
    what: dict[str, Any], left: list[int]
) -> None:
    after, gone = FOUR.cleared(**what)
    assert ids(after) == left
    assert gone == 4 - len(left)


@pytest.mark.parametrize(
    ("unit", "phases_said", "phases", "limit_a"),
    [
        (RateUnit.A, 1, 3, 6900.0),
        (RateUnit.W, None, 3, 10.0),
        (RateUnit.W, 3, 1, 10.0),
        (RateUnit.W, 1, 3, 30.0),
        (RateUnit.W, 2, 3, 15.0),
        (RateUnit.W, None, 1, 30.0),
    ],
)
def test_watts_are_shared_by_the_phases_at_the_nominal_voltage_r95(
    unit: RateUnit, phases_said: int | None, phases: int, limit_a: float
) -> None:
    assert amperes(Period(0, 6900.0, phases_said), unit, phases) == limit_a


@pytest.mark.parametrize(
    ("installed", "running", "limit_a"),
    [
        ([], RUNNING, None),
        ([(0, a_profile(20.0, purpose=MAX))], None, 20.0),
        ([(1, a_profile(20.0, purpose=MAX))], None, None),
        ([(0, a_profile(20.0))], None, 20.0),
        ([(0, a_profile(20.0)), (1, a_profile(25.0, profile_id=2))], None, 25.0),
        ([(0, a_profile(20.0, stack_level=9)), (1, a_profile(25.0, profile_id=2))], None, 25.0),
        ([(2, a_profile(20.0))], None, None),
        ([(1, a_profile(20.0, purpose=TX))], None, None),
        ([(1, a_profile(20.0, purpose=TX))], RUNNING, 20.0),
        ([(0, a_profile(20.0, purpose=TX))], RUNNING, None),
        ([(1, a_profile(20.0)), (1, a_profile(25.0, profile_id=2, purpose=TX))], RUNNING, 25.0),
        (
            [
                (1, a_profile(20.0)),
                (1, a_profile(25.0, profile_id=2, purpose=TX, transaction_id=8)),
            ],
            RUNNING,
            20.0,
        ),
        ([(0, a_profile(20.0, purpose=MAX)), (1, a_profile(10.0, profile_id=2))], None, 10.0),
        ([(0, a_profile(10.0, purpose=MAX)), (1, a_profile(20.0, profile_id=2))], None, 10.0),
        ([(1, a_profile(10.0)), (1, a_profile(20.0, profile_id=2, stack_level=1))], None, 20.0),
        (
            [
                (1, a_profile(10.0)),
                (1, a_profile(20.0, profile_id=2, stack_level=1, valid_to=NOON)),
            ],
            None,
            10.0,
        ),
    ],
)
def test_the_lower_of_the_purposes_counts_and_of_each_the_highest_level_r92(
    installed: list[tuple[int, Profile]], running: Running | None, limit_a: float | None
) -> None:
    assert stack(*installed).limit_at(1, NOON, running) == limit_a


def test_connector_0_is_limited_by_the_charge_point_max_profile_alone() -> None:
    both = stack((0, a_profile(10.0)), (0, a_profile(20.0, profile_id=2, purpose=MAX)))
    assert both.limit_at(0, NOON, None) == 20.0


NIGHTS = stack(
    (1, a_profile(10.0)),
    (
        1,
        a_profile(
            a_schedule((0, 32.0), (60, 16.0), start_at=NOON, duration_s=120),
            profile_id=2,
            stack_level=1,
            kind=Kind.RECURRING,
            recurrency=Recurrency.DAILY,
        ),
    ),
)


def test_a_gap_of_a_recurring_profile_falls_to_the_lower_level_r94() -> None:
    assert NIGHTS.composite(1, after_noon(30), DAY_S, None, unlimited_a=48.0) == (
        Period(0, 32.0),
        Period(30, 16.0),
        Period(90, 10.0),
        Period(DAY_S - 30, 32.0),
    )


def test_where_no_profile_says_anything_the_given_maximum_stands_r99() -> None:
    short = stack((1, a_profile(a_schedule((0, 10.0), start_at=after_noon(60), duration_s=60))))
    assert short.composite(1, NOON, 300, None, unlimited_a=32.0) == (
        Period(0, 32.0),
        Period(60, 10.0),
        Period(120, 32.0),
    )


def test_a_composite_never_states_more_than_the_given_maximum() -> None:
    generous = stack((1, a_profile(a_schedule((0, 48.0), (60, 40.0), (120, 10.0), start_at=NOON))))
    assert generous.composite(1, NOON, 300, None, unlimited_a=32.0) == (
        Period(0, 32.0),
        Period(120, 10.0),
    )


def test_a_composite_in_watts_counts_the_phases_that_were_asked_for() -> None:
    one = stack((1, a_profile(10.0)))
    composite = one.composite(1, NOON, 60, None, unlimited_a=32.0, unit=RateUnit.W, phases=1)
    assert composite == (Period(0, 2300.0),)


def test_a_composite_of_no_length_is_empty() -> None:
    assert stack().composite(1, NOON, 0, None, unlimited_a=32.0) == ()


def test_a_change_within_a_second_counts_from_the_next_whole_one() -> None:
    profile = a_profile(a_schedule((0, 10.0), (60, 16.0), start_at=NOON))
    assert stack((1, profile)).composite(1, after_noon(0.25), 300, None, unlimited_a=32.0) == (
        Period(0, 10.0),
        Period(60, 16.0),
    )


@pytest.mark.parametrize(
    ("at_s", "change_s"), [(-10, 0), (0, 60), (60, 120), (120, DAY_S), (9 * DAY_S + 5, 60)]
)
def test_the_next_change_of_a_daily_profile_is_found(at_s: int, change_s: int) -> None:
    expected = change_s + (9 * DAY_S if at_s > DAY_S else 0)
    assert NIGHTS.next_change(1, after_noon(at_s), None) == after_noon(expected)


def test_a_cycle_that_changes_nothing_hides_no_later_change() -> None:
    dull = a_profile(
        a_schedule((0, 10.0), (60, 10.0), start_at=NOON),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
    )
    assert stack((1, dull)).next_change(1, NOON, None) is None
    far = after_noon(20_000 * DAY_S)
    ending = a_profile(6.0, profile_id=2, stack_level=1, valid_from=far)
    assert stack((1, dull), (1, ending)).next_change(1, NOON, None) == far


def test_without_profiles_nothing_ever_changes() -> None:
    assert ProfileStack().next_change(1, NOON, RUNNING) is None


@given(entries, transactions, st.integers(-DAY_S, 9 * DAY_S), st.integers(1, 3 * DAY_S))
@settings(max_examples=60)
def test_the_composite_agrees_with_the_limit_at_every_sampled_instant(
    installed: list[tuple[int, Profile]], running: Running | None, start_s: int, length_s: int
) -> None:
    profiles = stack(*installed)
    start = after_noon(start_s)
    composite = profiles.composite(1, start, length_s, running, unlimited_a=inf)
    edges = {edge for period in composite for edge in (period.start_s - 1, period.start_s)}
    for at_s in {*edges, *range(0, length_s, 1 + length_s // 50)} - {-1}:
        stated = [period.limit for period in composite if period.start_s <= at_s][-1]
        limit_a = profiles.limit_at(1, start + timedelta(seconds=at_s), running)
        assert stated == (inf if limit_a is None else limit_a)
    assert all(a.limit != b.limit for a, b in itertools.pairwise(composite))


@given(entries, st.randoms(use_true_random=False))
def test_the_order_in_which_different_profiles_came_is_irrelevant(
    installed: list[tuple[int, Profile]], chance: random.Random
) -> None:
    different = list(stack(*installed).entries)
    shuffled = different.copy()
    chance.shuffle(shuffled)
    assert stack(*shuffled) == stack(*different)


@given(entries, transactions, st.integers(-DAY_S, 9 * DAY_S))
def test_the_limit_is_never_above_the_highest_charge_point_max_profile_that_speaks(
    installed: list[tuple[int, Profile]], running: Running | None, at_s: int
) -> None:
    profiles = stack(*installed)
    whole_a = profiles.limit_at(0, after_noon(at_s), running)
    limit_a = profiles.limit_at(1, after_noon(at_s), running)
    assert whole_a is None or (limit_a is not None and limit_a <= whole_a)


@given(entries, transactions, st.integers(-DAY_S, 9 * DAY_S))
def test_the_next_change_is_a_change_and_the_first(
    installed: list[tuple[int, Profile]], running: Running | None, at_s: int
) -> None:
    profiles = stack(*installed)
    at = after_noon(at_s)
    now_a = profiles.limit_at(1, at, running)
    change = profiles.next_change(1, at, running)
    if change is not None:
        assert change > at
        assert profiles.limit_at(1, change, running) != now_a
    horizon = min(change or after_noon(40 * DAY_S), after_noon(40 * DAY_S))
    for instant in instants_before(at, horizon):
        assert profiles.limit_at(1, instant, running) == now_a


def instants_before(start: datetime, end: datetime) -> list[datetime]:
    evenly = [start + (end - start) * part / 40 for part in range(40)]
    return [*evenly, end - timedelta(microseconds=1)] if end > start else []


UP_AND_DOWN = ((0, 0.0), (60, 16.0), (120, 8.0))


@pytest.mark.parametrize(
    ("profile", "at_s", "expected_a"),
    [
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON)), -10, 0.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON)), 59, 0.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON)), 60, 8.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON)), 10**9, 8.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON, duration_s=130)), 129, 8.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON, duration_s=130)), 130, None),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON), valid_to=after_noon(70)), 69, 8.0),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON), valid_to=after_noon(70)), 70, None),
        (a_profile(a_schedule(*UP_AND_DOWN), kind=Kind.RELATIVE), 10**9, 0.0),
        (
            a_profile(
                a_schedule(*UP_AND_DOWN, start_at=NOON),
                kind=Kind.RECURRING,
                recurrency=Recurrency.DAILY,
            ),
            10**9,
            0.0,
        ),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON), purpose=TX, transaction_id=8), 0, None),
        (a_profile(a_schedule(*UP_AND_DOWN, start_at=NOON), purpose=TX, transaction_id=7), 0, 0.0),
    ],
)
def test_the_least_ahead_is_of_what_may_still_come(
    profile: Profile, at_s: int, expected_a: float | None
) -> None:
    assert stack((1, profile)).least_ahead_a(1, after_noon(at_s), RUNNING) == expected_a


@given(entries, transactions, st.integers(-DAY_S, 9 * DAY_S))
def test_no_limit_ever_goes_below_what_was_the_least_ahead(
    installed: list[tuple[int, Profile]], running: Running | None, at_s: int
) -> None:
    profiles = stack(*installed)
    at = after_noon(at_s)
    ahead_a = profiles.least_ahead_a(1, at, running)
    for later_s in range(0, 12 * DAY_S, 20_000):
        limit_a = profiles.limit_at(1, at + timedelta(seconds=later_s), running)
        assert limit_a is None or (ahead_a is not None and ahead_a <= limit_a)
