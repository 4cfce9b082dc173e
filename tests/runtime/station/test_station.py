"""One wallbox over all its connections."""

import asyncio

from tests.support.boxes import Box, Manner, boxes
from tests.support.shared_current import settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, World, a_wallbox

from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest, Refused


@in_virtual_time()
async def test_the_newest_connection_of_an_id_wins_and_the_old_one_is_closed_R27() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    old = Box(manner=Manner.DEAF)
    await old.come(world)
    await old.start()
    await asyncio.sleep(0.1)  # a limit is on its way, unanswered
    new = Box()
    await new.come(world, boots=False)
    await settle(0.1)
    assert old.closed_with == (1008, "a newer connection with this id took over")
    station = manager.stations.by_id["CP1"]
    assert station.presence.is_connected
    assert station.evses[0].transaction is not None  # the state stays
    assert manager.limits.position("CP1").pending_a is None  # what was open has failed
    await settle()
    assert new.limits_a()[-1] == 16
    assert not station.id_is_contested
    await world.kill()


@in_virtual_time()
async def test_two_wallboxes_that_take_turns_with_one_id_are_noticed_R27() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    station = manager.stations.by_id["CP1"]
    contested = []
    for _ in range(5):
        world.plug_in("CP1", a_wallbox())
        await asyncio.sleep(5)
        contested.append(station.id_is_contested)
    for wait_s in (590, 6):
        await asyncio.sleep(wait_s)
        contested.append(station.id_is_contested)
    assert contested == [False, False, False, False, True, True, False]  # calm for ten minutes
    await world.kill()


@in_virtual_time()
async def test_who_takes_turns_with_one_id_is_slowed_down_S2() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    asks = HandshakeRequest("/CP1", ("ocpp1.6",), None, "192.0.2.9:1")
    for _ in range(5):
        assert isinstance(manager.stations.admit(asks), Admitted)
        world.plug_in("CP1", a_wallbox())
        await asyncio.sleep(1)
    refused = manager.stations.admit(asks)
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retry_after_s) == (429, 9)
    assert [attempt.claimed_id for attempt in manager.refused()] == ["CP1"]
    await asyncio.sleep(9)
    assert isinstance(manager.stations.admit(asks), Admitted)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_back_without_a_boot_is_asked_for_its_state_R44() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    await box.come(world)
    await settle()
    assert box.all_of("TriggerMessage") == []  # it booted and reported by itself
    await box.go()
    await box.come(world, boots=False)
    await settle()
    assert box.all_of("TriggerMessage") == [
        {"requestedMessage": "StatusNotification", "connectorId": 1}
    ]
    await box.go()
    await box.come(world, boots=False)
    await box.report(1, "Preparing")
    await settle()
    assert len(box.all_of("TriggerMessage")) == 1  # it has said so by itself
    await world.kill()


@in_virtual_time()
async def test_a_boot_is_asked_for_only_where_none_was_ever_seen_R44() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    await box.come(world, boots=False)
    await settle()
    assert [each["requestedMessage"] for each in box.all_of("TriggerMessage")] == [
        "BootNotification",
        "StatusNotification",
    ]
    await box.ask("BootNotification", BOOT)
    await world.kill()
    await box.go()
    await world.start()
    box.calls.clear()
    await box.come(world, boots=False)
    await settle()
    assert [each["requestedMessage"] for each in box.all_of("TriggerMessage")] == [
        "StatusNotification"
    ]
    await world.kill()


@in_virtual_time()
async def test_a_short_visit_is_not_asked_anything() -> None:
    world = World(site("CP1"))
    await world.start()
    (box,) = boxes(world, "CP1")
    await box.come(world, boots=False)
    await asyncio.sleep(1)
    await box.go()
    await settle(20)
    assert box.calls == []
    await world.kill()


@in_virtual_time()
async def test_a_message_that_cannot_be_stored_is_refused_so_that_it_comes_again() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    await box.come(world)
    world.store.failing = True
    start = {
        "connectorId": 1,
        "idTag": "04A1",
        "meterStart": 0,
        "timestamp": "2026-05-15T12:00:00Z",
    }
    assert (await box.ask("StartTransaction", start))[2] == "InternalError"
    world.store.failing = False
    await world.kill()
