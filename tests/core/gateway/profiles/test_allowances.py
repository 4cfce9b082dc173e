from math import inf

import pytest
from tests.support.charging_profiles import NOON, a_profile, a_schedule, after_noon

from wattgate.core.gateway.profiles.allowances import Allowance, cap_a, common_course, least_ahead_a
from wattgate.core.ocpp.profiles import Kind, Period, Profile, Purpose, RateUnit, Running
from wattgate.core.ocpp.schedules import ProfileStack


def allowance(*profiles: Profile, running: Running | None = None) -> Allowance:
    stack = ProfileStack()
    for profile in profiles:
        stack = stack.installed(1, profile)
    return Allowance(stack, running)


FALLING = a_profile(a_schedule((0, 20.0), (60, 10.0), start_at=NOON))
IN_WATTS = a_profile(a_schedule((0, 2760.0), (90, 1380.0), start_at=NOON, unit=RateUnit.W))
FOR_SEVEN = a_profile(
    a_schedule((0, 9.0)), purpose=Purpose.TX, kind=Kind.RELATIVE, transaction_id=7
)


@pytest.mark.parametrize(
    ("allowances", "phases", "expected_a"),
    [
        ([], 3, None),
        ([allowance()], 3, None),
        ([allowance(FALLING), allowance()], 3, 20.0),
        ([allowance(FALLING), allowance(IN_WATTS)], 1, 12.0),
        ([allowance(FALLING), allowance(IN_WATTS)], 3, 4.0),
        ([allowance(FOR_SEVEN, running=Running(7, NOON))], 3, 9.0),
        ([allowance(FOR_SEVEN, running=Running(8, NOON))], 3, None),
        ([allowance(a_profile(0.0)), allowance(FALLING)], 3, 0.0),
    ],
)
def test_the_least_that_a_backend_allows_is_the_cap(
    allowances: list[Allowance], phases: int, expected_a: float | None
) -> None:
    """Each counts a transaction by its own number of it (R97, R106)."""
    assert cap_a(allowances, NOON, phases) == expected_a


def test_what_all_allow_changes_when_one_of_them_changes_it_r99() -> None:
    both = [allowance(FALLING), allowance(IN_WATTS)]
    assert common_course(both, NOON, 300, most_a=16.0, phases=1) == (
        Period(0, 12.0),
        Period(60, 10.0),
        Period(90, 6.0),
    )
    assert common_course([], NOON, 300, most_a=16.0, phases=1) == (Period(0, 16.0),)
    assert allowance().course(NOON, 300, 1) == (Period(0, inf),)


@pytest.mark.parametrize(
    ("allowances", "after_s", "expected_a"),
    [
        ([], 0.0, None),
        ([allowance(), allowance(FALLING)], 0.0, 10.0),
        ([allowance(IN_WATTS), allowance(FALLING)], 0.0, 6.0),
    ],
)
def test_what_may_be_kept_without_a_clock_is_below_everything_to_come(
    allowances: list[Allowance], after_s: float, expected_a: float | None
) -> None:
    assert least_ahead_a(allowances, after_noon(after_s), 1) == expected_a
