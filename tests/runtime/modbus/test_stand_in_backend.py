"""What a backend may ask of a charge point without OCPP, all the way through the gateway (R108)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, Scripted, World, a_backend

CARD = "04A2B3C4"
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
NOT_SUPPORTED = "NotSupported"


def a_site(mode: str, **fields: str) -> str:
    gateway = {"url": "ws://backend.example/"}
    own = evse("garage", "192.0.2.50", gateway, device_type="power-brain", **fields)
    return site(own, load_management=mode)


@asynccontextmanager
async def running(mode: str = "active") -> AsyncIterator[tuple[World, PaperBrain, Scripted]]:
    """A site with one wallbox on Modbus, logged in at its backend under the id of its EVSE."""
    world, backend = World(a_site(mode)), a_backend()
    world.dialer.backends["ws://backend.example/garage"] = backend
    brain = world.lines.put(PaperBrain(clock=world.clock))
    await world.start()
    await backend.got("BootNotification")
    await asyncio.sleep(60)
    yield world, brain, backend
    await world.kill()


async def begins(brain: PaperBrain, backend: Scripted) -> None:
    brain.plug()
    await asyncio.sleep(6)
    brain.show(CARD)
    await backend.got("StartTransaction")
    await asyncio.sleep(10)


@pytest.mark.parametrize("mode", ["active", "observe"])
@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, ACCEPTED),
        ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, ACCEPTED),
        ("ClearCache", {}, ACCEPTED),
        ("DataTransfer", {"vendorId": "Nobody"}, {"status": "UnknownVendorId"}),
        ("GetLocalListVersion", {}, {"listVersion": 0}),
        ("RemoteStopTransaction", {"transactionId": 5}, REJECTED),
        ("RemoteStartTransaction", {"idTag": CARD}, ACCEPTED),
        ("Reset", {"type": "Soft"}, ACCEPTED),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, ACCEPTED),
        ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}, ACCEPTED),
        ("UnlockConnector", {"connectorId": 1}, {"status": NOT_SUPPORTED}),
        ("UpdateFirmware", {"location": "a", "retrieveDate": "2026-05-15T12:00:00Z"}, None),
        ("GetDiagnostics", {"location": "ftp://a"}, None),
    ],
)
@in_virtual_time()
async def test_every_message_of_core_is_done_and_the_rest_not_supported_r108(
    mode: str, action: str, payload: Json, answer: Json
) -> None:
    async with running(mode) as (_, _, backend):
        said = (await backend.ask(action, payload))[2]
        assert said == (NOT_SUPPORTED if answer is None else answer)


@in_virtual_time()
async def test_samples_come_at_the_backends_interval_r108() -> None:
    async with running() as (_, brain, backend):
        keys = {"key": "MeterValueSampleInterval", "value": "30"}
        assert (await backend.ask("ChangeConfiguration", keys))[2] == ACCEPTED
        await begins(brain, backend)
        before = len(backend.all_of("MeterValues"))
        await asyncio.sleep(300)
        assert len(backend.all_of("MeterValues")) - before == 10
        sample = backend.all_of("MeterValues")[-1]["meterValue"][0]["sampledValue"]
        assert {each.get("format", "Raw") for each in sample} == {"Raw"}  # R110
        energy = [e["value"] for e in sample if "Energy" in e.get("measurand", "Energy")]
        assert int(energy[0]) == pytest.approx(brain.energy_wh, abs=100)


@in_virtual_time()
async def test_a_backend_starts_and_stops_it_from_afar_and_current_follows_r108() -> None:
    async with running() as (_, brain, backend):
        brain.plug()
        await asyncio.sleep(6)
        await backend.ask("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1})
        await backend.got("StartTransaction")
        await asyncio.sleep(10)
        assert brain.drawn_a == 16
        await backend.ask("RemoteStopTransaction", {"transactionId": 9001})
        assert (await backend.got("StopTransaction"))["reason"] == "Remote"
        await asyncio.sleep(10)
        assert (brain.drawn_a, brain.is_plugged) == (0, True)


@in_virtual_time()
async def test_a_reset_ends_the_session_boots_and_leaves_it_without_current_r108() -> None:
    async with running() as (_, brain, backend):
        await begins(brain, backend)
        await backend.ask("Reset", {"type": "Hard"})
        assert (await backend.got("StopTransaction"))["reason"] == "HardReset"
        await backend.got("BootNotification", 2)
        await asyncio.sleep(30)
        assert brain.drawn_a == 0


@in_virtual_time()
async def test_an_inoperative_one_takes_no_card_also_after_a_restart_r108() -> None:
    async with running() as (world, brain, backend):
        await backend.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        await world.kill()
        await world.start()
        await asyncio.sleep(60)
        brain.plug()
        await asyncio.sleep(6)
        brain.show(CARD)
        await asyncio.sleep(60)
        assert backend.all_of("StartTransaction") == []
        assert backend.all_of("StatusNotification")[-1]["status"] == "Unavailable"
        assert brain.energy_wh == 5000
        await backend.ask("ChangeAvailability", {"connectorId": 1, "type": "Operative"})
        await asyncio.sleep(6)
        brain.show(CARD)
        await backend.got("StartTransaction")


@in_virtual_time()
async def test_a_card_of_the_backends_list_charges_while_the_backend_is_away_r52() -> None:
    async with running() as (world, brain, backend):
        entry = {"idTag": CARD, "idTagInfo": ACCEPTED}
        update = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]}
        assert (await backend.ask("SendLocalList", update))[2] == ACCEPTED
        del world.dialer.backends["ws://backend.example/garage"]
        backend.hang_up()
        brain.plug()
        await asyncio.sleep(6)
        brain.show(CARD)
        await asyncio.sleep(30)
        assert brain.drawn_a == 16
        world.dialer.backends["ws://backend.example/garage"] = backend
        assert (await backend.got("StartTransaction"))["idTag"] == CARD


@in_virtual_time()
async def test_a_late_refusal_takes_the_current_away_r65() -> None:
    async with running() as (_, brain, backend):
        refused = {"idTagInfo": {"status": "Invalid"}, "transactionId": 9001}
        backend.answers["StartTransaction"] = lambda _: refused
        await begins(brain, backend)
        await asyncio.sleep(30)
        assert brain.drawn_a == 0
        assert (await backend.got("StopTransaction"))["reason"] == "DeAuthorized"


@in_virtual_time()
async def test_what_goes_over_the_link_in_memory_is_in_the_traffic_view_p19() -> None:
    async with running() as (world, brain, backend):
        await begins(brain, backend)
        assert world.manager is not None
        lines = [str(entry) for entry in world.manager.frames("garage")]
        for action in ("BootNotification", "Authorize", "StartTransaction"):
            assert any(action in line for line in lines), action
