"""When a wallbox is relayed, and what becomes of a change."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    START,
    STOP,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.logins import URL
from tests.support.relayed import DROP, a_relayed_site, a_relaying_world, is_gone, status
from tests.support.virtual_time import in_virtual_time
from tests.support.world import status_of

from wattgate.core.errors import ConfigError
from wattgate.core.gateway.link.link_status import LinkPhase

BACKEND_AWAY = (1013, "the backend is away")
ODD = '{ "vendorId":"V\\/","data":"1E3", "x":[1E3, 1.10] }'


# The mode


@in_virtual_time()
async def test_load_management_cannot_become_active_while_a_gateway_drops_p1() -> None:
    site = await a_relayed_site()
    manager = site.world.manager
    assert manager is not None
    patch = {"load_management": "active", "max_current_a": 32, "house_load_a": 0}
    with pytest.raises(ConfigError, match="leaves the wallbox to its backend alone"):
        await manager.patch_site(patch)
    assert (await manager.patch_site({"title": "Garage"})).site.title == "Garage"
    await site.world.kill()


@in_virtual_time()
async def test_a_deactivated_evse_is_not_relayed_until_it_is_activated() -> None:
    world = a_relaying_world(literal_backend(), DROP.replace('"CP1"', '"CP1"\nenabled = false'))
    manager = await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    backend = world.dialer.backends[URL]
    assert backend.calls == []
    state = manager.evse("stall-1")
    assert state is not None
    await manager.operations.activate(state.evse)
    assert await is_gone(wallbox) == (1012, "the offline policy has changed")
    await world.boot("CP1", wallbox)
    assert backend.all_of("StatusNotification") == [status_of(1, "Available")]
    await world.kill()


@in_virtual_time()
async def test_what_hold_still_owes_is_delivered_before_drop_begins() -> None:
    backend = literal_backend()
    world = a_relaying_world(backend, DROP.replace('"drop"', '"hold"'))
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    started = await result(wallbox, "StartTransaction", START)
    await world.kill()
    world.site_toml = DROP
    manager = await world.start()
    state = manager.evse("stall-1")
    assert state is not None
    assert state.evse.link is not None
    await world.boot("CP1", wallbox)
    await result(wallbox, "StopTransaction", STOP | {"transactionId": started["transactionId"]})
    assert await backend.got("StopTransaction") == STOP | {"transactionId": 9001}
    await settled()
    await world.kill()
    await world.start()
    await world.boot("CP1", wallbox)
    assert status(world).phase is LinkPhase.ONLINE
    await world.kill()


@in_virtual_time()
async def test_a_relayed_transaction_ends_relayed_although_the_policy_says_hold_by_then() -> None:
    site = await a_relayed_site()
    started = await result(site.wallbox, "StartTransaction", START)
    await settled()
    await site.world.kill()
    site.world.site_toml = DROP.replace('"drop"', '"hold"')
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    stop = STOP | {"transactionId": started["transactionId"]}
    await result(site.wallbox, "StopTransaction", stop)
    assert site.backend.all_of("StopTransaction") == [stop]
    await settled()
    await site.world.kill()
    manager = await site.world.start()
    state = manager.evse("stall-1")
    assert state is not None
    assert state.evse.link is not None
    await site.world.kill()


@in_virtual_time()
async def test_drop_begins_only_when_the_queue_of_hold_is_empty() -> None:
    backend = literal_backend(StopTransaction=lambda _: None)
    world = a_relaying_world(backend, DROP.replace('"drop"', '"hold"'))
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    started = await result(wallbox, "StartTransaction", START)
    await result(wallbox, "StopTransaction", STOP | {"transactionId": started["transactionId"]})
    await settled()
    await world.kill()
    world.site_toml = DROP
    backend.answers["StopTransaction"] = lambda _: {}
    manager = await world.start()
    state = manager.evse("stall-1")
    assert state is not None
    assert state.evse.link is not None
    await world.boot("CP1", wallbox)
    await backend.got("StopTransaction", times=2)
    await world.kill()


@in_virtual_time()
async def test_while_load_management_is_active_nothing_is_relayed_p1() -> None:
    site = await a_relayed_site()
    await result(site.wallbox, "StartTransaction", START)
    await settled()
    await site.world.kill()
    active = 'active"\nmax_current_a = 32\nhouse_load_a = 0'
    text = DROP.replace('"drop"', '"hold"').replace('observe"', active)
    site.world.site_toml = text
    manager = await site.world.start()
    state = manager.evse("stall-1")
    assert state is not None
    assert state.evse.relay is None
    await site.world.kill()


@in_virtual_time(within_s=600.0)
async def test_a_relayed_transaction_ends_in_hold_once_load_management_is_active_r63() -> None:
    site = await a_relayed_site()
    started = await result(site.wallbox, "StartTransaction", START)
    await settled()
    await site.world.kill()
    site.world.site_toml = ONE_BACKEND
    manager = await site.world.start()
    await site.world.boot("CP1", site.wallbox, "Charging")
    await asyncio.sleep(60.0)
    remote = {"transactionId": started["transactionId"]}
    assert await result(site.backend, "RemoteStopTransaction", remote) == {"status": "Accepted"}
    assert site.wallbox.all_of("RemoteStopTransaction") == [remote]
    values = meter_values("2026-05-15T14:40:00Z", started["transactionId"])
    await result(site.wallbox, "MeterValues", values)
    stop = STOP | {"transactionId": started["transactionId"]}
    for _ in range(2):
        assert await result(site.wallbox, "StopTransaction", stop) == {}
    await asyncio.sleep(60.0)
    assert site.backend.all_of("MeterValues") == [values]
    assert site.backend.all_of("StopTransaction") == [stop]
    (state,) = manager.evses()
    assert not state.evse.in_use
    assert (await site.world.store.recover()).open_transactions == ()
    await site.world.kill()


@in_virtual_time(within_s=20 * 3600.0)
async def test_a_relayed_transaction_whose_end_is_never_told_is_closed_here_too_r77() -> None:
    site = await a_relayed_site()
    await site.world.kill()
    site.world.site_toml = DROP.replace("[site]", "[site]\nlost_stop_h = 4")
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(60.0)
    await result(site.wallbox, "StatusNotification", status_of(1, "Charging"))
    await asyncio.sleep(60.0)
    await result(site.wallbox, "StatusNotification", status_of(1, "Available"))
    await asyncio.sleep(3 * 3600.0)
    assert len((await site.world.store.recover()).open_transactions) == 1
    await asyncio.sleep(2 * 3600.0)
    assert (await site.world.store.recover()).open_transactions == ()
    assert site.backend.all_of("StopTransaction") == []
    await site.world.kill()
