"""Wallboxes that answer no pings are judged by what they send (R28)."""

import asyncio

import pytest
from tests.support.boxes import Box
from tests.support.frames import TAKEN, literal_backend, literal_wallbox, result
from tests.support.relayed import DROP, a_relaying_world
from tests.support.shared_current import site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, World, a_wallbox
from tests.support.zombies import a_zombie

NO_PONG = '[[wallbox]]\nid = "CP1"\nping = false\n'
SILENT = (1001, "nothing was heard for two heartbeats")


@in_virtual_time()
async def test_who_answers_no_pings_is_gone_when_two_heartbeats_are_missing_r28() -> None:
    world = World(site("CP1") + NO_PONG)
    manager = await world.start()
    box = Box()
    await box.come(world)
    for _ in range(3):
        await asyncio.sleep(400)  # a heartbeat may be late
        await box.ask("Heartbeat", {})
    closed = []
    for wait_s in (590, 30):
        await asyncio.sleep(wait_s)
        closed.append(box.closed_with)
    assert closed == [None, SILENT]
    assert not manager.stations.by_id["CP1"].presence.is_connected
    await world.kill()


@in_virtual_time()
async def test_what_we_send_into_a_dead_link_is_no_sign_of_life_r28() -> None:
    world = World(site("CP1") + NO_PONG)
    manager = await world.start()
    wallbox = a_zombie(world)
    peer = manager.stations.by_id["CP1"].presence.peer
    assert peer is not None
    for _ in range(13):
        peer.ask("ClearCache", "{}", lambda _: None)
        await asyncio.sleep(50)
    assert wallbox.closes == [1001]
    await world.kill()


@in_virtual_time()
async def test_the_other_wallboxes_are_left_to_the_pings_r28() -> None:
    world = World(site("CP1"))
    await world.start()
    wallbox = a_wallbox()
    world.plug_in("CP1", wallbox)
    await asyncio.sleep(3000)
    assert wallbox.closed_with is None
    await world.kill()


@in_virtual_time()
async def test_a_connection_that_was_replaced_is_not_watched_any_more_r27() -> None:
    world = World(site("CP1") + NO_PONG)
    await world.start()
    old, new = a_wallbox(), a_wallbox()
    world.plug_in("CP1", old)
    await asyncio.sleep(500)
    world.plug_in("CP1", new)
    await asyncio.sleep(550)
    new.hang_up()  # it is still there
    await asyncio.sleep(1000)
    assert new.closed_with == (1006, "")
    await world.kill()


@pytest.mark.parametrize(("interval_s", "closed_with"), [(3600, None), (60, SILENT)])
@in_virtual_time(within_s=9000)
async def test_a_relayed_wallbox_is_judged_by_the_backends_interval_r28(
    interval_s: int, closed_with: tuple[int, str] | None
) -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"interval": interval_s})
    world = a_relaying_world(backend, DROP + NO_PONG)
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await result(wallbox, "BootNotification", BOOT)
    await asyncio.sleep(700)
    assert wallbox.closed_with == closed_with
    await world.kill()
