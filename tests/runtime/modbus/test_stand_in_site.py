"""Wallboxes on Modbus in a whole site: cards, bills and limits as for any other (P16, R108)."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import Value, card, evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World, a_backend

from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest

URL = "ws://backend.example/garage"
CARD = "04A2B3C4"
GATEWAY = {"url": "ws://backend.example/", "client_id": "garage"}


def a_site(*tables: str, backend: bool = True, mode: str = "active", **fields: Value) -> str:
    gateways: list[Mapping[str, Value]] = [GATEWAY] if backend else []
    own = evse("garage", "192.0.2.50", *gateways, device_type="power-brain", **fields)
    return site(own, *tables, load_management=mode)


def a_world(site_toml: str) -> tuple[World, PaperBrain, Scripted]:
    world, backend = World(site_toml), a_backend()
    world.dialer.backends[URL] = backend
    return world, world.lines.put(PaperBrain(clock=world.clock)), backend


async def charges(brain: PaperBrain, id_tag: str = CARD) -> None:
    """A car comes, a card is shown, and the car has begun to charge."""
    brain.plug()
    await asyncio.sleep(6)
    brain.show(id_tag)
    await asyncio.sleep(14)
    assert brain.drawn_a > 0


async def until_stopped(backend: Scripted) -> Mapping[str, object]:
    stop: Mapping[str, object] = await backend.got("StopTransaction")
    return stop


@in_virtual_time()
async def test_a_session_is_authorised_limited_and_billed_by_the_meter_p16_p29_r109() -> None:
    world, brain, backend = a_world(a_site())
    await world.start()
    assert (await backend.got("BootNotification"))["chargePointSerialNumber"] == "4711"
    await charges(brain)
    assert backend.all_of("Authorize") == [{"idTag": CARD}]
    start = backend.all_of("StartTransaction")[0]
    assert (start["connectorId"], start["idTag"], start["meterStart"]) == (1, CARD, 5000)
    await asyncio.sleep(1800)
    brain.unplug()
    stop = await until_stopped(backend)
    assert stop["meterStop"] == int(brain.energy_wh)
    assert brain.energy_wh > 9000
    await asyncio.sleep(10)
    assert brain.allowed_a == 0
    await world.kill()


@in_virtual_time()
async def test_a_refused_card_gets_no_current_p29() -> None:
    world, brain, backend = a_world(a_site())
    backend.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    await world.start()
    brain.plug()
    await asyncio.sleep(10)
    brain.show(CARD)
    await asyncio.sleep(120)
    assert backend.all_of("StartTransaction") == []
    assert (brain.energy_wh, brain.allowed_a) == (5000.0, 0.0)
    await world.kill()


@in_virtual_time()
async def test_the_card_of_the_site_counts_where_there_is_no_backend_p29() -> None:
    world, brain, _ = a_world(a_site(card(CARD), backend=False))
    manager = await world.start()
    await charges(brain)
    brain.unplug()
    await asyncio.sleep(10)
    (record,) = await manager.transactions()
    assert (record.start.id_tag, record.start.evse_id) == (CARD, "garage")
    await world.kill()


@in_virtual_time()
async def test_where_everybody_may_charge_a_car_only_has_to_be_plugged_in() -> None:
    world, brain, _ = a_world(a_site(backend=False))
    manager = await world.start()
    await asyncio.sleep(5)
    brain.plug()
    await asyncio.sleep(30)
    assert brain.drawn_a == 16
    brain.unplug()
    await asyncio.sleep(10)
    (record,) = await manager.transactions()
    assert record.start.id_tag == "FREE"
    await world.kill()


@pytest.mark.parametrize(("shown", "id_tag"), [(None, "0FIXED"), (CARD, CARD)])
@in_virtual_time()
async def test_the_fixed_card_counts_unless_one_is_presented_r57(
    shown: str | None, id_tag: str
) -> None:
    world, brain, backend = a_world(a_site(fixed_rfid="0FIXED"))
    await world.start()
    await asyncio.sleep(5)
    brain.plug()
    await asyncio.sleep(5)
    if shown is not None:
        brain.show(shown)
    start = await backend.got("StartTransaction")
    assert start["idTag"] == id_tag
    await asyncio.sleep(60)
    assert len(backend.all_of("StartTransaction")) == 1
    await world.kill()


@in_virtual_time()
async def test_where_no_card_can_be_shown_the_fixed_one_is_not_kept_waiting_r57() -> None:
    world, brain, backend = a_world(a_site(fixed_rfid="0FIXED"))
    without_reader = replace(POWER_BRAIN_DEFINITION.read, card=None, card_count=None)
    world.definition = replace(POWER_BRAIN_DEFINITION, read=without_reader)
    await world.start()
    await asyncio.sleep(5)
    brain.plug()
    await asyncio.sleep(6)
    assert [each["idTag"] for each in backend.all_of("StartTransaction")] == ["0FIXED"]
    await world.kill()


@in_virtual_time()
async def test_a_fixed_card_that_is_not_to_start_starts_nothing_r57() -> None:
    world, brain, backend = a_world(a_site(fixed_rfid="0FIXED", fixed_rfid_start=False))
    await world.start()
    await asyncio.sleep(5)
    brain.plug()
    await asyncio.sleep(120)
    assert backend.all_of("StartTransaction") == []
    await world.kill()


@in_virtual_time()
async def test_what_load_management_allowed_counts_no_more_once_it_observes_p1() -> None:
    world, brain, _ = a_world(a_site(mode="active"))
    manager = await world.start()
    await charges(brain)
    await manager.patch_site({"max_current_a": 10.0})
    await asyncio.sleep(30)
    assert brain.drawn_a == 10
    await manager.patch_site({"load_management": "observe"})
    await asyncio.sleep(60)
    assert brain.drawn_a == 16
    await world.kill()


@in_virtual_time()
async def test_a_pause_of_load_management_is_told_and_ends_nothing_p32() -> None:
    world, brain, backend = a_world(a_site())
    manager = await world.start()
    await charges(brain)
    await manager.patch_site({"max_current_a": 3.0})
    await asyncio.sleep(30)
    assert brain.drawn_a == 0
    assert backend.all_of("StatusNotification")[-1]["status"] == "SuspendedEVSE"
    await manager.patch_site({"max_current_a": 10.0, "pause_s": 0})
    await asyncio.sleep(60)
    assert brain.drawn_a == 10
    assert backend.all_of("StatusNotification")[-1]["status"] == "Charging"
    assert backend.all_of("StopTransaction") == []
    await world.kill()


PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
    },
}
SET_PROFILE = {"connectorId": 1, "csChargingProfiles": PROFILE}


@pytest.mark.parametrize("mode", ["active", "observe"])
@in_virtual_time()
async def test_a_profile_of_the_backend_caps_in_either_mode_p31(mode: str) -> None:
    world, brain, backend = a_world(a_site(mode=mode))
    await world.start()
    await charges(brain)
    assert brain.drawn_a == 16
    answer = await backend.ask("SetChargingProfile", SET_PROFILE)
    assert answer[2] == {"status": "Accepted"}
    await asyncio.sleep(10)
    assert brain.drawn_a == 8
    await backend.ask("ClearChargingProfile", {})
    await asyncio.sleep(400)
    assert brain.drawn_a == 16
    await world.kill()


@in_virtual_time()
async def test_a_profile_goes_along_when_load_management_takes_over_and_leaves_p31() -> None:
    world, brain, backend = a_world(a_site(mode="observe"))
    manager = await world.start()
    await charges(brain)
    await backend.ask("SetChargingProfile", SET_PROFILE)
    await manager.patch_site({"load_management": "active"})
    await asyncio.sleep(60)
    assert brain.drawn_a == 8
    await backend.ask("ClearChargingProfile", {})
    await asyncio.sleep(400)
    assert brain.drawn_a == 16
    await backend.ask("SetChargingProfile", SET_PROFILE)
    await asyncio.sleep(10)
    await manager.patch_site({"load_management": "observe"})
    await asyncio.sleep(60)
    assert brain.drawn_a == 8
    await world.kill()


# Section A of the seed: observe, with the fields of a gateway


@in_virtual_time()
async def test_in_observe_the_backend_decides_alone_and_without_it_nobody_charges() -> None:
    world, brain, backend = a_world(a_site(mode="observe"))
    brain.limit_a, brain.is_enabled = 16.0, True
    await world.start()
    brain.plug()
    await asyncio.sleep(30)
    assert brain.drawn_a == 0
    brain.show(CARD)
    await asyncio.sleep(30)
    assert brain.drawn_a == 16
    transaction_id = 9001
    await backend.ask("RemoteStopTransaction", {"transactionId": transaction_id})
    await until_stopped(backend)
    await asyncio.sleep(10)
    assert brain.drawn_a == 0
    assert brain.written("fail_safe_duration") == []
    await world.kill()


@in_virtual_time()
async def test_beside_another_controller_what_that_has_lowered_stays() -> None:
    world, brain, _ = a_world(a_site(mode="observe"))
    await world.start()
    await charges(brain)
    brain.limit_a = 8.0
    await asyncio.sleep(30)
    assert brain.drawn_a == 8
    brain.limit_a = 12.0
    await asyncio.sleep(30)
    assert brain.drawn_a == 12
    brain.unplug()
    await asyncio.sleep(10)
    brain.limit_a, brain.is_enabled = 16.0, True
    brain.plug()
    await asyncio.sleep(30)
    assert brain.drawn_a == 0
    await world.kill()


@in_virtual_time()
async def test_in_observe_without_a_backend_nothing_is_ever_written_p1() -> None:
    world, brain, _ = a_world(a_site(backend=False, mode="observe"))
    brain.limit_a, brain.is_enabled = 16.0, True
    manager = await world.start()
    await asyncio.sleep(10)
    brain.plug()
    await asyncio.sleep(600)
    brain.unplug()
    await asyncio.sleep(30)
    assert brain.writes == []
    assert brain.reads > 100
    (record,) = await manager.transactions()
    assert record.start.id_tag == "FREE"
    await world.kill()


# Faults


@in_virtual_time()
async def test_a_manager_that_is_killed_goes_on_with_the_session_and_bills_all_of_it_r77() -> None:
    world, brain, backend = a_world(a_site(fallback_current_a=6))
    await world.start()
    await charges(brain)
    await asyncio.sleep(300)
    await world.kill()
    await asyncio.sleep(900)
    assert brain.drawn_a == 6
    await world.start()
    await asyncio.sleep(30)
    assert brain.drawn_a == 16
    brain.unplug()
    stop = await until_stopped(backend)
    assert (stop["transactionId"], stop["meterStop"]) == (9001, int(brain.energy_wh))
    await asyncio.sleep(30)
    assert len(backend.all_of("StartTransaction")) == 1
    assert len(backend.all_of("StopTransaction")) == 1
    await world.kill()


@in_virtual_time()
async def test_an_evse_gone_with_its_definition_is_not_spoken_to_and_its_bill_comes_r77() -> None:
    world, brain, backend = a_world(a_site())
    await world.start()
    await charges(brain)
    await asyncio.sleep(300)
    await world.kill()
    told = brain.reads + len(brain.writes)
    world.undefined = frozenset({"garage"})
    world.site_toml = a_site(enabled=False)
    manager = await world.start()
    stop = await until_stopped(backend)
    assert stop["transactionId"] == 9001
    assert 5000 < int(str(stop["meterStop"])) <= brain.energy_wh
    await asyncio.sleep(600)
    assert brain.reads + len(brain.writes) == told
    assert manager.limits.position("garage").worst_a == 16
    assert "nobody speaks to this wallbox" in "".join(each.message for each in manager.remarks())
    await world.kill()


@in_virtual_time()
async def test_a_restart_gives_nothing_before_load_management_has_spoken() -> None:
    """What the backend allows is no reason to draw more than there is room for."""
    world, brain, _ = a_world(a_site(fallback_current_a=6))
    manager = await world.start()
    await charges(brain)
    await manager.patch_site({"max_current_a": 10.0})
    await asyncio.sleep(30)
    await world.kill()
    world.site_toml = world.site_toml.replace("max_current_a = 32", "max_current_a = 10")
    brain.writes.clear()
    await world.start()
    await asyncio.sleep(60)
    limits = [value for value in brain.written("charging_cur_limit") if isinstance(value, float)]
    assert limits
    assert max(limits) == 10
    assert brain.drawn_a == 10
    await world.kill()


@in_virtual_time()
async def test_a_lost_wallbox_keeps_its_session_and_is_told_as_faulted_r109() -> None:
    world, brain, backend = a_world(a_site(fallback_current_a=6))
    await world.start()
    await charges(brain)
    brain.is_reachable = False
    await asyncio.sleep(120)
    report = backend.all_of("StatusNotification")[-1]
    assert (report["status"], report["errorCode"]) == ("Faulted", "OtherError")
    assert backend.all_of("StopTransaction") == []
    await asyncio.sleep(480)
    assert brain.drawn_a == 6
    brain.is_reachable = True
    await asyncio.sleep(60)
    assert backend.all_of("StatusNotification")[-1]["status"] == "Charging"
    assert brain.drawn_a == 16
    brain.unplug()
    assert (await until_stopped(backend))["meterStop"] == int(brain.energy_wh)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_restarts_goes_on_with_its_session_r109() -> None:
    world, brain, backend = a_world(a_site())
    await world.start()
    await charges(brain)
    await asyncio.sleep(600)
    before_wh = brain.energy_wh
    brain.restart(energy_wh=0.0)
    await asyncio.sleep(600)
    assert brain.drawn_a == 16
    brain.unplug()
    stop = await until_stopped(backend)
    assert stop["meterStop"] == pytest.approx(before_wh + brain.energy_wh, abs=20)
    await world.kill()


@in_virtual_time()
async def test_while_the_backend_is_away_a_session_is_kept_and_delivered_later_p17() -> None:
    world, brain, backend = a_world(a_site(card(CARD)))
    await world.start()
    await backend.got("BootNotification")
    del world.dialer.backends[URL]
    backend.hang_up()
    await charges(brain)
    await asyncio.sleep(600)
    brain.unplug()
    await asyncio.sleep(30)
    world.dialer.backends[URL] = backend
    stop = await until_stopped(backend)
    assert stop["meterStop"] == int(brain.energy_wh)
    await world.kill()


@in_virtual_time()
async def test_nobody_comes_as_a_wallbox_on_modbus_by_the_ocpp_port_s1() -> None:
    world, _, _ = a_world(a_site())
    manager = await world.start()
    for path in (
        "/modbus/garage",
        "/garage",
        "/modbus%2Fgarage",
        "/192.0.2.50",
        "/x/modbus/garage",
    ):
        request = HandshakeRequest(path, ("ocpp1.6",), None, "192.0.2.7:1")
        assert not isinstance(manager.stations.admit(request), Admitted), path
    await world.kill()


@in_virtual_time()
async def test_there_is_nothing_to_prove_of_a_wallbox_on_modbus() -> None:
    world, _, _ = a_world(a_site())
    manager = await world.start()
    found = manager.evse("garage")
    assert found is not None
    assert "nothing to prove" in (manager.operations.prove(found.evse) or "")
    assert manager.certificates("modbus/garage") is None
    await world.kill()


@pytest.mark.parametrize("away_s", [0, 60])
@in_virtual_time()
async def test_what_another_wallbox_in_its_place_has_counted_is_on_nobodys_bill_r109(
    away_s: float,
) -> None:
    world, brain, backend = a_world(a_site())
    await world.start()
    await charges(brain)
    await asyncio.sleep(600)
    brain.is_reachable = not away_s
    await asyncio.sleep(away_s)
    drawn_wh = brain.energy_wh - 5000
    brain.serial, brain.is_reachable = "4712", True
    brain.restart(777.0)
    await asyncio.sleep(60)
    brain.unplug()
    stop_wh = (await backend.got("StopTransaction"))["meterStop"]
    drawn_wh += brain.energy_wh - 777
    assert drawn_wh - 200 < stop_wh - 5000 <= drawn_wh
    await world.kill()
