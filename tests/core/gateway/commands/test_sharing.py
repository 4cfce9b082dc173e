import json
from typing import Any

import pytest

from wattgate.core.gateway.commands.shared_answers import Combining
from wattgate.core.gateway.commands.sharing import (
    SHARING,
    UnknownConnectorError,
    Whom,
    addressee,
    for_one,
    sharing_of,
)
from wattgate.core.gateway.policy import POLICY, Sender

Json = Any

NUMBERS = (1, 2, 4)
MAX = {"csChargingProfiles": {"chargingProfilePurpose": "ChargePointMaxProfile"}}
DEFAULT = {"csChargingProfiles": {"chargingProfilePurpose": "TxDefaultProfile"}}
TX = {"csChargingProfiles": {"chargingProfilePurpose": "TxProfile"}}
COSTS = {
    "vendorId": "org.openchargealliance.costmsg",
    "messageId": "RunningCost",
    "data": json.dumps({"transactionId": 7}),
}


def whom(action: str, payload: Json) -> int | Whom:
    return addressee(action, json.dumps(payload), NUMBERS)


def test_every_command_of_the_policy_table_has_its_row() -> None:
    commands = {action for action, rule in POLICY.items() if rule.sender is not Sender.WALLBOX}
    assert set(SHARING) == commands


@pytest.mark.parametrize(
    ("action", "payload", "expected"),
    [
        ("CancelReservation", {"reservationId": 4}, Whom.WALLBOXES),
        ("CertificateSigned", {}, Whom.FIRST),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, Whom.ALL),
        ("ChangeAvailability", {"connectorId": 4, "type": "Inoperative"}, 4),
        ("ChangeAvailability", {}, Whom.FIRST),
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, Whom.WALLBOXES),
        ("ChangeConfiguration", {"key": "securityprofile", "value": "2"}, Whom.FIRST),
        ("ChangeConfiguration", {}, Whom.WALLBOXES),
        ("ClearCache", {}, Whom.PRESENT),
        ("ClearChargingProfile", {}, Whom.ALL),
        ("ClearChargingProfile", {"connectorId": 0}, Whom.ALL),
        ("ClearChargingProfile", {"connectorId": 2}, 2),
        ("ClearChargingProfile", {"id": 7, "connectorId": 2}, Whom.ALL),
        ("ClearChargingProfile", {"id": 7, "connectorId": 9}, Whom.ALL),
        ("DataTransfer", {"vendorId": "v"}, Whom.FIRST),
        ("DataTransfer", COSTS, Whom.TRANSACTION),
        ("DeleteCertificate", {}, Whom.FIRST),
        ("ExtendedTriggerMessage", {"requestedMessage": "MeterValues"}, Whom.ALL),
        ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}, Whom.FIRST),
        ("GetCompositeSchedule", {"connectorId": 0, "duration": 60}, Whom.ALL),
        ("GetCompositeSchedule", {"connectorId": 4, "duration": 60}, 4),
        ("GetConfiguration", {}, Whom.FIRST),
        ("GetDiagnostics", {"location": "ftp://x"}, Whom.FIRST),
        ("GetInstalledCertificateIds", {}, Whom.FIRST),
        ("GetLocalListVersion", {}, Whom.PRESENT),
        ("GetLog", {}, Whom.FIRST),
        ("InstallCertificate", {}, Whom.FIRST),
        ("RemoteStartTransaction", {"idTag": "A"}, Whom.FREE),
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": None}, Whom.FREE),
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 0}, Whom.FREE),
        ("RemoteStartTransaction", {"idTag": "A", "connectorId": 1}, 1),
        ("RemoteStopTransaction", {"transactionId": 7}, Whom.TRANSACTION),
        ("ReserveNow", {"connectorId": 0}, Whom.FREE),
        ("ReserveNow", {"connectorId": 2}, 2),
        ("Reset", {"type": "Soft"}, Whom.PRESENT),
        ("SendLocalList", {"listVersion": 1}, Whom.WALLBOXES),
        ("SetChargingProfile", {"connectorId": 0} | DEFAULT, Whom.ALL),
        ("SetChargingProfile", {"connectorId": 0} | MAX, Whom.NOBODY),
        ("SetChargingProfile", {"connectorId": 0} | TX, Whom.FIRST),
        ("SetChargingProfile", {"connectorId": 2} | MAX, 2),
        ("SetChargingProfile", {"connectorId": 0}, Whom.FIRST),
        ("SignedUpdateFirmware", {}, Whom.FIRST),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}, Whom.ALL),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2}, 2),
        (
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 0},
            Whom.FIRST,
        ),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, Whom.FIRST),
        ("UnlockConnector", {"connectorId": 4}, 4),
        ("UnlockConnector", {}, Whom.FIRST),
        ("UpdateFirmware", {}, Whom.FIRST),
        ("NoSuchThing", {"connectorId": 9}, Whom.FIRST),
    ],
)
def test_p16_a_command_is_for_whom_its_row_says_r101_r102(
    action: str, payload: Json, expected: int | Whom
) -> None:
    assert whom(action, payload) == expected


@pytest.mark.parametrize("asked", [3, 5, -1, True, False, "1", 1.5])
@pytest.mark.parametrize(
    "action", [a for a, rule in POLICY.items() if rule.connector and a in SHARING]
)
def test_r101_a_connector_that_nobody_has_is_refused(action: str, asked: object) -> None:
    with pytest.raises(UnknownConnectorError, match="does not exist; there is 1, 2, 4") as refusal:
        whom(action, {"connectorId": asked})
    assert refusal.value.code == "PropertyConstraintViolation"


@pytest.mark.parametrize(
    ("action", "payload", "heard"),
    [
        ("ChangeAvailability", {"connectorId": 4}, {"connectorId": 1}),
        ("ChangeAvailability", {"connectorId": 1}, {"connectorId": 1}),
        ("ChangeAvailability", {"connectorId": 0}, {"connectorId": 0}),
        ("RemoteStartTransaction", {"idTag": "A"}, {"idTag": "A"}),
        ("ClearChargingProfile", {"id": 7, "connectorId": 4}, {"id": 7}),
        (
            "ClearChargingProfile",
            {"stackLevel": 0, "connectorId": 4},
            {"stackLevel": 0, "connectorId": 1},
        ),
        ("Reset", {"type": "Soft"}, {"type": "Soft"}),
        ("NoSuchThing", {"connectorId": 4}, {"connectorId": 4}),
    ],
)
def test_p16_an_evse_reads_that_it_is_connector_1(action: str, payload: Json, heard: Json) -> None:
    assert json.loads(for_one(action, json.dumps(payload))) == heard


def test_what_is_no_command_is_answered_once() -> None:
    assert sharing_of("NoSuchThing").combining is Combining.WORST
    assert sharing_of("NoSuchThing").unknown is None
