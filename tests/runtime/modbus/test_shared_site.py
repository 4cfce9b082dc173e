"""Wallboxes on Modbus that share one client id, in a whole site (P16)."""

import asyncio

import pytest
from tests.support.frames import result
from tests.support.live_site import GONE_S
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World, a_backend, status_of

from wattgate.core.site.gateways import AddGateway, ReplaceGateways

GATEWAY = {"url": "ws://backend.example/", "client_id": "GARAGE"}
HOSTS = {"left": "192.0.2.1", "right": "192.0.2.2", "new": "192.0.2.3"}
LIMIT = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
    },
}


def a_site(*evse_ids: str, mode: str = "active") -> str:
    entries = (evse(each, HOSTS[each], GATEWAY, device_type="power-brain") for each in evse_ids)
    return site(*entries, load_management=mode)


def a_world(*evse_ids: str, mode: str = "active") -> tuple[World, dict[str, PaperBrain], Scripted]:
    world, backend = World(a_site(*evse_ids, mode=mode)), a_backend()
    world.dialer.backends["ws://backend.example/GARAGE"] = backend
    brains = {
        name: world.lines.put(PaperBrain(clock=world.clock, serial=name), host)
        for name, host in HOSTS.items()
    }
    return world, brains, backend


def numbers(world: World) -> dict[str, int]:
    assert world.manager is not None
    return {
        each.evse.evse_id: backend.number
        for each in world.manager.evses()
        for backend in each.evse.backends
    }


@pytest.mark.parametrize("mode", ["active", "observe"])
@in_virtual_time()
async def test_p16_two_wallboxes_charge_and_are_billed_as_two_connectors_of_one(mode: str) -> None:
    world, brains, backend = a_world("left", "right", mode=mode)
    await world.start()
    await asyncio.sleep(30)
    assert len(world.dialer.dialled) == 1
    boots = [boot["chargePointSerialNumber"] for boot in backend.all_of("BootNotification")]
    assert boots == ["left"]
    states = backend.all_of("StatusNotification")
    assert {each["connectorId"] for each in states} >= {1, 2}
    payload = {"connectorId": 2, "csChargingProfiles": LIMIT}
    assert await result(backend, "SetChargingProfile", payload) == {"status": "Accepted"}
    for name in ("right", "left"):
        brains[name].plug()
        await asyncio.sleep(6)
        brains[name].show(f"CARD-{name}")
        await asyncio.sleep(30)
    assert (brains["left"].drawn_a, brains["right"].drawn_a) == (16.0, 8.0)
    starts = {start["connectorId"]: start["idTag"] for start in backend.all_of("StartTransaction")}
    assert starts == {1: "CARD-left", 2: "CARD-right"}
    await result(backend, "RemoteStopTransaction", {"transactionId": 9001})
    await asyncio.sleep(30)
    (stop,) = backend.all_of("StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (9001, "Remote")
    assert (brains["left"].drawn_a, brains["right"].drawn_a) == (16.0, 0.0)
    assert world.manager is not None
    links = {each.link for each in world.manager.frames("left")}
    assert links == {"wallbox modbus/left", "backend left GARAGE@backend.example"}
    brains["left"].unplug()
    await asyncio.sleep(30)
    assert backend.all_of("StopTransaction")[1]["transactionId"] == 9002
    await world.kill()


@in_virtual_time()
async def test_p16_what_concerns_both_is_done_by_both() -> None:
    world, brains, backend = a_world("left", "right")
    await world.start()
    await asyncio.sleep(30)
    told = await result(backend, "GetConfiguration", {"key": ["NumberOfConnectors"]})
    assert told["configurationKey"][0]["value"] == "2"
    off = {"connectorId": 0, "type": "Inoperative"}
    assert await result(backend, "ChangeAvailability", off) == {"status": "Accepted"}
    await asyncio.sleep(5)
    states = {each["connectorId"]: each["status"] for each in backend.all_of("StatusNotification")}
    assert (states[1], states[2]) == ("Unavailable", "Unavailable")
    on = {"connectorId": 2, "type": "Operative"}
    await result(backend, "ChangeAvailability", on)
    await asyncio.sleep(5)
    assert backend.all_of("StatusNotification")[-1]["connectorId"] == 2
    brains["right"].plug()
    await asyncio.sleep(10)
    start = {"idTag": "REMOTE"}
    assert await result(backend, "RemoteStartTransaction", start) == {"status": "Accepted"}
    begun = await backend.got("StartTransaction")
    assert (begun["connectorId"], begun["idTag"]) == (2, "REMOTE")
    boots = len(backend.all_of("BootNotification"))
    assert await result(backend, "Reset", {"type": "Soft"}) == {"status": "Accepted"}
    await asyncio.sleep(30)
    assert len(backend.all_of("BootNotification")) == boots + 1
    (stop,) = backend.all_of("StopTransaction")
    assert (stop["transactionId"], stop["reason"]) == (9001, "SoftReset")
    await world.kill()


@in_virtual_time()
async def test_p16_the_numbers_outlast_whatever_becomes_of_the_site_file() -> None:
    world, _, backend = a_world("left", "right")
    await world.start()
    assert numbers(world) == {"left": 1, "right": 2}
    for evse_ids, expected in (
        (("right",), {"right": 2}),
        (("new", "right", "left"), {"left": 1, "right": 2, "new": 3}),
    ):
        await world.kill()
        world.site_toml = a_site(*evse_ids)
        await world.start()
        assert numbers(world) == expected
    backend.calls.clear()
    await asyncio.sleep(30)
    assert status_of(3, "Available").items() <= next(
        each.items() for each in backend.all_of("StatusNotification") if each["connectorId"] == 3
    )
    await world.kill()


@in_virtual_time()
async def test_p16_an_evse_that_is_activated_joins_the_login_of_the_others() -> None:
    world, _, backend = a_world("left", "right")
    world.site_toml = world.site_toml.replace('id = "right"', 'id = "right"\nenabled = false')
    manager = await world.start()
    await asyncio.sleep(30)
    connectors = {each["connectorId"] for each in backend.all_of("StatusNotification")}
    assert 2 not in connectors
    right = manager.evse("right")
    assert right is not None
    await manager.operations.activate(right.evse)
    await asyncio.sleep(5)
    trigger = {"requestedMessage": "StatusNotification", "connectorId": 2}
    assert await result(backend, "TriggerMessage", trigger) == {"status": "Accepted"}
    await asyncio.sleep(1)
    assert backend.all_of("StatusNotification")[-1]["connectorId"] == 2
    assert len(world.dialer.dialled) == 1
    await world.kill()


@in_virtual_time()
async def test_p16_a_wallbox_leaves_the_login_while_it_charges_and_comes_back_as_the_same() -> None:
    world, brains, backend = a_world("left", "right")
    manager = await world.start()
    await asyncio.sleep(30)
    brains["left"].plug()
    await asyncio.sleep(6)
    brains["left"].show("CARD")
    await backend.got("StartTransaction")
    await manager.gateways.change("left", ReplaceGateways([]), seen=None)
    await asyncio.sleep(60)
    assert brains["left"].drawn_a == 16.0
    brains["left"].unplug()
    stop = await backend.got("StopTransaction")
    assert stop["transactionId"] == 9001
    await asyncio.sleep(GONE_S)
    assert numbers(world) == {"right": 2}
    await manager.gateways.change("left", AddGateway(dict(GATEWAY)), seen=None)
    assert numbers(world) == {"left": 1, "right": 2}
    assert len(world.dialer.dialled) == 1
    brains["left"].plug()
    await asyncio.sleep(6)
    brains["left"].show("CARD")
    begun = await backend.got("StartTransaction", 2)
    assert begun["connectorId"] == 1
    await world.kill()
