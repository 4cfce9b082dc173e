"""What the manager knows of a wallbox that talks to its backend directly."""

import json

import pytest
from tests.support.frames import (
    ACCEPTED,
    START,
    STOP,
    TAKEN,
    Literal,
    Refusal,
    Site,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.relayed import a_relayed_site, a_relaying_world
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, status_of

from wattgate.core.station.transactions import TransactionRecord, TransactionStop
from wattgate.ports.store import FrameWay
from wattgate.runtime.evse_state import EvseState

REFUSED = {"idTagInfo": {"status": "Invalid"}, "transactionId": 9001}


def state(site: Site) -> EvseState:
    assert site.world.manager is not None
    found = site.world.manager.evse("stall-1")
    assert found is not None
    return found


async def records(site: Site) -> tuple[TransactionRecord, ...]:
    await settled()
    assert site.world.manager is not None
    return await site.world.manager.transactions()


async def started(backend: Literal | None = None) -> Site:
    site = await a_relayed_site(backend)
    assert (await result(site.wallbox, "StartTransaction", START))["transactionId"] == 9001
    await settled()
    return site


@in_virtual_time()
async def test_status_model_and_values_are_known_as_ever_p1() -> None:
    site = await started()
    await result(site.wallbox, "StatusNotification", status_of(1, "Charging"))
    sample = {"value": "2300", "measurand": "Power.Active.Import"}
    values = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": [sample]}
    await result(site.wallbox, "MeterValues", {"connectorId": 1, "meterValue": [values]})
    evse, station = state(site).evse, state(site).station
    assert evse.connector.status.value == "Charging"
    assert evse.connector.measurement.power_w == 2300
    assert station.presence.clock_offset_s == pytest.approx(-0.01)  # its stamp was that old
    assert json.loads(station.presence.boot_text or "") == BOOT
    (kept,) = (await site.world.store.recover()).stations
    assert json.loads(kept.boot_text or "") == BOOT
    await site.world.kill()


@in_virtual_time()
async def test_a_boot_that_is_not_accepted_tells_nothing_r41() -> None:
    world = a_relaying_world(literal_backend(BootNotification=lambda _: {"status": "Rejected"}))
    manager = await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await result(wallbox, "BootNotification", BOOT)
    assert manager.stations.by_id["CP1"].presence.boot_text is None
    await world.kill()


@in_virtual_time()
async def test_a_transaction_is_recorded_with_the_backends_id_p1() -> None:
    site = await started()
    running = state(site).evse.transaction
    assert running is not None
    assert (running.backend_id, running.may_charge) == (9001, True)
    (record,) = await records(site)
    assert record.backend_transaction_id == 9001
    assert record.start.link_id == "stall-1 CP1@backend relayed"
    assert record.stop is None
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 9001})
    (record,) = await records(site)
    assert record.stop == TransactionStop(52000, "2026-05-15T15:00:00Z", "Local")
    assert state(site).evse.transaction is None
    await site.world.kill()


@in_virtual_time()
async def test_frames_of_a_relayed_transaction_are_evidence_as_well_r122() -> None:
    site = await started()
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T15:00:00Z", 9001))
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T15:01:00Z", 77))
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T15:02:00Z", None))
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 9001})
    (record,) = await records(site)
    frames = await site.world.store.frames(record.transaction_id)
    actions = ("StartTransaction", "MeterValues", "StopTransaction")
    assert [(frame.action, frame.way) for frame in frames] == [
        (action, way) for action in actions for way in (FrameWay.RECEIVED, FrameWay.SENT)
    ]
    for came, sent in zip(frames[::2], frames[1::2], strict=True):
        assert json.loads(came.text)[3] == json.loads(sent.text)[3]
        assert sent.text in site.backend.texts
        assert came.end == "CP1"
        assert sent.end == record.start.link_id
    await site.world.kill()


@in_virtual_time()
async def test_a_relayed_announcement_of_keys_is_known_for_evidence_r114() -> None:
    site = await started()
    names = {"vendorId": "generalConfiguration", "messageId": "setMeterConfiguration"}
    await result(site.wallbox, "DataTransfer", {"vendorId": "com.example.giro", "data": "x"})
    await result(site.wallbox, "DataTransfer", names | {"data": "{}"})
    await settled()
    known = state(site).station.meter_configuration
    assert json.loads(known or "") == names | {"data": "{}"}
    assert len(site.backend.all_of("DataTransfer")) == 2
    await site.world.kill()


@in_virtual_time()
async def test_a_refused_card_does_not_charge_r62() -> None:
    site = await started(literal_backend(StartTransaction=lambda _: REFUSED))
    running = state(site).evse.transaction
    assert running is not None
    assert not running.may_charge
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("StartTransaction", START, Refusal()),
        ("StartTransaction", START, ACCEPTED),
        ("StartTransaction", {"idTag": "A"}, TAKEN | {"transactionId": 5}),
        ("StopTransaction", {}, {}),
        ("StopTransaction", STOP | {"transactionId": 4711}, {}),
        ("MeterValues", {"connectorId": 7, "meterValue": []}, {}),
        ("MeterValues", {}, {}),
        ("StatusNotification", {"connectorId": 0, "status": "Available"}, {}),
        ("StatusNotification", {"connectorId": 1, "status": "Unknown"}, {}),
    ],
)
@in_virtual_time()
async def test_what_makes_no_sense_passes_and_leaves_nothing_behind_r13(
    action: str, payload: Json, answer: Json
) -> None:
    site = await a_relayed_site()
    site.backend.answers[action] = lambda _: answer
    before = state(site).evse.connector
    await site.wallbox.ask(action, payload)
    assert site.backend.all_of(action)[-1] == payload
    assert await records(site) == ()
    assert state(site).evse.connector == before
    await site.world.kill()


@in_virtual_time()
async def test_a_repetition_counts_once_unless_the_backend_numbers_it_anew_r67() -> None:
    answer = ACCEPTED | {"transactionId": 9001}
    site = await started(literal_backend(StartTransaction=lambda _: answer))
    await result(site.wallbox, "StartTransaction", START)
    assert [record.backend_transaction_id for record in await records(site)] == [9001]
    site.backend.answers["StartTransaction"] = lambda _: ACCEPTED | {"transactionId": 9002}
    await result(site.wallbox, "StartTransaction", START)
    assert [record.backend_transaction_id for record in await records(site)] == [9002, 9001]
    running = state(site).evse.transaction
    assert running is not None
    assert running.backend_id == 9002
    await site.world.kill()


@in_virtual_time()
async def test_a_start_at_a_connector_the_site_does_not_have_is_recorded_without_an_evse() -> None:
    site = await a_relayed_site()
    await result(site.wallbox, "StartTransaction", START | {"connectorId": 2})
    (record,) = await records(site)
    assert record.start.evse_id == ""
    assert state(site).evse.transaction is None
    await site.world.kill()


@in_virtual_time()
async def test_a_full_disk_stops_nothing_that_passes() -> None:
    site = await a_relayed_site()
    site.world.store.failing = True
    assert (await result(site.wallbox, "StartTransaction", START))["transactionId"] == 9001
    await settled()
    site.world.store.failing = False
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 9001})
    assert await records(site) == ()
    await site.world.kill()


@in_virtual_time()
async def test_a_relayed_transaction_that_is_open_goes_on_after_a_restart_r77() -> None:
    site = await started()
    await site.world.kill()
    await site.world.start()
    running = state(site).evse.transaction
    assert running is not None
    assert running.backend_id == 9001
    await site.world.boot("CP1", site.wallbox)
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 9001})
    (record,) = await records(site)
    assert record.stop is not None
    assert state(site).evse.transaction is None
    await site.world.kill()
