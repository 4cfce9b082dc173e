"""What a wallbox was told of the limits to come, and when that is no longer true."""

from datetime import datetime

from tests.support.charging_profiles import NOON, a_profile, a_schedule, after_noon

from wattgate.core.gateway.profiles.allowances import Allowance
from wattgate.core.ocpp.profiles import Period
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.runtime.charging.caps_told import CapsTold


def falling_to(limit_a: float, at_s: int) -> Allowance:
    profile = a_profile(a_schedule((0, 20.0), (at_s, limit_a), start_at=NOON))
    return Allowance(ProfileStack().installed(1, profile))


class Bench:
    """Backends whose profiles are set by hand, and the time."""

    def __init__(self) -> None:
        self.allowances: tuple[Allowance, ...] = (falling_to(8.0, 300),)
        self.now: datetime = NOON
        self.told = CapsTold(lambda: self.allowances, lambda: self.now, lambda: 3)


def test_what_goes_out_counts_once_the_wallbox_has_accepted_it_R97() -> None:
    bench = Bench()
    outdated = [bench.told.is_outdated]
    first = bench.told.for_grant(16.0, 900)
    assert first.course == (Period(0, 20.0), Period(300, 8.0))
    bench.allowances = (falling_to(8.0, 200),)
    outdated.append(bench.told.is_outdated)
    second = bench.told.for_grant(16.0, 900)
    bench.told.told(first)  # the second is on its way, and may never arrive
    outdated.append(bench.told.is_outdated)
    bench.told.told(second)
    outdated.append(bench.told.is_outdated)
    bench.allowances = ()
    outdated.append(bench.told.is_outdated)
    assert outdated == [False, False, True, False, True]


def test_time_alone_outdates_nothing_nor_do_other_profiles_that_come_to_the_same() -> None:
    bench = Bench()
    bench.told.told(bench.told.for_grant(16.0, 900))
    for at_s in (0.3, 299.9, 300.0, 500.0):
        bench.now = after_noon(at_s)
        assert not bench.told.is_outdated
    bench.now = after_noon(100.5)
    bench.allowances = (falling_to(8.0, 300), falling_to(16.0, 200))
    assert not bench.told.is_outdated
    bench.allowances = ()
    assert bench.told.is_outdated


def test_the_least_within_a_moment_is_that_of_all() -> None:
    bench = Bench()
    bench.allowances = (falling_to(8.0, 300), falling_to(6.0, 310))
    assert [bench.told.least_within_a(seconds) for seconds in (300, 301, 311)] == [20.0, 8.0, 6.0]
