import json

import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, online, playing, set_limit

from wattgate.core.ocpp.v16.actions import ACTIONS, Sender, decode_response
from wattgate.core.wallbox.actions import Plug
from wattgate.core.wallbox.commands import COMMANDS
from wattgate.core.wallbox.effects import Answer, SendCall
from wattgate.core.wallbox.quirks import Quirk


def test_every_action_of_ocpp_16_is_carried_out_and_of_the_extension_the_trigger() -> None:
    wanted = {
        action
        for action, row in ACTIONS.items()
        if row.sender is not Sender.CHARGE_POINT and not row.security_extension
    }
    assert set(COMMANDS) == wanted | {"ExtendedTriggerMessage"}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Foo", {}, "NotImplemented"),
        ("BootNotification", {}, "NotSupported"),
        ("GetLog", {}, "NotSupported"),
        ("Reset", {}, "OccurenceConstraintViolation"),
        ("Reset", {"type": 5}, "TypeConstraintViolation"),
        ("Reset", {"type": "Medium"}, "PropertyConstraintViolation"),
        (
            "ChangeAvailability",
            {"connectorId": "1", "type": "Operative"},
            "TypeConstraintViolation",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_the_right_code_r11(
    action: str, payload: dict[str, object], code: str
) -> None:
    wallbox = online()
    assert wallbox.command(action, payload) == code
    assert wallbox.events("command")[-1] == {"action": action, "refused": code}


def test_a_wallbox_without_smart_charging_does_not_support_it_and_charges_on() -> None:
    wallbox = charging(**playing(Quirk.NOT_SUPPORTED))
    for action in ("ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile"):
        assert wallbox.command(action, {}) == "NotSupported"
    assert wallbox.command("ClearCache", {}) == {"status": "Accepted"}
    assert wallbox.state()["offered_a"] == 16.0


def test_smart_charging_works_though_it_is_not_listed() -> None:
    wallbox = charging(**playing(Quirk.SMART_CHARGING_UNLISTED))
    assert set_limit(wallbox, 10.0) == "Accepted"
    assert wallbox.state()["offered_a"] == 10.0


def test_a_rejected_wallbox_answers_nothing_r41() -> None:
    wallbox = Wallbox()
    wallbox.answers["BootNotification"] = {
        "status": "Rejected",
        "currentTime": "2026-05-15T12:00:00Z",
        "interval": 300,
    }
    wallbox.connect()
    assert wallbox.command("GetConfiguration", {}) is None
    assert wallbox.events("ignored") == [{"action": "GetConfiguration"}]


def test_the_answer_comes_before_what_it_causes() -> None:
    wallbox = online()
    wallbox.act(Plug())
    wallbox.forget()
    wallbox.command("RemoteStartTransaction", {"idTag": CARD})
    kinds = [type(e) for e in wallbox.effects if isinstance(e, Answer | SendCall)]
    assert kinds[0] is Answer
    assert SendCall in kinds


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("CancelReservation", {"reservationId": 1}),
        ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
        ("ChangeConfiguration", {"key": "Foo", "value": "1"}),
        ("ClearCache", {}),
        ("ClearChargingProfile", {}),
        ("DataTransfer", {"vendorId": "V"}),
        ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}),
        ("GetConfiguration", {}),
        ("GetDiagnostics", {"location": "ftp://host/"}),
        ("GetLocalListVersion", {}),
        ("RemoteStartTransaction", {"idTag": "A"}),
        ("RemoteStopTransaction", {"transactionId": 1}),
        ("Reset", {"type": "Soft"}),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("UnlockConnector", {"connectorId": 1}),
        ("UpdateFirmware", {"location": "ftp://h/", "retrieveDate": "2026-05-15T12:00:00Z"}),
    ],
)
def test_every_answer_is_what_the_schema_says(action: str, payload: dict[str, object]) -> None:
    answer = online().command(action, payload)
    decode_response(action, json.dumps(answer))
