"""The manager as the API sees it."""

import pytest
from tests.support.boxes import Manner, all_come, boxes
from tests.support.shared_current import SITE, clear, offered, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.core.errors import ConfigError
from wattgate.ports.evse import LimitOutcome


@in_virtual_time()
async def test_profiles_cleared_in_a_charging_wallbox_are_set_again_at_once_P15() -> None:
    world = World(site("A", "B"))
    await world.start()
    box, other = boxes(world, "A", "B")
    await all_come(world, box, other, start=True)
    await settle()
    told, of_other = len(box.limits_a()), len(other.limits_a())
    box.calls.clear()
    assert await clear(world, "A") is LimitOutcome.ACCEPTED
    await settle()
    assert box.all_of("ClearChargingProfile")[:5] == [
        *({"id": number} for number in range(9101, 9105)),
        {},
    ]
    assert box.limits_a() == [16]
    assert told
    assert len(other.limits_a()) == of_other
    await world.kill()


@in_virtual_time()
async def test_a_cleared_wallbox_counts_at_its_maximum_until_it_obeys_again() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))
    await world.start()
    box, other = boxes(world, "A", "B")
    await all_come(world, box, other, start=True)
    await settle(12)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    box.manner = Manner.DEAF
    await clear(world, "A")
    await settle(9)
    assert other.limits_a()[-1] == 0  # 4 A are left beside 16
    box.manner = Manner.PROMPT
    await settle(20)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@in_virtual_time()
async def test_clearing_a_wallbox_that_is_away_changes_nothing() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))
    await world.start()
    box, other = boxes(world, "A", "B")
    await all_come(world, box, other, start=True)
    await settle(12)
    await box.go()
    assert await clear(world, "A") is LimitOutcome.UNSENT
    await settle(12)
    assert offered(world) == {"A": 10.0, "B": 10.0}
    await world.kill()


@in_virtual_time()
async def test_a_bad_patch_names_its_problems_and_changes_nothing_P1() -> None:
    world = World(site("A"))
    manager = await world.start()
    before = manager.site
    with pytest.raises(ConfigError):
        await manager.patch_site({"site": {"max_current_a": -1}})
    assert manager.site is before
    assert await world.store.document("site") is None
    await manager.patch_site({"site": {"max_current_a": 50}})
    assert manager.site.site.max_current_a == 50
    assert await world.store.document("site") is not None
    await world.kill()


@in_virtual_time()
async def test_an_evse_shows_what_it_is_offered_and_is_to_get() -> None:
    world = World(site("A", "B"))
    manager = await world.start()
    box, _ = boxes(world, "A", "B")
    await all_come(world, box, start=True)
    await settle()
    state = manager.evse("A")
    assert state is not None
    assert (state.offered_a, state.target_a, state.doubtful) == (16, 16, False)
    assert state.evse.profile_writes == len(box.limits_a())
    assert [each.evse.evse_id for each in manager.evses()] == ["A", "B"]
    assert manager.evse("nowhere") is None
    assert manager.is_deciding
    await world.kill()
    assert not manager.is_deciding


@in_virtual_time()
async def test_transactions_are_listed_newest_first() -> None:
    world = World(site("A"))
    manager = await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await box.stop()
    await box.start()
    assert [each.transaction_id for each in await manager.transactions(evse_id="A")] == [2, 1]
    assert await manager.letters.newest() == ()
    await world.kill()
