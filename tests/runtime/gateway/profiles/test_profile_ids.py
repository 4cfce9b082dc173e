"""While load management observes, two backends' profiles are in one wallbox (R97, R98, R105)."""

from typing import Any

import pytest
from tests.support.frames import (
    START,
    TWO_CONNECTORS,
    Literal,
    TwoSided,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.observing import TX, changed_to, known_ids, profile, setting
from tests.support.several_limits import BOTH, two_set_limits
from tests.support.shared_current import settle
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, status_of

from wattgate.core.site.gateways import ReplaceGateways

DONE = {"status": "Accepted"}
UNKNOWN = {"status": "Unknown"}
SET, CLEAR = "SetChargingProfile", "ClearChargingProfile"
OBSERVING = TWO_CONNECTORS.replace("[site]", '[site]\nload_management = "observe"')


async def come(site: TwoSided) -> None:
    """Boot the wallbox with both connectors."""
    await site.world.boot("CP1", site.wallbox)
    await site.wallbox.ask("StatusNotification", status_of(2, "Available"))
    await site.one.got("StatusNotification")
    await site.two.got("StatusNotification")
    await settled()


async def two_sides(toml: str = OBSERVING) -> TwoSided:
    world = World(toml)
    site = TwoSided(world, literal_wallbox(), literal_backend(1001), literal_backend(2001))
    world.dialer.backends |= {"ws://one/CP1": site.one, "ws://two/CP1": site.two}
    await world.start()
    await come(site)
    return site


def told(wallbox: Literal) -> list[tuple[int, int, float]]:
    """(connector, profile id, A) of every profile the wallbox was sent."""
    return [
        (
            each["connectorId"],
            each["csChargingProfiles"]["chargingProfileId"],
            each["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"],
        )
        for each in wallbox.all_of(SET)
    ]


@in_virtual_time()
async def test_two_backends_that_use_one_id_do_not_replace_each_others_profile() -> None:
    site = await two_sides()
    assert await result(site.one, SET, setting(8, 1)) == DONE
    assert await result(site.two, SET, setting(9, 1)) == DONE
    assert await result(site.one, SET, setting(7, 1)) == DONE
    assert told(site.wallbox) == [(1, 20_001, 8), (2, 20_002, 9), (1, 20_001, 7)]
    await settled()
    assert (known_ids(site.world, "left"), known_ids(site.world, "right")) == ([1], [1])
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_clears_its_own_profile_by_its_own_id() -> None:
    site = await two_sides()
    await result(site.one, SET, setting(8, 1))
    await result(site.two, SET, setting(9, 1))
    await result(site.two, SET, setting(9, 20_001, level=1))
    assert await result(site.one, CLEAR, {"id": 2}) == UNKNOWN
    assert await result(site.one, CLEAR, {"id": 20_001}) == UNKNOWN
    assert site.wallbox.all_of(CLEAR) == []
    assert await result(site.two, CLEAR, {"id": 1}) == DONE
    assert site.wallbox.all_of(CLEAR) == [{"id": 20_002}]
    await settled()
    assert (known_ids(site.world, "left"), known_ids(site.world, "right")) == ([1], [20_001])
    await site.world.kill()


@in_virtual_time()
async def test_the_numbers_outlast_a_restart() -> None:
    site = await two_sides()
    await result(site.two, SET, setting(9, 1))
    await result(site.one, SET, setting(8, 1))
    await site.world.kill()
    site.wallbox.hang_up()
    await settled()
    for backend in (site.one, site.two):
        backend.calls.clear()
    await site.world.start()
    await come(site)
    assert await result(site.one, CLEAR, {"id": 1}) == DONE
    assert site.wallbox.all_of(CLEAR)[-1] == {"id": 20_002}
    await site.world.kill()


@in_virtual_time()
async def test_a_profile_that_has_no_number_in_the_store_does_not_reach_the_wallbox() -> None:
    site = await two_sides()
    site.world.store.failing = True
    assert (await site.one.ask(SET, setting(8, 1)))[0] == 4
    assert told(site.wallbox) == []
    site.world.store.failing = False
    assert await result(site.one, SET, setting(8, 1)) == DONE
    await site.world.kill()


@in_virtual_time()
async def test_the_profile_of_a_start_gets_a_number_too_R75() -> None:
    site = await two_sides()
    await result(site.one, SET, setting(8, 1))
    start = {"idTag": "04A1", "chargingProfile": profile(7, 1, TX)}
    assert await result(site.two, "RemoteStartTransaction", start) == DONE
    sent = site.wallbox.all_of("RemoteStartTransaction")[-1]
    assert (sent["connectorId"], sent["chargingProfile"]["chargingProfileId"]) == (2, 20_002)
    await site.wallbox.ask("StartTransaction", {**START, "connectorId": 2})
    await settled()
    assert known_ids(site.world, "right") == [1]
    assert await result(site.two, CLEAR, {"id": 1}) == DONE
    assert site.wallbox.all_of(CLEAR)[-1] == {"id": 20_002}
    await site.world.kill()


@in_virtual_time()
async def test_back_from_active_each_backends_profiles_are_handed_over_to_its_connector() -> None:
    site = await two_sides(TWO_CONNECTORS)
    assert await result(site.one, SET, setting(8, 1)) == DONE
    assert await result(site.two, SET, setting(9, 1)) == DONE
    await settle(20)
    site.wallbox.calls.clear()
    await changed_to(site.world, "observe")
    await settle(20)
    assert told(site.wallbox) == [(1, 20_001, 8), (2, 20_002, 9)]
    await changed_to(site.world, "active")
    await settle(20)
    assert {number for _, number, _ in told(site.wallbox)[2:]} <= {9101, 9111}
    assert await result(site.two, CLEAR, {"id": 1}) == DONE
    assert (known_ids(site.world, "left"), known_ids(site.world, "right")) == ([1], [])
    await site.world.kill()


@in_virtual_time()
async def test_what_a_wallbox_was_away_for_leaves_it_once_its_backend_is_gone_R97_R101() -> None:
    """Another backend has a profile of the same id: by another number."""
    site = await two_sides()
    assert await result(site.one, SET, setting(8, 1)) == DONE
    assert await result(site.two, SET, setting(9, 1)) == DONE
    site.wallbox.hang_up()
    await settled()
    assert site.world.manager is not None
    await site.world.manager.gateways.change("left", ReplaceGateways([]), seen=None)
    await settle(20)
    await site.world.boot("CP1", site.wallbox)
    await settle(120)
    assert site.wallbox.all_of(CLEAR) == [{"id": 20_001}]
    await site.world.kill()


def asking(profile_text: dict[str, Any]) -> dict[str, Any]:
    return {"idTag": "04A1", "connectorId": 1, "chargingProfile": profile_text}


@in_virtual_time()
async def test_in_observe_only_the_profiles_of_who_bills_are_in_the_wallbox_R97() -> None:
    two = await two_set_limits(BOTH)
    assert await two.set(two.grid, setting(9)) == "Accepted"
    assert await two.set(two.bills, setting(12)) == "Accepted"
    await settle()
    two.box.answers["RemoteStartTransaction"] = lambda _: DONE
    await changed_to(two.world, "observe")
    await settle(20)
    assert two.may_draw_a() == 12
    assert await two.set(two.grid, setting(7)) == "Rejected"
    refused = await two.grid.ask("RemoteStartTransaction", asking(profile(7, 1, TX)))
    assert refused[2] == {"status": "Rejected"}
    assert two.box.all_of("RemoteStartTransaction") == []
    cleared = len(two.box.all_of(CLEAR))
    assert (await two.grid.ask(CLEAR, {"id": 5}))[2] == DONE
    assert (await two.grid.ask(CLEAR, {}))[2] == UNKNOWN
    assert len(two.box.all_of(CLEAR)) == cleared
    await changed_to(two.world, "active")
    await settle(20)
    assert two.may_draw_a() == 12
    await two.world.kill()


@pytest.mark.parametrize("asked", [{"id": 5}, {}])
@in_virtual_time()
async def test_of_a_wallbox_with_one_connector_the_ids_are_the_backends_own(
    asked: dict[str, int],
) -> None:
    two = await two_set_limits(BOTH.replace("[site]", '[site]\nload_management = "observe"'))
    assert await two.set(two.bills, setting(12)) == "Accepted"
    assert [each["csChargingProfiles"]["chargingProfileId"] for each in two.box.all_of(SET)] == [5]
    assert (await two.bills.ask(CLEAR, asked))[2] == DONE
    assert two.box.all_of(CLEAR)[-1] == asked
    await two.world.kill()


@in_virtual_time()
async def test_where_another_backend_bills_its_profiles_take_the_place_of_the_formers() -> None:
    """R97, in observe: what each has set is kept for it, whoever rules."""
    two = await two_set_limits(BOTH)
    assert await two.set(two.grid, setting(9)) == "Accepted"
    assert await two.set(two.bills, setting(12)) == "Accepted"
    await changed_to(two.world, "observe")
    await settle(20)
    assert two.may_draw_a() == 12
    assert two.world.manager is not None
    bills, grid = ({"url": f"ws://{name}/", "commands": "all"} for name in ("bills", "grid"))
    wanted = ReplaceGateways((bills | {"role": "report"}, grid | {"role": "primary"}))
    await two.world.manager.gateways.change("A", wanted, seen=None)
    await settle(20)
    assert two.may_draw_a() == 9
    assert known_ids(two.world, "A") == [5]
    await changed_to(two.world, "active")
    await settle(20)
    assert two.may_draw_a() == 9
    await two.grid.ask(CLEAR, {})
    await settle(20)
    assert two.may_draw_a() == 12
    await two.world.kill()
