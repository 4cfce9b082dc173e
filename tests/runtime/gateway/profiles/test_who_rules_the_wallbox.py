"""In observe nobody's profiles are in the wallbox but those of who bills and may set them (R97)."""

import asyncio

from tests.support.observing import TX, changed_to, known_ids, profile, setting
from tests.support.several_limits import BOTH, Two, two_set_limits
from tests.support.shared_current import settle
from tests.support.virtual_time import in_virtual_time

from wattgate.core.site.gateways import ChangeGateway, ReplaceGateways

SET = "SetChargingProfile"
OBSERVING = BOTH.replace("[site]", '[site]\nload_management = "observe"')


async def change(two: Two, wanted: ChangeGateway | ReplaceGateways) -> None:
    assert two.world.manager is not None
    await two.world.manager.gateways.change("A", wanted, seen=None)
    await settle(20)


def theirs(two: Two) -> list[int]:
    """The limits that the wallbox was given with a backend's own number of a profile."""
    said = [each["csChargingProfiles"] for each in two.box.all_of(SET)]
    return [
        each["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
        for each in said
        if each["chargingProfileId"] < 9000
    ]


@in_virtual_time()
async def test_the_profile_of_a_reports_start_never_reaches_the_wallbox_r75_r106() -> None:
    two = await two_set_limits()
    await two.box.stop()
    two.box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    start = {"idTag": "04A1", "connectorId": 1, "chargingProfile": profile(7, 5, TX)}
    assert (await two.grid.ask("RemoteStartTransaction", start))[2] == {"status": "Accepted"}
    await changed_to(two.world, "observe")
    await settle(20)
    assert await two.set(two.bills, setting(12)) == "Accepted"
    await two.box.start()
    await settle(20)
    assert theirs(two) == [12]
    await two.world.kill()


@in_virtual_time()
async def test_who_may_set_no_profiles_any_more_has_none_in_the_wallbox() -> None:
    two = await two_set_limits()
    assert await two.set(two.bills, setting(12)) == "Accepted"
    await change(two, ChangeGateway(1, {"commands": "read"}))
    assert two.may_draw_a() == 16
    await changed_to(two.world, "observe")
    await settle(20)
    assert theirs(two) == []
    await change(two, ChangeGateway(1, {"commands": "all"}))
    assert theirs(two) == [12]
    await change(two, ChangeGateway(1, {"commands": "read"}))
    assert two.box.all_of("ClearChargingProfile")[-1] == {"id": 5}
    assert known_ids(two.world, "A") == [5]
    await two.world.kill()


@in_virtual_time()
async def test_what_a_wallbox_was_away_for_is_not_given_to_it_once_another_bills() -> None:
    two = await two_set_limits()
    assert await two.set(two.grid, setting(9)) == "Accepted"
    await changed_to(two.world, "observe")
    await settle(20)
    await two.box.go()
    bills, grid = ({"url": f"ws://{name}/", "commands": "all"} for name in ("bills", "grid"))
    for roles in (("report", "primary"), ("primary", "report")):
        of_bills, of_grid = ({"role": role} for role in roles)
        await change(two, ReplaceGateways((bills | of_bills, grid | of_grid)))
    await two.box.come(two.world)
    await asyncio.sleep(120)
    assert theirs(two) == []
    await two.world.kill()


@in_virtual_time()
async def test_what_a_wallbox_was_away_for_is_not_given_to_it_once_that_is_nobodys_right() -> None:
    two = await two_set_limits()
    assert await two.set(two.bills, setting(12)) == "Accepted"
    await changed_to(two.world, "observe")
    await settle(20)
    assert theirs(two) == [12]
    await two.box.go()
    for commands in ("read", "all", "read"):
        await change(two, ChangeGateway(1, {"commands": commands}))
    await two.box.come(two.world)
    await asyncio.sleep(120)
    assert theirs(two) == [12]
    await two.world.kill()
