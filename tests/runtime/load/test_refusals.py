"""Wallboxes that say no, and what must not wait for them."""

import asyncio

import pytest
from tests.support.boxes import Box, Manner, all_come, boxes
from tests.support.shared_current import SITE, clear, offered, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, a_wallbox

from wattgate.core.site.model import Site


@in_virtual_time()
async def test_a_refused_raise_does_not_delay_the_reduction_that_follows_R100() -> None:
    world = World(site("A", head=SITE.replace("63", "38"), each="max_current_a = 32"))  # 16 A
    manager = await world.start()
    (box,) = boxes(world, "A", hardware_a=32)
    await all_come(world, box, start=True)
    await settle()
    box.manner = Manner.REFUSES
    await manager.patch_site({"max_current_a": 42})
    await settle(8)
    box.manner = Manner.PROMPT
    await manager.patch_site({"max_current_a": 32})
    await asyncio.sleep(3)
    assert box.limits_a()[-1] == 10
    await world.kill()


@in_virtual_time()
async def test_a_clearing_that_fails_half_way_is_followed_by_our_limit_at_once_P15() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    told = len(box.limits_a())
    box._cleared = lambda payload: "Accepted" if payload.get("id") == 9101 else "Rejected"  # type: ignore[method-assign]  # stubborn half way
    outcome = await clear(world, "A")
    assert outcome is not None
    assert outcome.value == "refused"
    await asyncio.sleep(3)
    assert box.limits_a()[told:] == [16]
    await world.kill()


@in_virtual_time()
async def test_nobody_may_charge_at_a_connector_that_the_site_does_not_know() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    start = {"connectorId": 2, "idTag": "X", "meterStart": 0, "timestamp": "2026-05-15T12:00:00Z"}
    answer = (await box.ask("StartTransaction", start))[2]
    assert answer["idTagInfo"] == {"status": "Invalid"}
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_was_silent_stays_counted_over_a_restart_R100a() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))  # 20 A
    await world.start()
    gone, other = boxes(world, "A", "B")
    await all_come(world, gone, other)
    await gone.go()
    await settle(70)
    await world.kill()
    await other.go()
    await world.start()
    await other.come(world, boots=False)
    await other.start()
    await settle(30)
    assert offered(world)["B"] == 0  # 20 A less the 16 A that A may draw
    await world.kill()


@in_virtual_time()
async def test_a_bug_in_one_cycle_does_not_end_load_management(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(site("A"))
    manager = await world.start()
    assert manager._loop is not None
    whole = manager._loop.cycle

    def fails_once(site: Site) -> None:
        monkeypatch.setattr(manager._loop, "cycle", whole)
        raise ZeroDivisionError

    monkeypatch.setattr(manager._loop, "cycle", fails_once)
    await asyncio.sleep(3)
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    assert offered(world) == {"A": 16}
    assert manager.is_deciding
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_is_told_the_time_of_its_own_clock_after_ours_has_jumped_R48() -> None:
    world = World(site("A"))
    manager = await world.start()
    wallbox = a_wallbox()
    await world.boot("A", wallbox)
    await settle()
    clock = manager._tools.clock
    clock.jump_wall(7200)  # type: ignore[attr-defined]  # the clock of the tests
    await clear(world, "A")
    await settle()
    schedule = wallbox.all_of("SetChargingProfile")[-1]["csChargingProfiles"]["chargingSchedule"]
    assert schedule["startSchedule"] < "2026-05-15T12"
    await world.kill()


@in_virtual_time()
async def test_a_refusal_is_forgotten_with_the_boot_that_follows() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    box.manner = Manner.REFUSES
    await all_come(world, box, start=True)
    await settle(5)
    box.manner = Manner.PROMPT
    await box.go()
    await box.come(world)
    await settle(3)
    assert box.limits_a()[-1] == 16
    await world.kill()


def _keeps_clearing_to_itself(box: Box) -> None:
    """Perhaps it obeys; it does not say."""
    whole = box._answer

    def answer(frame: list[Json]) -> None:
        if frame[2] != "ClearChargingProfile":
            whole(frame)

    box._answer = answer  # type: ignore[method-assign]  # a wallbox of its own manner


@in_virtual_time()
async def test_the_others_make_room_while_profiles_are_cleared() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))  # 20 A, 10 each
    await world.start()
    them = boxes(world, "A", "B")
    await all_come(world, *them, start=True)
    await settle(20)
    assert offered(world) == {"A": 10, "B": 10}
    _keeps_clearing_to_itself(them[0])
    clearing = asyncio.create_task(clear(world, "A"))  # noqa: TID251 - a person at the API
    await asyncio.sleep(3)
    assert offered(world)["B"] == 0  # A may draw 16
    await clearing
    await world.kill()


@in_virtual_time()
async def test_a_clearing_that_was_under_way_when_the_manager_died_is_not_forgotten() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    _keeps_clearing_to_itself(box)
    clearing = asyncio.create_task(clear(world, "A"))  # noqa: TID251 - a person at the API
    await asyncio.sleep(1)
    await world.kill()
    await clearing
    await box.go()
    again = await world.start()
    assert again.limits.was_limited("A")
    await settle(3)
    assert again.limits.position("A").worst_a == 16  # its maximum
    await world.kill()


@in_virtual_time()
async def test_a_clock_that_is_set_back_puts_our_schedules_in_doubt_r48() -> None:
    world = World(site("A"))
    manager = await world.start()
    wallbox = a_wallbox()
    await world.boot("A", wallbox)
    await settle()
    told = len(wallbox.all_of("SetChargingProfile"))
    manager._tools.clock.jump_wall(-7200)  # type: ignore[attr-defined]  # the clock of the tests
    await wallbox.ask("Heartbeat", {})
    await asyncio.sleep(4)
    again = wallbox.all_of("SetChargingProfile")[told:]
    schedule = again[-1]["csChargingProfiles"]["chargingSchedule"]
    assert schedule["startSchedule"] < "2026-05-15T10"
    await world.kill()


@in_virtual_time()
async def test_a_session_whose_stop_was_lost_takes_no_current_from_others() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))  # 20 A
    await world.start()
    them = boxes(world, "A", "B")
    await all_come(world, *them, start=True)
    await settle(20)
    assert offered(world) == {"A": 10, "B": 10}
    await them[0].report(1, "Available")  # the car has left, and no stop came
    await settle(20)
    assert offered(world) == {"A": 0, "B": 16}
    await world.kill()


@in_virtual_time()
async def test_a_stop_that_belongs_to_nobody_is_kept_and_reaches_no_backend_r69() -> None:
    world = World(site("A"))
    manager = await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box)
    stop = {"transactionId": 77, "meterStop": 5, "timestamp": "2026-05-15T12:00:00Z"}
    assert (await box.ask("StopTransaction", stop))[2] == {}
    assert (await box.ask("StopTransaction", stop))[2] == {}
    [letter] = await manager.letters.newest()
    assert (letter.reason, letter.message.draft.link_id) == (
        "stop of an unknown transaction",
        "unattributed A",
    )
    await world.kill()
