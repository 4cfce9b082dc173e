"""A wallbox that blames the car although load management pauses it (R50)."""

import asyncio

import pytest
from tests.support.frames import ONE_BACKEND, START, Site, a_site, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import status_of

from wattgate.runtime.station.station_evse import StationEvse

OPTION = '[[wallbox]]\nid = "CP1"\nsuspended_ev_by_us = true\n'
OBSERVE = '[site]\nload_management = "observe"'


def the_evse(site: Site) -> StationEvse:
    assert site.world.manager is not None
    state = site.world.manager.evse("stall-1")
    assert state is not None
    return state.evse


async def told(site: Site, status: str) -> str:
    """What the backend hears when the wallbox reports a status."""
    await result(site.wallbox, "StatusNotification", status_of(1, status))
    await settled()
    return str(site.backend.all_of("StatusNotification")[-1]["status"])


async def granted(site: Site) -> None:
    """A transaction runs, and the car may charge."""
    await result(site.wallbox, "StatusNotification", status_of(1, "Charging"))
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(10)


@in_virtual_time()
async def test_while_we_allow_nothing_the_pause_is_ours_r50() -> None:
    site = await a_site(site_toml=ONE_BACKEND + OPTION)
    await asyncio.sleep(10)
    assert await told(site, "SuspendedEV") == "SuspendedEVSE"
    assert await told(site, "SuspendedEVSE") == "SuspendedEVSE"
    assert await told(site, "Finishing") == "Finishing"
    await granted(site)
    assert await told(site, "SuspendedEV") == "SuspendedEV"
    assert the_evse(site).connector.status == "SuspendedEV"
    await site.world.kill()


@in_virtual_time()
async def test_a_pause_by_us_is_told_to_the_letter_but_for_the_status_r50() -> None:
    site = await a_site(site_toml=ONE_BACKEND + OPTION)
    await asyncio.sleep(10)
    text = '{ "connectorId":1, "status":"SuspendedEV","errorCode":"NoError","x":1.10 }'
    await result(site.wallbox, "StatusNotification", text)
    await settled()
    assert site.backend.payload_texts("StatusNotification")[-1] == text.replace("EV", "EVSE")
    await site.world.kill()


@pytest.mark.parametrize(
    "toml",
    [
        ONE_BACKEND,
        ONE_BACKEND + OPTION.replace("true", "false"),
        (ONE_BACKEND + OPTION).replace("[site]", OBSERVE),
    ],
)
@in_virtual_time()
async def test_else_the_report_goes_as_it_came_r50(toml: str) -> None:
    site = await a_site(site_toml=toml)
    await asyncio.sleep(10)
    assert await told(site, "SuspendedEV") == "SuspendedEV"
    await site.world.kill()


@in_virtual_time()
async def test_nobody_pauses_it_any_more_once_we_only_observe_r50() -> None:
    site = await a_site(site_toml=ONE_BACKEND + OPTION)
    await asyncio.sleep(10)
    assert await told(site, "SuspendedEV") == "SuspendedEVSE"
    assert site.world.manager is not None
    await site.world.manager.patch_site({"load_management": "observe"})
    assert await told(site, "SuspendedEV") == "SuspendedEV"
    await site.world.kill()


@in_virtual_time()
async def test_nobody_pauses_an_evse_that_is_released_r50_r100d() -> None:
    site = await a_site(site_toml=ONE_BACKEND + OPTION)
    await asyncio.sleep(10)
    assert await told(site, "SuspendedEV") == "SuspendedEVSE"
    assert site.world.manager is not None
    await site.world.manager.operations.release(the_evse(site))
    await asyncio.sleep(10)
    assert await told(site, "SuspendedEV") == "SuspendedEV"
    await site.world.kill()
