"""Settings that change while nothing can be stored."""

import asyncio
import json

import pytest
from tests.support.boxes import all_come, boxes
from tests.support.shared_current import offered, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.ports.store import NotYetStored


async def stored_a(world: World) -> float | None:
    """The limit of the house connection that a restart would find."""
    text = await world.store.document("site")
    return None if text is None else float(json.loads(text)["site"]["max_current_a"])


@in_virtual_time()
async def test_a_full_disk_keeps_nobody_from_lowering_a_limit_and_raises_wait_r100() -> None:
    world = World(site("A", "B"))
    manager = await world.start()
    box, other = boxes(world, "A", "B")
    await all_come(world, box, other, start=True)
    await settle(12)
    assert offered(world) == {"A": 16.0, "B": 16.0}
    world.store.failing = True
    with pytest.raises(NotYetStored):
        await manager.patch_site({"site": {"max_current_a": 42}})
    await settle(5)
    assert box.limits_a()[-1] == other.limits_a()[-1] < 16
    lowered = offered(world)
    with pytest.raises(NotYetStored):
        await manager.patch_site({"site": {"max_current_a": 63}})
    await settle(60)
    assert offered(world) == lowered, "what is not stored is not raised"
    world.store.failing = False
    await settle(30)
    assert offered(world) == {"A": 16.0, "B": 16.0}
    assert await stored_a(world) == 63
    await world.kill()


@in_virtual_time()
async def test_settings_that_could_not_be_stored_are_stored_later_the_newest_of_them() -> None:
    world = World(site("A"))
    manager = await world.start()
    world.store.failing = True
    for limit_a in (50, 48):
        with pytest.raises(NotYetStored):
            await manager.patch_site({"site": {"max_current_a": limit_a}})
        await asyncio.sleep(15)
    assert manager.site.site.max_current_a == 48
    world.store.failing = False
    await asyncio.sleep(11)
    assert await stored_a(world) == 48
    await manager.patch_site({"site": {"max_current_a": 47}})
    await asyncio.sleep(60)
    assert await stored_a(world) == 47
    await world.kill()


@in_virtual_time()
async def test_what_is_stored_meanwhile_is_not_overwritten_by_what_was_owed() -> None:
    world = World(site("A"))
    manager = await world.start()
    world.store.failing = True
    with pytest.raises(NotYetStored):
        await manager.patch_site({"site": {"max_current_a": 50}})
    await asyncio.sleep(1)
    world.store.failing = False
    await manager.patch_site({"site": {"max_current_a": 49}})
    await asyncio.sleep(60)
    assert await stored_a(world) == 49
    await world.kill()
