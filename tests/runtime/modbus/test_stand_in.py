"""A wallbox on Modbus is a whole charge point for whoever speaks OCPP (R108-R110, P16)."""

import asyncio
from dataclasses import replace

import pytest
import structlog
from tests.support.stand_in_bench import MODEL, Bench, settle
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.modbus.wallbox_values import WallboxModel
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.store import Change, NoteRecord, SaveNote
from wattgate.runtime.modbus.stand_in import LOST_S, START_S
from wattgate.runtime.modbus.stand_in_kept import SCOPE

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "startSchedule": "2026-05-15T11:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
    },
}


@in_virtual_time()
async def test_it_boots_as_the_wallbox_that_it_stands_for_r110() -> None:
    async with Bench().running() as bench:
        assert bench.central.calls == []
        await bench.says()
        assert bench.central.all_of("BootNotification") == [
            {
                "chargePointVendor": "Maker",
                "chargePointModel": "Box 11",
                "chargePointSerialNumber": "4711",
                "firmwareVersion": "1.2",
            }
        ]
        assert bench.statuses() == ["Available"]


@in_virtual_time()
async def test_a_session_from_card_to_bill_shows_what_the_meter_shows_r108_r109() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        start = bench.central.all_of("StartTransaction")[0]
        assert (start["idTag"], start["meterStart"]) == ("04A2", 5000)
        await asyncio.sleep(2400)
        await bench.says(energy_wh=9000.0)
        await asyncio.sleep(60)
        samples = bench.central.all_of("MeterValues")[-1]
        assert "9000" in [each["value"] for each in samples["meterValue"][0]["sampledValue"]]
        await bench.says(pilot=Pilot.A, energy_wh=9001.6, power_w=0.0)
        stop = bench.central.all_of("StopTransaction")[0]
        assert (stop["meterStop"], stop["reason"]) == (9001, "EVDisconnected")
        assert bench.statuses() == ["Preparing", "SuspendedEV", "Charging", "Available"]
        assert bench.wallbox.offers == [0.0, 16.0, 0.0]


@pytest.mark.parametrize(
    ("pilot", "in_session", "status"),
    [
        (Pilot.A, False, "Available"),
        (Pilot.B, False, "Preparing"),
        (Pilot.C, False, "Preparing"),
        (Pilot.B, True, "SuspendedEV"),
        (Pilot.C, True, "Charging"),
        (Pilot.D, True, "Charging"),
        (Pilot.E, True, "SuspendedEV"),
    ],
)
@in_virtual_time()
async def test_the_pilot_is_the_state_of_the_connector_r108(
    pilot: Pilot, in_session: bool, status: str
) -> None:
    async with Bench().running() as bench:
        await bench.says()
        if in_session:
            await bench.charges()
        await bench.says(pilot=pilot, power_w=0.0, currents_a=None)
        assert bench.statuses()[-1] == status


@in_virtual_time()
async def test_a_fault_of_the_wallbox_is_one_of_the_charge_point_r108() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        await bench.says(pilot=Pilot.F, error_code="GroundFailure")
        report = bench.central.all_of("StatusNotification")[-1]
        assert (report["status"], report["errorCode"]) == ("Faulted", "GroundFailure")
        await bench.says(pilot=Pilot.C, error_code="NoError")
        assert bench.statuses()[-1] == "Charging"
        assert bench.central.all_of("StopTransaction") == []


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, ACCEPTED),
        ("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}, REJECTED),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, ACCEPTED),
        ("ClearCache", {}, ACCEPTED),
        ("DataTransfer", {"vendorId": "Nobody"}, {"status": "UnknownVendorId"}),
        ("GetLocalListVersion", {}, {"listVersion": 0}),
        ("RemoteStartTransaction", {"idTag": "04A2", "connectorId": 1}, ACCEPTED),
        ("RemoteStopTransaction", {"transactionId": 5}, REJECTED),
        ("Reset", {"type": "Soft"}, ACCEPTED),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, ACCEPTED),
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}, ACCEPTED),
        ("ClearChargingProfile", {}, {"status": "Unknown"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, ACCEPTED),
        (
            "TriggerMessage",
            {"requestedMessage": "FirmwareStatusNotification"},
            {"status": "NotImplemented"},
        ),
        ("UnlockConnector", {"connectorId": 1}, {"status": "NotSupported"}),
        ("UpdateFirmware", {"location": "a", "retrieveDate": "2026-05-15T12:00:00Z"}, None),
        ("GetDiagnostics", {"location": "ftp://a"}, None),
        ("CancelReservation", {"reservationId": 1}, None),
        ("ReserveNow", {}, None),
    ],
)
@in_virtual_time()
async def test_it_does_what_core_asks_and_says_not_supported_to_the_rest_r108(
    action: str, payload: Json, answer: Json
) -> None:
    async with Bench().running() as bench:
        await bench.says()
        said = await bench.command(action, payload)
        assert said == (answer if answer is not None else "NotSupported")


@in_virtual_time()
async def test_it_lists_what_it_can_do_and_nothing_else_r108() -> None:
    async with Bench().running() as bench:
        await bench.says()
        said = await bench.command("GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
        assert set(said["configurationKey"][0]["value"].split(",")) == {
            "Core",
            "LocalAuthListManagement",
            "SmartCharging",
            "RemoteTrigger",
        }


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
@in_virtual_time()
async def test_a_reset_ends_the_session_and_boots_anew_r108(kind: str) -> None:
    async with Bench().running() as bench:
        await bench.charges()
        assert await bench.command("Reset", {"type": kind}) == ACCEPTED
        await asyncio.sleep(START_S + 1)
        assert bench.central.all_of("StopTransaction")[0]["reason"] == f"{kind}Reset"
        assert len(bench.central.all_of("BootNotification")) == 2
        assert bench.wallbox.offers[-1] == 0.0


@in_virtual_time()
async def test_a_backend_starts_and_stops_from_afar_r108() -> None:
    async with Bench().running() as bench:
        await bench.says(pilot=Pilot.B)
        await bench.command("RemoteStartTransaction", {"idTag": "04A2"})
        await bench.central.got("StartTransaction")
        await settle()
        assert await bench.command("RemoteStopTransaction", {"transactionId": 77}) == ACCEPTED
        assert (await bench.central.got("StopTransaction"))["reason"] == "Remote"


@in_virtual_time()
async def test_the_card_of_the_session_ends_it_and_a_refused_one_begins_none_p29() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        await bench.says(card="")
        await bench.says(card="04A2")
        assert bench.wallbox.offers[-1] == 0.0
        assert bench.central.all_of("StopTransaction") == []
        await bench.says(energy_wh=5009.0, power_w=0.0, currents_a=(0.0, 0.0, 0.0))
        (stop,) = bench.central.all_of("StopTransaction")
        assert (stop["idTag"], stop["meterStop"]) == ("04A2", 5009)
    bench = Bench()
    bench.central.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    async with bench.running():
        await bench.charges()
        assert bench.central.all_of("StartTransaction") == []
        assert bench.wallbox.offers == [0.0]


@in_virtual_time()
async def test_a_card_that_was_there_before_is_not_presented_r108() -> None:
    async with Bench().running() as bench:
        await bench.says(pilot=Pilot.B, card="04A2")
        bench.wallbox.connection += 1
        await bench.says(card="0555")
        assert bench.central.all_of("Authorize") == []


@in_virtual_time()
async def test_out_of_reach_the_session_goes_on_and_is_a_fault_after_a_minute_r109() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        await bench.says(energy_wh=5800.0)
        assert bench.stand_in is not None
        bench.stand_in.lost()
        await asyncio.sleep(LOST_S - 1)
        bench.stand_in.lost()
        assert bench.statuses()[-1] == "Charging"
        await asyncio.sleep(2)
        report = bench.central.all_of("StatusNotification")[-1]
        assert (report["status"], report["errorCode"]) == ("Faulted", "OtherError")
        assert bench.central.all_of("StopTransaction") == []
        await bench.says(energy_wh=5810.0)
        assert bench.statuses()[-1] == "Charging"
        assert len(bench.central.all_of("BootNotification")) == 1


@in_virtual_time()
async def test_a_session_that_ends_out_of_reach_is_billed_by_the_last_good_value_r109() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        await asyncio.sleep(600)
        await bench.says(energy_wh=5800.0)
        assert bench.stand_in is not None
        bench.stand_in.lost()
        await asyncio.sleep(LOST_S + 1)
        await bench.command("RemoteStopTransaction", {"transactionId": 77})
        assert (await bench.central.got("StopTransaction"))["meterStop"] == 5800
        assert bench.wallbox.offers == [0.0, 16.0]  # nothing gets there
        await bench.says(energy_wh=5900.0)
        assert bench.wallbox.offers[-1] == 0.0


@in_virtual_time()
async def test_a_session_that_was_out_of_reach_gets_its_current_back_r109() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        assert bench.stand_in is not None
        bench.stand_in.lost()
        await asyncio.sleep(LOST_S + 1)
        await bench.says()
        assert bench.wallbox.offers[-1] == 16.0


class SlowDisk(MemoryStore):
    """Takes its time."""

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        await asyncio.sleep(3)
        return await super().commit(*changes)


@in_virtual_time()
async def test_what_waited_for_the_disk_is_not_said_on_the_next_link_r41() -> None:
    async with Bench(store=SlowDisk()).running() as bench:
        await bench.says()
        await asyncio.sleep(30)
        bench.central.calls.clear()
        await bench.says(pilot=Pilot.B)
        bench.central.hang_up()
        await asyncio.sleep(30)
        assert len(bench.central.calls) == 1
        assert bench.statuses() == ["Preparing"]


@in_virtual_time()
async def test_a_short_break_is_no_fault_r109() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        assert bench.stand_in is not None
        bench.stand_in.lost()
        await asyncio.sleep(LOST_S - 1)
        bench.stand_in.found()
        await asyncio.sleep(LOST_S)
        assert "Faulted" not in bench.statuses()


@in_virtual_time()
async def test_a_wallbox_that_never_answers_is_faulted_not_absent_r108() -> None:
    bench = Bench()
    bench.wallbox.model = None
    async with bench.running():
        await asyncio.sleep(LOST_S + 1)
        boot = bench.central.all_of("BootNotification")[0]
        assert boot == {"chargePointVendor": "unknown", "chargePointModel": "Modbus wallbox"}
        assert bench.statuses() == ["Faulted"]
        bench.wallbox.model = MODEL
        await bench.says()
        assert bench.central.all_of("BootNotification")[1]["chargePointSerialNumber"] == "4711"
        assert bench.statuses()[-1] == "Available"


@in_virtual_time()
async def test_load_management_pauses_and_the_session_stays_p32() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        assert bench.stand_in is not None
        bench.stand_in.let(0.0)
        await bench.says(pilot=Pilot.B, power_w=0.0, currents_a=None)
        assert bench.statuses()[-1] == "SuspendedEVSE"
        bench.stand_in.let(10.0)
        await bench.says(pilot=Pilot.C)
        assert bench.statuses()[-1] == "Charging"
        assert bench.wallbox.offers == [0.0, 16.0, 0.0, 10.0]
        bench.stand_in.let(None)
        assert bench.wallbox.offers[-1] == 16.0
        assert bench.central.all_of("StopTransaction") == []


@in_virtual_time()
async def test_a_profile_of_the_backend_is_what_the_wallbox_is_offered_p31() -> None:
    async with Bench().running() as bench:
        await bench.charges()
        payload = {"connectorId": 1, "csChargingProfiles": PROFILE}
        assert await bench.command("SetChargingProfile", payload) == ACCEPTED
        assert bench.wallbox.offers == [0.0, 16.0, 8.0]


# Restarts


@in_virtual_time()
async def test_a_restart_in_a_session_goes_on_with_it_and_bills_what_was_drawn_meanwhile() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
        await bench.says(energy_wh=5500.0)
    await asyncio.sleep(600)
    bench.central.calls.clear()
    async with bench.running():
        assert bench.wallbox.offers[-1] == 16.0
        await bench.says(energy_wh=6500.0)
        assert bench.statuses() == ["Charging"]
        assert bench.central.all_of("StartTransaction") == []
        await bench.says(pilot=Pilot.A, energy_wh=6600.0)
        stop = bench.central.all_of("StopTransaction")[0]
        assert (stop["transactionId"], stop["meterStop"]) == (77, 6600)


@in_virtual_time()
async def test_a_car_that_left_meanwhile_is_billed_by_the_counter() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
    await asyncio.sleep(600)
    async with bench.running():
        await bench.says(pilot=Pilot.A, energy_wh=5900.0, power_w=0.0)
        stop = bench.central.all_of("StopTransaction")[0]
        assert (stop["meterStop"], stop["reason"]) == (5900, "EVDisconnected")


@in_virtual_time()
async def test_a_counter_that_began_anew_meanwhile_goes_on_from_where_it_was_r109() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
    await asyncio.sleep(600)
    async with bench.running():
        await bench.says(energy_wh=0.0)
        await bench.says(energy_wh=40.0)
        await bench.says(pilot=Pilot.A, energy_wh=90.0, power_w=0.0)
        assert bench.central.all_of("StopTransaction")[0]["meterStop"] == 5090


@in_virtual_time()
async def test_what_another_wallbox_in_its_place_has_counted_is_on_nobodys_bill_r109() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
    await asyncio.sleep(3000)
    async with bench.running():
        bench.wallbox.model = replace(MODEL, firmware="1.3", serial="4712")
        await bench.says(energy_wh=7000.0)
        await bench.says(energy_wh=7100.0)
        bench.wallbox.model = None  # it does not say it every time
        await bench.says(pilot=Pilot.A, energy_wh=7150.0, power_w=0.0)
        assert bench.central.all_of("StopTransaction")[0]["meterStop"] == 5150


@in_virtual_time()
async def test_availability_and_settings_outlive_a_restart_r108() -> None:
    bench = Bench()
    async with bench.running():
        await bench.says()
        await bench.command("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
        await bench.command(
            "ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "15"}
        )
    async with bench.running():
        await bench.says()
        assert bench.statuses()[-1] == "Unavailable"
        said = await bench.command("GetConfiguration", {"key": ["MeterValueSampleInterval"]})
        assert said["configurationKey"][0]["value"] == "15"


@in_virtual_time()
async def test_what_nobody_has_taken_is_sent_again_after_a_restart_word_for_word_r67() -> None:
    bench = Bench()
    bench.central.answers["StartTransaction"] = lambda _: None
    async with bench.running():
        await bench.charges()
        first = bench.central.all_of("StartTransaction")
    await asyncio.sleep(60)
    bench.central.answers["StartTransaction"] = lambda _: {
        "transactionId": 78,
        "idTagInfo": ACCEPTED,
    }
    async with bench.running():
        await bench.says()
        assert bench.central.all_of("StartTransaction") == first * 2
        await bench.says(pilot=Pilot.A)
        assert bench.central.all_of("StopTransaction")[0]["transactionId"] == 78


@in_virtual_time()
async def test_it_is_known_by_its_make_before_it_answers_after_a_restart_r110() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
    bench.wallbox.model = None
    async with bench.running():
        await asyncio.sleep(LOST_S + 1)
        assert bench.central.all_of("BootNotification")[1]["chargePointSerialNumber"] == "4711"
        assert bench.statuses()[-1] == "Faulted"
        assert bench.central.all_of("StopTransaction") == []


@in_virtual_time()
async def test_a_killed_one_does_nothing_any_more() -> None:
    bench = Bench()
    async with bench.running():
        await bench.charges()
    await settle()
    calls, offers = list(bench.central.calls), list(bench.wallbox.offers)
    await bench.says(pilot=Pilot.A)
    await asyncio.sleep(600)
    assert (bench.central.calls, bench.wallbox.offers) == (calls, offers)


@in_virtual_time()
async def test_names_that_are_too_long_for_a_boot_are_cut_r110() -> None:
    bench = Bench()
    bench.wallbox.model = WallboxModel(vendor="v" * 30, model="m" * 30, serial="s" * 30)
    async with bench.running():
        await bench.says()
        boot = bench.central.all_of("BootNotification")[0]
        assert [len(text) for text in boot.values()] == [20, 20, 25]


@pytest.mark.parametrize("text", ["{", "{}", '{"charge_point": "nonsense"}', '{"register": 7}'])
@in_virtual_time()
async def test_what_was_kept_and_cannot_be_read_is_said_and_counts_as_none(
    text: str,
) -> None:
    bench = Bench()
    await bench.store.commit(SaveNote(NoteRecord(SCOPE, "garage", text)))
    with structlog.testing.capture_logs() as said:
        async with bench.running():
            await bench.charges()
            assert bench.central.all_of("StartTransaction")[0]["meterStart"] == 5000
    errors = [each for each in said if each["event"] == "what was kept cannot be read"]
    assert len(errors) == (0 if text == "{}" else 1)


@in_virtual_time()
async def test_a_message_is_never_given_up_however_often_it_is_refused_p17() -> None:
    bench = Bench()
    bench.central.answers["StartTransaction"] = lambda _: None
    async with bench.running():
        await bench.charges()
        await asyncio.sleep(1500)
        bench.central.answers["StartTransaction"] = lambda _: {
            "transactionId": 78,
            "idTagInfo": ACCEPTED,
        }
        await asyncio.sleep(1500)
        starts = bench.central.all_of("StartTransaction")
        assert len(starts) > 3
        assert all(each == starts[0] for each in starts)
        await bench.says(pilot=Pilot.A)
        assert bench.central.all_of("StopTransaction")[0]["transactionId"] == 78
