import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, online

from wattgate.core.wallbox.actions import Plug, PresentCard, PressStop

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}


def availability(wallbox: Wallbox, connector: int, kind: str) -> object:
    return wallbox.command("ChangeAvailability", {"connectorId": connector, "type": kind})


def test_an_idle_connector_goes_out_of_service_at_once_and_comes_back() -> None:
    wallbox = online(connectors=2)
    assert availability(wallbox, 1, "Inoperative") == ACCEPTED
    assert wallbox.statuses(1)[-1] == "Unavailable"
    assert wallbox.statuses(2)[-1] == "Available"
    assert availability(wallbox, 1, "Operative") == ACCEPTED
    assert wallbox.statuses(1)[-1] == "Available"


def test_a_transaction_may_finish_first_r86() -> None:
    wallbox = charging()
    assert availability(wallbox, 0, "Inoperative") == {"status": "Scheduled"}
    assert wallbox.statuses()[-1] == "Charging"
    wallbox.act(PressStop())
    assert wallbox.statuses()[-1] == "Unavailable"


def test_staying_in_service_is_accepted_while_a_transaction_runs() -> None:
    assert availability(charging(), 1, "Operative") == ACCEPTED


def test_a_connector_that_is_not_there_stays_that_way() -> None:
    assert availability(online(), 2, "Operative") == REJECTED


def test_configuration_is_changed_and_told() -> None:
    wallbox = online()
    request = {"key": "MeterValueSampleInterval", "value": "5"}
    assert wallbox.command("ChangeConfiguration", request) == ACCEPTED
    answer = wallbox.command("GetConfiguration", {"key": ["MeterValueSampleInterval"]})
    assert answer["configurationKey"][0]["value"] == "5"
    wallbox.act(Plug(), PresentCard(CARD))
    wallbox.later(10)
    assert len(wallbox.sent("MeterValues")) == 2


def test_a_new_heartbeat_interval_counts_from_now() -> None:
    wallbox = online()
    wallbox.command("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "10"})
    wallbox.later(20)
    assert len(wallbox.sent("Heartbeat")) == 3


@pytest.mark.parametrize(
    ("echo", "request_", "answer"),
    [
        (False, {"vendorId": "V", "data": "x"}, {"status": "UnknownVendorId"}),
        (True, {"vendorId": "V", "data": "x"}, {"status": "Accepted", "data": "x"}),
        (True, {"vendorId": "V"}, ACCEPTED),
    ],
)
def test_vendor_data_is_unknown_or_echoed_r91(
    echo: bool, request_: dict[str, str], answer: dict[str, str]
) -> None:
    wallbox = online(echo_data=echo)
    assert wallbox.command("DataTransfer", request_) == answer
    assert wallbox.events("data")[0]["data"] == request_.get("data")


def test_there_are_no_diagnostics() -> None:
    assert online().command("GetDiagnostics", {"location": "ftp://host/"}) == {}


def test_a_firmware_update_fails_and_says_so() -> None:
    wallbox = online()
    request = {"location": "ftp://host/", "retrieveDate": "2026-05-15T12:00:00Z"}
    assert wallbox.command("UpdateFirmware", request) == {}
    assert wallbox.sent("FirmwareStatusNotification") == [{"status": "DownloadFailed"}]


def test_a_soft_reset_delivers_the_stop_first() -> None:
    wallbox = charging()
    wallbox.answers["StopTransaction"] = None
    assert wallbox.command("Reset", {"type": "Soft"}) == ACCEPTED
    assert wallbox.sent("StopTransaction")[0]["reason"] == "SoftReset"
    assert wallbox.reboots() == 0
    wallbox.reply("StopTransaction", {})
    assert wallbox.reboots() == 1


def test_a_soft_reset_does_not_wait_for_ever() -> None:
    wallbox = charging()
    wallbox.answers["StopTransaction"] = None
    wallbox.command("Reset", {"type": "Soft"})
    wallbox.later(15)
    assert wallbox.reboots() == 1


def test_a_hard_reset_is_at_once_and_loses_no_stop() -> None:
    wallbox = charging()
    wallbox.answers["StopTransaction"] = None
    assert wallbox.command("Reset", {"type": "Hard"}) == ACCEPTED
    assert wallbox.reboots() == 1
    wallbox.open.clear()
    wallbox.connect()
    first, second = wallbox.sent("StopTransaction")
    assert first == second
    assert first["reason"] == "HardReset"


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("Heartbeat", "Heartbeat"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("DiagnosticsStatusNotification", "DiagnosticsStatusNotification"),
        ("MeterValues", "MeterValues"),
    ],
)
def test_messages_are_sent_on_demand_r88(message: str, action: str) -> None:
    wallbox = online()
    wallbox.forget()
    assert wallbox.command("TriggerMessage", {"requestedMessage": message}) == ACCEPTED
    assert wallbox.sent_actions() == [action]


@pytest.mark.parametrize(
    "message", ["Heartbeat", "FirmwareStatusNotification", "LogStatusNotification", "MeterValues"]
)
def test_the_security_extension_asks_for_messages_in_its_own_way_r40(message: str) -> None:
    wallbox = online()
    wallbox.forget()
    assert wallbox.command("ExtendedTriggerMessage", {"requestedMessage": message}) == ACCEPTED
    assert wallbox.sent_actions() == [message]


def test_a_wallbox_without_keys_asks_for_no_certificate_r40() -> None:
    request = {"requestedMessage": "SignChargePointCertificate"}
    answer = online().command("ExtendedTriggerMessage", request)
    assert answer == {"status": "NotImplemented"}


@pytest.mark.parametrize(("connector", "reported"), [(None, [0, 1, 2]), (0, [0]), (2, [2])])
def test_states_are_reported_on_demand(connector: int | None, reported: list[int]) -> None:
    wallbox = online(connectors=2)
    wallbox.forget()
    request: dict[str, object] = {"requestedMessage": "StatusNotification"}
    if connector is not None:
        request["connectorId"] = connector
    assert wallbox.command("TriggerMessage", request) == ACCEPTED
    assert [r["connectorId"] for r in wallbox.sent("StatusNotification")] == reported


def test_an_accepted_wallbox_does_not_boot_on_demand_r44() -> None:
    request = {"requestedMessage": "BootNotification"}
    assert online().command("TriggerMessage", request) == REJECTED


def test_a_pending_wallbox_does() -> None:
    wallbox = Wallbox()
    wallbox.answers["BootNotification"] = {
        "status": "Pending",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 300,
    }
    wallbox.connect()
    request = {"requestedMessage": "BootNotification"}
    assert wallbox.command("TriggerMessage", request) == ACCEPTED
    assert wallbox.sent_actions() == ["BootNotification", "BootNotification"]


def test_nothing_is_sent_for_a_connector_that_is_not_there() -> None:
    request = {"requestedMessage": "StatusNotification", "connectorId": 7}
    assert online().command("TriggerMessage", request) == REJECTED
