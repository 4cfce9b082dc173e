"""Several backends set limits of one EVSE: the least holds, at every time (R97-R99)."""

import asyncio

import pytest
from tests.support.boxes import Box, Outlet
from tests.support.several_limits import BOTH, TX, Two, after_s, stepping, two_set_limits
from tests.support.shared_current import settle
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World, a_backend

from wattgate.core.site.gateways import AddGateway, ChangeGateway

ACCEPTED = {"status": "Accepted"}
MANY_PERIODS = {"ChargingScheduleMaxPeriods": "24"}


async def restart(two: Two) -> None:
    """Kill the manager and start it again, with the car still there."""
    await two.world.kill()
    await two.box.go()
    await two.world.start()
    await two.box.come(two.world, boots=False)
    await settle(20)


@in_virtual_time()
async def test_the_least_of_all_holds_and_each_clears_its_own_only_R97_R98() -> None:
    two = await two_set_limits()
    assert await two.set(two.bills, stepping((0, 12))) == "Accepted"
    assert await two.set(two.grid, stepping((0, 9))) == "Accepted"  # the same id: another's
    await settle()
    assert two.may_draw_a() == 9
    for backend in (two.bills, two.grid):
        assert await two.composite(backend, 60) == {0: 9}
    assert (await two.grid.ask("ClearChargingProfile", {}))[2] == {"status": "Accepted"}
    await settle()
    assert two.may_draw_a() == 12
    assert (await two.grid.ask("ClearChargingProfile", {"id": 5}))[2] == {"status": "Unknown"}
    ids = {
        each["csChargingProfiles"]["chargingProfileId"]
        for each in two.box.all_of("SetChargingProfile")
    }
    assert ids == {9101}
    await two.world.kill()


@in_virtual_time()
async def test_the_profiles_of_all_survive_a_restart() -> None:
    two = await two_set_limits()
    await two.set(two.bills, stepping((0, 12)))
    await two.set(two.grid, stepping((0, 9)))
    await restart(two)
    assert two.may_draw_a() == 9
    await two.grid.ask("ClearChargingProfile", {"id": 5})
    await settle()
    assert two.may_draw_a() == 12
    await two.world.kill()


@in_virtual_time()
async def test_each_names_the_transaction_by_its_own_number_R92_R97() -> None:
    two = await two_set_limits()
    for backend, other in ((two.bills, 2001), (two.grid, 1001)):
        foreign = stepping((0, 7), purpose=TX, transactionId=other)
        assert await two.set(backend, foreign) == "Rejected"
    for backend, own, limit_a in ((two.bills, 1001, 9), (two.grid, 2001, 8)):
        setting = stepping((0, limit_a), purpose=TX, transactionId=own)
        assert await two.set(backend, setting) == "Accepted"
        await settle()
        assert two.may_draw_a() == limit_a
    await two.box.stop()
    await two.box.start()
    await settle()
    assert two.may_draw_a() == 16
    await two.world.kill()


@in_virtual_time()
async def test_a_transaction_that_a_backend_was_not_told_of_is_not_its_to_limit_R97() -> None:
    """Its TxDefaultProfile limits whatever runs (R96)."""
    two = await two_set_limits()
    late = two.world.dialer.backends["ws://late/CP1"] = a_backend(3001)
    assert two.world.manager is not None
    added = AddGateway({"url": "ws://late/", "role": "report", "commands": "all"})
    await two.world.manager.gateways.change("A", added, seen=None)
    await late.got("StatusNotification")
    assert await two.set(late, stepping((0, 8), purpose=TX)) == "Rejected"
    assert await two.set(late, stepping((0, 9))) == "Accepted"
    await settle()
    assert two.may_draw_a() == 9
    await two.box.stop()
    await two.box.start()
    assert await two.set(late, stepping((0, 8), purpose=TX, number=6)) == "Accepted"
    await settle()
    assert two.may_draw_a() == 8
    await two.world.kill()


@in_virtual_time()
async def test_the_profile_of_a_remote_start_is_that_backends_alone_R75() -> None:
    two = await two_set_limits()
    await two.box.stop()
    two.box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    profile = stepping((0, 7), purpose=TX)["csChargingProfiles"]
    start = {"idTag": "04A1", "connectorId": 1, "chargingProfile": profile}
    assert (await two.bills.ask("RemoteStartTransaction", start))[2] == {"status": "Accepted"}
    assert two.box.all_of("RemoteStartTransaction") == [{"idTag": "04A1", "connectorId": 1}]
    await two.box.start()
    await settle()
    assert two.may_draw_a() == 7
    assert (await two.grid.ask("ClearChargingProfile", {}))[2] == {"status": "Unknown"}
    assert (await two.bills.ask("ClearChargingProfile", {}))[2] == {"status": "Accepted"}
    await settle()
    assert two.may_draw_a() == 16
    await two.world.kill()


@in_virtual_time()
async def test_who_may_only_start_limits_what_it_started_and_nothing_from_before_R75_R97() -> None:
    """It could clear nothing: what it once set for every car would hold for ever."""
    two = await two_set_limits()
    two.box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    assert await two.set(two.grid, stepping((0, 7))) == "Accepted"
    await settle()
    assert (two.may_draw_a(), two.may_draw_a(5000)) == (7, 0)
    assert two.world.manager is not None
    only_starts = ChangeGateway(2, {"commands": ["RemoteStartTransaction"]})
    await two.world.manager.gateways.change("A", only_starts, seen=None)
    await settle(20)
    assert two.may_draw_a() == 16
    assert await two.composite(two.bills, 60) == {0: 16}
    await two.box.stop()
    profile = stepping((0, 9), number=6, purpose=TX)["csChargingProfiles"]
    start = {"idTag": "04A1", "connectorId": 1, "chargingProfile": profile}
    assert (await two.grid.ask("RemoteStartTransaction", start))[2] == ACCEPTED
    await two.box.start()
    await settle()
    assert two.may_draw_a() == 9
    await two.world.kill()


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-05-15T14:00:00Z",
        "yesterday",
        "1970-01-01T00:03:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
@in_virtual_time()
async def test_a_relative_limit_is_lowered_in_time_whatever_the_wallboxs_clock_says_R48_R94(
    stamp: str,
) -> None:
    """Some send local time and call it UTC."""
    two = await two_set_limits()
    await two.box.stop()
    await two.until(60)
    relative = stepping((0, 14), (600, 9))
    relative["csChargingProfiles"] |= {"chargingProfileKind": "Relative"}
    del relative["csChargingProfiles"]["chargingSchedule"]["startSchedule"]
    assert await two.set(two.grid, relative) == "Accepted"
    await two.box.start(stamp=stamp)
    await settle(5)
    assert two.may_draw_a() == 14
    await two.until(640)
    assert two.may_draw_a() == 14
    await two.until(675)
    assert two.may_draw_a() == 9
    await two.world.kill()


@pytest.mark.parametrize("is_away", [False, True])
@in_virtual_time()
async def test_what_a_backend_had_set_that_a_site_file_left_out_is_no_limit_when_it_returns_R97(
    is_away: bool,
) -> None:
    two = await two_set_limits()
    assert await two.set(two.bills, stepping((0, 12))) == "Accepted"
    assert await two.set(two.grid, stepping((0, 9))) == "Accepted"
    await two.box.stop()
    await settle(20)
    without = BOTH.partition('[[evse.gateway]]\nurl = "ws://grid/"')[0]
    disabled = BOTH.replace('id = "A"', 'id = "A"\nenabled = false')
    for toml in (without if is_away else disabled, BOTH):
        await two.world.kill()
        await two.box.go()
        two.world.site_toml = toml
        await two.world.start()
        await two.box.come(two.world, boots=False)
        await settle(20)
    await two.box.start()
    await settle(20)
    assert two.may_draw_a() == (12 if is_away else 9)
    await two.world.kill()


SHARED = """
[site]
max_current_a = 63
house_load_a = 0
pause_s = 0
[[evse]]
id = "left"
address = "CP1"
[[evse.gateway]]
url = "ws://bills/"
[[evse]]
id = "right"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://bills/"
[[evse.gateway]]
url = "ws://grid/"
role = "report"
commands = "all"
"""


@in_virtual_time()
async def test_connector_0_is_the_sum_over_the_connectors_of_the_asker_R99() -> None:
    """What another backend limits at one of them is part of the truth; nothing more of it is."""
    world = World(SHARED)
    bills = world.dialer.backends["ws://bills/CP1"] = a_backend(1001)
    grid = world.dialer.backends["ws://grid/CP1"] = a_backend(2001)
    await world.start()
    box = Box(outlets={1: Outlet(16.0), 2: Outlet(16.0)})
    await box.come(world)
    await grid.got("StatusNotification")
    await box.start(1)
    await box.start(2, card="04A2")
    await settle(20)
    start_s = asyncio.get_running_loop().time()
    assert (await grid.ask("SetChargingProfile", stepping((0, 10), (600, 7))))[2] == ACCEPTED
    await settle(10)

    async def told(backend: Scripted, connector: int) -> list[float]:
        asked = {"connectorId": connector, "duration": 900}
        answer = (await backend.ask("GetCompositeSchedule", asked))[2]
        periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
        assert len(periods) == 1 or abs(periods[1]["startPeriod"] - 600 + start_s + 10) <= 1
        return [period["limit"] for period in periods]

    assert await told(bills, 1) == [16]
    assert await told(bills, 2) == [10, 7]
    assert await told(bills, 0) == [26, 23]
    assert await told(grid, 0) == await told(grid, 1) == [10, 7]
    unknown = {"connectorId": 2, "duration": 900}
    assert (await grid.ask("GetCompositeSchedule", unknown))[2] == {"status": "Rejected"}
    maximum = stepping((0, 20), purpose="ChargePointMaxProfile") | {"connectorId": 0}
    assert (await bills.ask("SetChargingProfile", maximum))[2] == {"status": "Rejected"}
    assert (await grid.ask("SetChargingProfile", maximum))[2] == ACCEPTED
    await world.kill()


@pytest.mark.parametrize("commands", ['"all"', '["SetChargingProfile"]'])
@in_virtual_time()
async def test_a_profile_goes_over_to_another_connector_whoever_may_clear_R93(
    commands: str,
) -> None:
    url = 'url = "ws://bills/"\n'
    world = World(SHARED.replace(url, f"{url}commands = {commands}\n"))
    bills = world.dialer.backends["ws://bills/CP1"] = a_backend(1001)
    world.dialer.backends["ws://grid/CP1"] = a_backend(2001)
    await world.start()
    box = Box(outlets={1: Outlet(16.0), 2: Outlet(16.0)})
    await box.come(world)
    await box.start(1)
    await box.start(2, card="04A2")
    await settle(20)
    limits_a = []
    for connector in (1, 2):
        setting = stepping((0, 8)) | {"connectorId": connector}
        assert (await bills.ask("SetChargingProfile", setting))[2] == ACCEPTED
        await settle(20)
        now = after_s(asyncio.get_running_loop().time())
        limits_a.append([outlet.may_draw_a(now) for outlet in box.outlets.values()])
    assert limits_a == [[8, 16], [16, 8]]
    await world.kill()


BILLS = stepping((0, 14), (500, 10), (700, 14))
GRID = stepping((0, 20), (400, 12), (600, 4))


@in_virtual_time()
async def test_what_is_answered_and_what_is_in_the_wallbox_agree_at_every_second_R97_R99() -> None:
    """Also where the manager dies: nobody draws more than a backend allows at the time."""
    two = await two_set_limits(**MANY_PERIODS)
    await two.set(two.bills, BILLS)
    await two.set(two.grid, GRID)
    await settle(60)
    start_s = int(two.now_s)
    told = await two.composite(two.grid, 1000)
    assert told == {
        0: 14,
        400 - start_s: 12,
        500 - start_s: 10,
        600 - start_s: 4,
    }
    await two.world.kill()
    for at_s in range(start_s, start_s + 600):
        said_a = [limit_a for offset_s, limit_a in told.items() if start_s + offset_s <= at_s][-1]
        assert two.may_draw_a(at_s) == (said_a if said_a >= 6 else 0)


@in_virtual_time()
async def test_a_profile_that_comes_later_is_told_for_when_the_manager_is_gone_R97() -> None:
    two = await two_set_limits(**MANY_PERIODS)
    await settle(60)
    await two.set(two.grid, stepping((0, 20), (300, 8)))
    assert two.may_draw_a(310) == 16
    await settle(40)
    assert (two.may_draw_a(299), two.may_draw_a(310)) == (16, 8)
    await two.world.kill()


@in_virtual_time()
async def test_a_limit_that_comes_too_soon_to_be_told_holds_in_time_R97() -> None:
    two = await two_set_limits(**MANY_PERIODS)
    await two.until(10)
    await two.set(two.grid, stepping((0, 20), (20, 8)))
    for at_s in range(20, 60):
        await two.until(at_s)
        assert two.may_draw_a() <= 8
    await two.world.kill()


@in_virtual_time()
async def test_a_limit_that_is_lifted_as_the_wallbox_falls_to_it_does_not_stay_R97() -> None:
    two = await two_set_limits(**MANY_PERIODS)
    await two.set(two.grid, stepping((0, 20), (300, 8)))
    await two.until(300.2)
    assert two.may_draw_a() == 8
    await two.grid.ask("ClearChargingProfile", {})
    await settle(40)
    assert two.may_draw_a() == 16
    await two.world.kill()


@pytest.mark.parametrize("configuration", [{}, {"ChargingScheduleMaxPeriods": "2"}, MANY_PERIODS])
@in_virtual_time()
async def test_a_wallbox_never_draws_more_than_is_allowed_nor_stops_for_the_change_R97(
    configuration: dict[str, str],
) -> None:
    """Where it cannot be told of a change to come, it is lowered a moment before."""
    two = await two_set_limits(**configuration)
    await two.set(two.grid, stepping((0, 20), (300, 8), (600, 13)))
    while two.now_s < 800:
        at_s = two.now_s
        allowed_a = 16 if at_s < 300 else 8 if at_s < 600 else 13
        assert 8 <= two.may_draw_a() <= allowed_a
        if 320 < at_s < 600 or at_s > 620:
            assert two.may_draw_a() == allowed_a
        await two.until(at_s + 1)
    await two.world.kill()


@pytest.mark.parametrize("configuration", [{}, MANY_PERIODS])
@in_virtual_time()
async def test_a_manager_that_dies_leaves_no_more_than_what_is_allowed_R97(
    configuration: dict[str, str],
) -> None:
    two = await two_set_limits(BOTH.replace("current_a = 0", "current_a = 10"), **configuration)
    await two.set(two.grid, stepping((0, 20), (300, 8), (600, 13)))
    await settle(60)
    await two.world.kill()
    assert two.may_draw_a() == 16
    for at_s in range(60, 5000):
        assert two.may_draw_a(at_s) <= (16 if at_s < 300 else 8 if at_s < 600 else 13)
    assert two.may_draw_a(5000) == 8  # the owner's 10 A are more than what is allowed at times


@in_virtual_time()
async def test_a_fallback_is_no_more_than_what_is_allowed_long_after_the_last_grant_R97() -> None:
    two = await two_set_limits(BOTH.replace("current_a = 0", "current_a = 10"))
    await two.set(two.grid, stepping((0, 20), (5000, 8)))
    await settle()
    assert (two.may_draw_a(), two.may_draw_a(4000), two.may_draw_a(6000)) == (16, 8, 8)
    await two.world.kill()


@in_virtual_time()
async def test_the_owners_fallback_holds_again_once_the_backend_allows_it_P14() -> None:
    two = await two_set_limits(BOTH.replace("current_a = 0", "current_a = 10"))
    await two.set(two.grid, stepping((0, 0)))
    await settle()
    assert (two.may_draw_a(), two.may_draw_a(5000)) == (0, 0)
    await two.grid.ask("ClearChargingProfile", {})
    await settle(20)
    assert two.may_draw_a(5000) == 10
    await two.world.kill()


@pytest.mark.parametrize("configuration", [{}, MANY_PERIODS])
@in_virtual_time()
async def test_changes_to_come_cost_no_writes_of_their_own(configuration: dict[str, str]) -> None:
    """Every write wears the wallbox's memory (16E 3.37): one for each change, and the renewals."""
    two = await two_set_limits(**configuration)
    before = len(two.box.all_of("SetChargingProfile"))
    await two.set(two.bills, stepping((0, 15), (600, 14), (1200, 13), (1800, 12), (2400, 11)))
    await two.set(two.grid, stepping((0, 20), (3000, 10)))
    await two.until(3400)
    assert len(two.box.all_of("SetChargingProfile")) - before == 6 + 5
    await two.world.kill()


@in_virtual_time()
async def test_a_backend_that_changes_its_mind_all_the_time_wears_nothing_out() -> None:
    """R106: a change to come is told every half minute at most; it counts anyhow."""
    two = await two_set_limits(**MANY_PERIODS)
    await settle(60)
    before = len(two.box.all_of("SetChargingProfile"))
    for turn in range(60):
        await two.set(two.grid, stepping((0, 20), (2000 + turn, 8)))
        await settle(2)
    assert len(two.box.all_of("SetChargingProfile")) - before <= 5
    await two.world.kill()
