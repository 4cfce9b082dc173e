from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest

from wattgate.core.backend.commands import read_command
from wattgate.core.backend.orders import AskStation
from wattgate.core.backend.requests import install_root
from wattgate.core.ocpp.v16.actions import ACTIONS, Sender, decode_request

WALL: Final = datetime(2026, 1, 1, 0, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=-1)))

SCHEDULE: Final = (
    '"chargingSchedule":{"chargingRateUnit":"A",'
    '"chargingSchedulePeriod":[{"startPeriod":0,"limit":%s}]%s}'
)

ASKED: Final = [
    ("start CP1 04A1", "RemoteStartTransaction", '{"idTag":"04A1"}'),
    ("start CP1 04A1 2", "RemoteStartTransaction", '{"idTag":"04A1","connectorId":2}'),
    (
        "start CP1 04A1 1 9.96",
        "RemoteStartTransaction",
        '{"idTag":"04A1","connectorId":1,"chargingProfile":{"chargingProfileId":2,"stackLevel":0,'
        '"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Relative",'
        + SCHEDULE % ("10.0", "")
        + "}}",
    ),
    ("stop CP1 5000", "RemoteStopTransaction", '{"transactionId":5000}'),
    (
        "profile CP1 16",
        "SetChargingProfile",
        '{"connectorId":0,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute",'
        + SCHEDULE % ("16.0", ',"startSchedule":"2026-01-01T00:00:00Z"')
        + "}}",
    ),
    (
        "profile CP1 0 60",
        "SetChargingProfile",
        '{"connectorId":0,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
        '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute",'
        + SCHEDULE % ("0.0", ',"duration":60,"startSchedule":"2026-01-01T01:30:15Z"')
        + "}}",
    ),
    ("clear CP1", "ClearChargingProfile", "{}"),
    (
        "composite CP1",
        "GetCompositeSchedule",
        '{"connectorId":1,"duration":3600,"chargingRateUnit":"A"}',
    ),
    (
        "composite CP1 0 60",
        "GetCompositeSchedule",
        '{"connectorId":0,"duration":60,"chargingRateUnit":"A"}',
    ),
    (
        "certificate CP1",
        "ExtendedTriggerMessage",
        '{"requestedMessage":"SignChargePointCertificate"}',
    ),
    (
        "roots CP1",
        "GetInstalledCertificateIds",
        '{"certificateType":"CentralSystemRootCertificate"}',
    ),
    (
        "remove-root CP1 ab cd 12",
        "DeleteCertificate",
        '{"certificateHashData":{"hashAlgorithm":"SHA256","issuerNameHash":"ab",'
        '"issuerKeyHash":"cd","serialNumber":"12"}}',
    ),
    ("reset CP1 soft", "Reset", '{"type":"Soft"}'),
    ("reset CP1 hard", "Reset", '{"type":"Hard"}'),
    ("config CP1", "GetConfiguration", "{}"),
    ("config CP1 A B", "GetConfiguration", '{"key":["A","B"]}'),
    ("set CP1 Key a  b", "ChangeConfiguration", '{"key":"Key","value":"a  b"}'),
    ("unlock CP1", "UnlockConnector", '{"connectorId":1}'),
    ("unlock CP1 2", "UnlockConnector", '{"connectorId":2}'),
    ("available CP1 off", "ChangeAvailability", '{"connectorId":0,"type":"Inoperative"}'),
    ("available CP1 on 1", "ChangeAvailability", '{"connectorId":1,"type":"Operative"}'),
    ("trigger CP1 Heartbeat", "TriggerMessage", '{"requestedMessage":"Heartbeat"}'),
    (
        "trigger CP1 MeterValues 1",
        "TriggerMessage",
        '{"requestedMessage":"MeterValues","connectorId":1}',
    ),
    (
        'data CP1 giro-e pay {"sum": 1.10}',
        "DataTransfer",
        '{"vendorId":"giro-e","messageId":"pay","data":"{\\"sum\\": 1.10}"}',
    ),
]


@pytest.mark.parametrize(("line", "action", "payload_text"), ASKED)
def test_a_line_becomes_a_request_of_the_specification(
    line: str, action: str, payload_text: str
) -> None:
    assert read_command(line, WALL) == AskStation("CP1", action, payload_text)
    assert ACTIONS[action].sender is not Sender.CHARGE_POINT
    decode_request(action, payload_text)


def test_a_root_is_installed_as_the_specification_has_it() -> None:
    wish = install_root("CP1", "-----BEGIN")
    assert wish == AskStation(
        "CP1",
        "InstallCertificate",
        '{"certificateType":"CentralSystemRootCertificate","certificate":"-----BEGIN"}',
    )
    decode_request(wish.action, wish.payload_text)


def test_a_profile_never_starts_in_the_future_r93() -> None:
    for line in ("profile CP1 16", "profile CP1 16 60"):
        asked = read_command(line, WALL)
        assert isinstance(asked, AskStation)
        text = asked.payload_text.partition('"startSchedule":"')[2].partition('"')[0]
        assert datetime.fromisoformat(text) <= WALL.astimezone(UTC)
