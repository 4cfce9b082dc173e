"""How a site is put together."""

from tests.support.boxes import Box, all_come, boxes
from tests.support.shared_current import SITE, offered, settle, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, a_backend

from wattgate.core.load.budget import Feeder
from wattgate.core.site.reading import read_toml
from wattgate.runtime.assembly import feeders_of

FED = (
    SITE
    + '[[wallbox]]\nid = "CP1"\nmax_current_a = 20\n'
    + '[[evse]]\nid = "A"\naddress = "CP1"\nconnector = 1\n'
    + '[[evse]]\nid = "B"\naddress = "CP1"\nconnector = 2\n'
    + '[[evse]]\nid = "C"\naddress = "CP2"\n'
)


def test_every_wallbox_with_a_limit_is_a_feeder_of_its_connectors() -> None:
    assert feeders_of(read_toml(FED)) == (Feeder("CP1", 20, frozenset({"A", "B"})),)


@in_virtual_time()
async def test_an_open_transaction_goes_on_after_a_restart_R77() -> None:
    world = World(site("A"))
    await world.start()
    (box,) = boxes(world, "A")
    await all_come(world, box, start=True)
    await settle()
    await world.kill()
    await box.go()
    manager = await world.start()
    state = manager.evse("A")
    assert state is not None
    assert state.evse.transaction is not None
    await box.come(world)
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@in_virtual_time()
async def test_a_grant_of_an_evse_that_left_the_site_counts_no_longer() -> None:
    head = SITE.replace("63", "42")
    world = World(site("A", "B", head=head))
    await world.start()
    them = boxes(world, "A", "B")
    await all_come(world, *them, start=True)
    await settle(12)
    await world.kill()
    for box in them:
        await box.go()
    world.site_toml = site("B", head=head)
    await world.start()
    await them[1].come(world, boots=False)
    await settle(20)
    assert offered(world) == {"B": 16.0}
    await world.kill()


@in_virtual_time()
async def test_a_deactivated_evse_gets_nothing_and_does_not_log_in() -> None:
    gateway = '[[evse.gateway]]\nurl = "ws://backend/"'
    world = World(site("A", each=f"enabled = false\n{gateway}"))
    world.dialer.backends["ws://backend/A"] = a_backend()
    await world.start()
    box = Box(station_id="A")
    await box.come(world)
    await box.start()
    await settle(60)
    assert set(box.limits_a()) == {0}
    assert world.dialer.dialled == []
    await world.kill()


@in_virtual_time()
async def test_boot_data_from_before_a_restart_are_enough_to_log_in_R44() -> None:
    world = World(site("A", each='[[evse.gateway]]\nurl = "ws://backend/"'))
    backend = world.dialer.backends["ws://backend/A"] = a_backend()
    await world.start()
    box = Box(station_id="A")
    await box.come(world)
    await backend.got("BootNotification")
    await world.kill()
    await box.go()
    backend.calls.clear()
    await world.start()
    await box.come(world, boots=False)
    await backend.got("BootNotification")
    await world.kill()
