"""What began at a connector ends there, whatever its EVSE is called, or has become (R69, R101)."""

import asyncio

import pytest
from tests.support.frames import (
    START,
    STOP,
    Literal,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.live_site import GONE_S
from tests.support.site_text import GatewayFields, evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, status_of

from wattgate.core.site.gateways import ReplaceGateways

OWN = {"url": "ws://own/", "client_id": "R", "role": "report"}
OTHER = {"url": "ws://other/", "client_id": "O", "role": "report"}
SHARED = {"url": "ws://shared/", "client_id": "S", "role": "report"}


def left(*gateways: GatewayFields, evse_id: str = "left", connector: int = 1) -> str:
    return evse(evse_id, "CP1", *gateways, connector=connector)


def right(
    *gateways: GatewayFields, evse_id: str = "right", at: str = "CP1", connector: int = 2
) -> str:
    return evse(evse_id, at, *gateways, connector=connector)


async def charging_at_two(*evses: str) -> tuple[World, Literal]:
    """A car charges at connector 2 of CP1, and the manager is stopped; with the backend at R."""
    world, own, wallbox = World(site(*evses)), literal_backend(9001), literal_wallbox()
    world.dialer.backends |= {
        "ws://own/R": own,
        "ws://other/O": literal_backend(1),
        "ws://shared/S": own,
    }
    await world.start()
    await world.boot("CP1", wallbox)
    await result(wallbox, "StartTransaction", START | {"connectorId": 2})
    await settled()
    await world.kill()
    return world, own


async def begins_anew(world: World, *evses: str) -> Literal:
    """The manager starts with these EVSEs, and the wallbox comes."""
    world.site_toml = site(*evses)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await settled()
    return wallbox


async def goes_on(wallbox: Literal) -> None:
    await result(wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z") | {"connectorId": 2})
    await result(wallbox, "StopTransaction", STOP)
    await settled()


def connectors(backend: Literal) -> list[Json]:
    told = (*backend.all_of("StartTransaction"), *backend.all_of("MeterValues"))
    return [each["connectorId"] for each in told]


AFTERWARDS = {
    "its EVSE has another name": (left(), right(evse_id="heir")),
    "its EVSE has another name, and others its backend": (left(SHARED), right(evse_id="heir")),
    "its EVSE is at another connector": (left(), right(evse_id="heir"), right(connector=3)),
    "nobody is at its connector": (left(), right(connector=3)),
}


@pytest.mark.parametrize("backends", [(OWN,), (OTHER,), ()], ids=["the same", "another", "none"])
@pytest.mark.parametrize("evses", AFTERWARDS.values(), ids=AFTERWARDS.keys())
@in_virtual_time()
async def test_r101_a_backend_hears_of_its_connector_by_the_number_it_has_always_had(
    evses: tuple[str, ...], backends: tuple[GatewayFields, ...]
) -> None:
    world, own = await charging_at_two(left(), right(OWN))
    *others, last = evses
    tail = "".join(evse("x", "CP1", each).partition("[[evse.gateway]]")[2] for each in backends)
    head = "[[evse.gateway]]" if tail else ""
    wallbox = await begins_anew(world, *others, f"{last}{head}{tail}")
    await asyncio.sleep(GONE_S)
    await goes_on(wallbox)
    assert connectors(own) == [1, 1]
    assert own.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    await world.kill()


@in_virtual_time()
async def test_r101_also_where_names_were_swapped() -> None:
    world, own = await charging_at_two(left(), right(OWN))
    wallbox = await begins_anew(world, left(evse_id="right"), right(OTHER, evse_id="left"))
    await goes_on(wallbox)
    assert connectors(own) == [1, 1]
    await world.kill()


@in_virtual_time()
async def test_r101_of_a_shared_login_as_well() -> None:
    world, own = await charging_at_two(left(SHARED), right(SHARED))
    wallbox = await begins_anew(world, left(), right(evse_id="heir"))
    await goes_on(wallbox)
    assert connectors(own) == [2, 2]
    await world.kill()


@pytest.mark.parametrize("after", [(SHARED,), ()], ids=["a neighbour shares it", "nobody has it"])
@in_virtual_time()
async def test_r101_also_where_the_site_has_no_evse_there(after: tuple[GatewayFields, ...]) -> None:
    world, own = await charging_at_two(left(), right(SHARED))
    await begins_anew(world, left(*after))
    await world.kill()
    wallbox = await begins_anew(world, left(*after))  # it is kept as it was, not as it is hosted
    await goes_on(wallbox)
    assert connectors(own) == [1, 1]
    assert own.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    await world.kill()


@in_virtual_time()
async def test_r69_the_end_reaches_a_backend_whose_evse_has_moved_to_another_wallbox() -> None:
    world, own = await charging_at_two(left(), right(OWN))
    wallbox = await begins_anew(world, left(), right(OTHER, at="CP2"))
    await asyncio.sleep(GONE_S)
    await goes_on(wallbox)
    assert own.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    await asyncio.sleep(GONE_S)
    assert not own.is_linked
    await world.kill()


@pytest.mark.parametrize(
    ("evses", "name"),
    [
        ((left(), right(evse_id="heir")), "heir"),
        ((left(), right(evse_id="heir"), right(connector=3)), "right"),
    ],
    ids=["under another name", "at another connector"],
)
@in_virtual_time()
async def test_a_backend_that_comes_back_stays_when_what_it_was_still_owed_is_told(
    evses: tuple[str, ...], name: str
) -> None:
    world, own = await charging_at_two(left(), right(OWN))
    wallbox = await begins_anew(world, *evses)
    assert world.manager is not None
    await world.manager.gateways.change(name, ReplaceGateways([OWN]), seen=None)
    own.calls = [each for each in own.calls if each[0] != "StatusNotification"]
    await result(wallbox, "StatusNotification", status_of(0, "Faulted"))
    await settled()
    assert own.all_of("StatusNotification") == [status_of(0, "Faulted")]
    await goes_on(wallbox)
    await asyncio.sleep(2 * GONE_S)
    assert own.is_linked
    later = START | {"connectorId": 2 if name == "heir" else 3, "meterStart": 60000}
    await result(wallbox, "StartTransaction", later)
    await settled()
    assert connectors(own) == [1, 1, 1]
    (state,) = [each for each in world.manager.evses() if each.evse.evse_id == name]
    assert [each.retiring for each in state.evse.backends] == [False]
    await world.kill()


@in_virtual_time()
async def test_who_stays_behind_a_login_delivers_what_who_leaves_has_left() -> None:
    world, shared = World(site(left(SHARED), right(SHARED))), literal_backend(9001)
    there = world.dialer.backends
    there["ws://shared/S"] = shared
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await settled()
    there.clear()
    shared.hang_up()
    await result(wallbox, "StartTransaction", START | {"connectorId": 2})
    await result(wallbox, "StopTransaction", STOP)
    assert world.manager is not None
    await world.manager.gateways.change("right", ReplaceGateways([]), seen=None)
    await asyncio.sleep(GONE_S)
    state = world.manager.evse("right")
    assert state is not None
    assert state.evse.backends == ()
    there["ws://shared/S"] = shared
    await shared.got("StopTransaction")
    assert shared.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    await world.kill()
