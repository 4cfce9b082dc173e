"""What load management leaves alone when a backend restarts or blocks a wallbox (R85, R86)."""

import asyncio

from tests.support.frames import START, a_site, literal_wallbox, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, status_of


@in_virtual_time()
async def test_a_reset_reserves_what_was_granted_until_the_wallbox_is_back_r85() -> None:
    """Nobody else gets the current of a wallbox that its backend restarts."""
    site = await a_site()
    await site.wallbox.ask("StatusNotification", status_of(1, "Charging"))
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(30.0)
    manager = site.world.manager
    assert manager is not None
    (before,) = manager.evses()
    assert before.counted_a > 0
    assert await result(site.backend, "Reset", {"type": "Soft"}) == {}
    site.wallbox.hang_up()
    for _ in range(30):
        await asyncio.sleep(10.0)
        (evse,) = manager.evses()
        assert evse.counted_a >= before.counted_a
    site.world.plug_in("CP1", site.wallbox)
    await site.wallbox.ask("BootNotification", BOOT)
    await site.wallbox.ask("StatusNotification", status_of(1, "Available"))
    await asyncio.sleep(60.0)
    (evse,) = manager.evses()
    assert evse.counted_a < before.counted_a
    await site.world.kill()


@in_virtual_time()
async def test_what_a_backend_has_put_out_of_service_stays_so_r86() -> None:
    """Load management pauses by limits only, and never by availability."""
    site = await a_site()
    blocked = {"connectorId": 1, "type": "Inoperative"}
    await result(site.backend, "ChangeAvailability", blocked)
    await site.wallbox.ask("StatusNotification", status_of(1, "Unavailable"))
    site.wallbox.hang_up()
    await settled()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox, "Unavailable")
    await asyncio.sleep(600.0)
    assert site.wallbox.all_of("ChangeAvailability") == [blocked]
    assert wallbox.all_of("ChangeAvailability") == []
    await site.world.kill()
