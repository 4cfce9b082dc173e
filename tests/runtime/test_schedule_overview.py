"""What limits an EVSE from now on, by whom (R97, R99)."""

from math import inf

from tests.support.observing import changed_to
from tests.support.several_limits import BOTH, Two, stepping, two_set_limits
from tests.support.shared_current import settle
from tests.support.virtual_time import in_virtual_time

from wattgate.core.gateway.profiles.courses import Interval
from wattgate.core.ocpp.profiles import Period
from wattgate.runtime.schedule_overview import (
    HARDWARE,
    LOAD_MANAGEMENT,
    ScheduleOverview,
)

BILLS, GRID = "A CP1@bills", "A CP1@grid"


def overview(two: Two, duration_s: int = 600) -> ScheduleOverview:
    assert two.world.manager is not None
    state = two.world.manager.evse("A")
    assert state is not None
    return two.world.manager.schedule(state.evse, duration_s)


async def both_set() -> Two:
    two = await two_set_limits()
    await two.until(10)
    await two.set(two.bills, stepping((0, 10), (200, 8), since_s=10))
    await two.set(two.grid, stepping((0, 12), (100, 6), (300, 32), since_s=10))
    await settle(10)
    return two


@in_virtual_time()
async def test_each_backends_schedule_and_the_result_with_who_limits() -> None:
    two = await both_set()
    seen = overview(two)
    assert [(each.backend.link_id, each.counts) for each in seen.backends] == [
        (BILLS, True),
        (GRID, True),
    ]
    assert seen.backends[1].course == (Period(0, 12), Period(90, 6), Period(290, 32))
    assert (seen.granted_a, seen.hardware_a, seen.duration_s) == (10, 16, 600)
    assert seen.limits == (
        Interval(0, 10, (BILLS, LOAD_MANAGEMENT)),
        Interval(90, 6, (GRID,)),
        Interval(290, 8, (BILLS,)),
    )
    told = await two.composite(two.bills, 600)
    assert told == {each.start_s: each.limit_a for each in seen.limits}
    await two.world.kill()


@in_virtual_time()
async def test_without_profiles_nobody_but_load_management_limits() -> None:
    two = await two_set_limits()
    seen = overview(two)
    assert [each.course for each in seen.backends] == [(Period(0, inf),), (Period(0, inf),)]
    assert seen.limits == (Interval(0, 16, (LOAD_MANAGEMENT, HARDWARE)),)
    await two.world.kill()


@in_virtual_time()
async def test_while_load_management_observes_only_who_bills_limits() -> None:
    two = await both_set()
    await changed_to(two.world, "observe")
    await settle(20)
    seen = overview(two)
    assert seen.granted_a is None
    assert [each.counts for each in seen.backends] == [True, False]
    assert [each.by for each in seen.limits] == [(BILLS,), (BILLS,)]
    await two.world.kill()


@in_virtual_time()
async def test_a_backend_without_the_right_to_set_limits_sets_none() -> None:
    two = await two_set_limits(BOTH.replace('commands = "all"', 'commands = "read"'))
    assert (await two.grid.ask("SetChargingProfile", stepping((0, 6))))[2] == "SecurityError"
    assert [each.counts for each in overview(two).backends] == [True, False]
    await two.world.kill()
