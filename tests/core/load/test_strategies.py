import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.strategies import (
    ChargingKeys,
    ProfileToSet,
    Strategy,
    Terms,
    choose,
    profile_ids,
    profiles_for,
    rate_unit,
)
from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import RateUnit, Running
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.units import chargeable

NOW = datetime(2026, 5, 15, 14, 25, tzinfo=UTC)
TERMS = Terms(13.2, 0.0, lifetime_s=900, wall_now=NOW, phases=3, connector=1)
TRANSACTION = Running(7, NOW - timedelta(minutes=20))
ONE_SECOND = timedelta(seconds=1)

TWO, BESIDE, SINGLE = Strategy.TWO_PERIODS, Strategy.STANDING_AND_GRANT, Strategy.SINGLE_VALUE


@pytest.mark.parametrize(
    ("max_stack_level", "max_profiles", "max_periods", "expected"),
    [
        (None, None, None, TWO),
        (0, 1, None, TWO),
        (0, 1, 2, TWO),
        (99, 10, 24, TWO),
        (1, 2, 1, BESIDE),
        (99, 10, 1, BESIDE),
        (0, 2, 1, SINGLE),
        (1, 1, 1, SINGLE),
        (None, 2, 1, SINGLE),
        (1, None, 1, SINGLE),
        (0, 0, 0, SINGLE),
    ],
)
def test_the_strategy_is_the_best_that_the_wallbox_says_it_can(
    max_stack_level: int | None,
    max_profiles: int | None,
    max_periods: int | None,
    expected: Strategy,
) -> None:
    """R100"""
    assert choose(ChargingKeys(max_stack_level, max_profiles, max_periods)) is expected


@pytest.mark.parametrize(
    ("rate_units", "expected"),
    [
        (None, RateUnit.A),
        ("", RateUnit.A),
        ("Current", RateUnit.A),
        ("Current,Power", RateUnit.A),
        ("Power, Current", RateUnit.A),
        ("A,W", RateUnit.A),
        ("Power", RateUnit.W),
        (" power ", RateUnit.W),
        ("W", RateUnit.W),
        ("horses", RateUnit.A),
    ],
)
def test_power_is_spoken_only_where_current_is_not_understood(
    rate_units: str | None, expected: RateUnit
) -> None:
    """R95: `Current` and `Power` by the specification, `A` and `W` in the field."""
    assert rate_unit(ChargingKeys(rate_units=rate_units)) is expected


def test_only_a_grant_that_expires_earns_credit_for_a_silent_wallbox() -> None:
    """R100a"""
    assert [strategy for strategy in Strategy if strategy.expires] == [TWO, BESIDE]


def test_two_periods_are_one_profile_as_the_rules_show_it() -> None:
    """R100, its example to the letter."""
    (only,) = profiles_for(TWO, TERMS)
    assert only.connector == 1
    assert not only.once
    assert json.loads(only.profile_text) == {
        "chargingProfileId": 9101,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": "2026-05-15T13:25:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 13.2, "numberPhases": 3},
                {"startPeriod": 4500, "limit": 0.0, "numberPhases": 3},
            ],
        },
    }


def test_standing_and_grant_are_two_profiles_of_which_the_grant_is_above_and_ends() -> None:
    """R100"""
    standing, grant = profiles_for(BESIDE, replace(TERMS, standing_a=6.0, connector=2))
    below, above = parse_profile(standing.profile_text), parse_profile(grant.profile_text)
    assert (standing.connector, grant.connector) == (2, 2)
    assert (standing.once, grant.once) == (True, False)
    assert (below.profile_id, above.profile_id) == profile_ids(2) == (9111, 9112)
    assert (below.stack_level, above.stack_level) == (0, 1)
    assert (below.schedule.duration_s, above.schedule.duration_s) == (None, 4500)
    assert (below.schedule.periods[0].limit, above.schedule.periods[0].limit) == (6.0, 13.2)


def test_a_single_value_is_one_period_for_ever() -> None:
    (only,) = profiles_for(SINGLE, TERMS)
    schedule = parse_profile(only.profile_text).schedule
    assert [period.limit for period in schedule.periods] == [13.2]
    assert schedule.duration_s is None


@pytest.mark.parametrize(
    ("unit", "phases", "current_a", "expected"),
    [
        (RateUnit.A, 3, 16.29, 16.2),
        (RateUnit.A, 3, 16.3, 16.3),
        (RateUnit.A, 3, 5.99, 0.0),
        (RateUnit.A, 3, 6.0, 6.0),
        (RateUnit.A, 1, 8.1, 8.1),
        (RateUnit.W, 3, 16.0, 11040.0),
        (RateUnit.W, 1, 16.0, 3680.0),
        (RateUnit.W, 2, 6.6, 3036.0),
        (RateUnit.W, 3, 10.3, 7107.0),
        (RateUnit.W, 3, 5.9, 0.0),
    ],
)
@pytest.mark.parametrize("strategy", Strategy)
def test_a_limit_is_cut_to_what_can_be_sent_and_charged_with(
    strategy: Strategy, unit: RateUnit, phases: int, current_a: float, expected: float
) -> None:
    """R95: one decimal, down; W at 230 V and numberPhases. R100b: never 0 < I < 6 A."""
    terms = replace(TERMS, grant_a=current_a, unit=unit, phases=phases)
    schedule = parse_profile(profiles_for(strategy, terms)[-1].profile_text).schedule
    assert schedule.unit is unit
    assert schedule.periods[0].limit == expected
    assert all(period.phases == phases for period in schedule.periods)


def test_a_time_is_said_in_utc_and_whole_seconds() -> None:
    local = NOW.replace(microsecond=999_999).astimezone(timezone(timedelta(hours=2)))
    assert profiles_for(TWO, replace(TERMS, wall_now=local)) == profiles_for(TWO, TERMS)


@pytest.mark.parametrize("lifetime_s", [0, 59, 3601])
def test_a_lifetime_outside_its_range_is_our_own_mistake(lifetime_s: int) -> None:
    with pytest.raises(LocalUsageError, match=f"60 to 3600 s, not {lifetime_s}"):
        replace(TERMS, lifetime_s=lifetime_s)


def test_a_time_without_a_zone_is_our_own_mistake() -> None:
    with pytest.raises(LocalUsageError, match="needs a zone"):
        replace(TERMS, wall_now=datetime(2026, 5, 15, 14, 25))  # noqa: DTZ001 - what is refused


def installed(stack: ProfileStack, profiles: tuple[ProfileToSet, ...]) -> ProfileStack:
    """What a wallbox has after it accepted the profiles."""
    for profile in profiles:
        stack = stack.installed(profile.connector, parse_profile(profile.profile_text))
    return stack


def limit_a(stack: ProfileStack, at: datetime, phases: int = 3) -> float | None:
    return stack.limit_at(1, at, TRANSACTION, phases)


@pytest.mark.parametrize("standing_a", [0.0, 6.0])
@pytest.mark.parametrize("strategy", [TWO, BESIDE])
def test_a_grant_holds_from_now_until_it_expires_by_itself(
    strategy: Strategy, standing_a: float
) -> None:
    stack = installed(ProfileStack(), profiles_for(strategy, replace(TERMS, standing_a=standing_a)))
    ends_at = NOW + timedelta(seconds=900)
    assert limit_a(stack, NOW) == 13.2
    assert limit_a(stack, ends_at - ONE_SECOND) == 13.2
    assert limit_a(stack, ends_at) == standing_a
    assert limit_a(stack, ends_at + timedelta(days=400)) == standing_a


@pytest.mark.parametrize("clock_off", [timedelta(minutes=-5), timedelta(minutes=5)])
@pytest.mark.parametrize("strategy", [TWO, BESIDE])
def test_a_wallbox_clock_that_is_off_neither_delays_a_grant_nor_ends_it_at_once(
    strategy: Strategy, clock_off: timedelta
) -> None:
    """R100: the end is off by as much as the clock, the start not at all."""
    stack = installed(ProfileStack(), profiles_for(strategy, TERMS))
    ends_at = NOW + timedelta(seconds=900) - clock_off
    assert limit_a(stack, NOW + clock_off) == 13.2
    assert limit_a(stack, ends_at - ONE_SECOND + clock_off) == 13.2
    assert limit_a(stack, ends_at + clock_off) == 0.0


@pytest.mark.parametrize("strategy", [TWO, BESIDE])
def test_a_grant_by_the_clock_of_the_wallbox_ends_exactly(strategy: Strategy) -> None:
    """R48: the offset is measured, so the time of the grant can be the wallbox's own."""
    own_now = NOW + timedelta(minutes=5)
    stack = installed(ProfileStack(), profiles_for(strategy, replace(TERMS, wall_now=own_now)))
    assert limit_a(stack, own_now + timedelta(seconds=899)) == 13.2
    assert limit_a(stack, own_now + timedelta(seconds=900)) == 0.0


@pytest.mark.parametrize("strategy", Strategy)
def test_without_a_grant_the_standing_current_holds_at_once_even_over_an_earlier_grant(
    strategy: Strategy,
) -> None:
    later = NOW + timedelta(minutes=1)
    ended = replace(TERMS, grant_a=None, standing_a=6.0, wall_now=later)
    stack = installed(ProfileStack(), profiles_for(strategy, TERMS))
    for at in (later, later + timedelta(hours=2)):
        assert limit_a(installed(stack, profiles_for(strategy, ended)), at) == 6.0
        assert limit_a(installed(ProfileStack(), profiles_for(strategy, ended)), at) == 6.0


@given(
    st.sampled_from(Strategy),
    st.lists(st.tuples(st.floats(0, 80), st.integers(60, 3600)), min_size=1, max_size=5),
    st.sampled_from(RateUnit),
    st.integers(1, 3),
)
def test_the_newest_grant_is_what_holds_until_it_expires(
    strategy: Strategy, grants: list[tuple[float, int]], unit: RateUnit, phases: int
) -> None:
    stack = ProfileStack()
    for minute, (grant_a, lifetime_s) in enumerate(grants):
        now = NOW + timedelta(minutes=minute)
        terms = Terms(grant_a, 0.0, lifetime_s, now, phases, connector=1, unit=unit)
        stack = installed(stack, profiles_for(strategy, terms))
        holds_a = limit_a(stack, now, phases)
        assert holds_a == pytest.approx(chargeable(grant_a), abs=1e-6)
        if strategy.expires:
            assert limit_a(stack, now + timedelta(seconds=lifetime_s), phases) == 0
