import pytest

from wattgate.core.ocpp.v16.actions import ACTIONS, decode_request
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus, read_status
from wattgate.core.station.measurements import Measurement

REPORTED = [status for status in ConnectorStatus if status is not ConnectorStatus.UNKNOWN]


def a_report(status: str, rest: str = "") -> str:
    return f'{{"connectorId":1,"errorCode":"NoError","status":"{status}"{rest}}}'


@pytest.mark.parametrize("status", REPORTED)
def test_each_state_of_the_specification_is_read(status: ConnectorStatus) -> None:
    decode_request("StatusNotification", a_report(status))
    assert read_status(a_report(status)) == (status, "NoError")


def test_there_are_nine_states_as_in_the_schema() -> None:
    assert len(REPORTED) == 9
    assert "StatusNotification" in ACTIONS


@pytest.mark.parametrize(
    ("text", "error_code"),
    [
        ('{"status":"Faulted","errorCode":"GroundFailure"}', "GroundFailure"),
        ('{"status":"Faulted","errorCode":"OwnInvention","vendorId":"x"}', "OwnInvention"),
        ('{"status":"Faulted"}', "NoError"),
    ],
)
def test_the_error_code_is_taken_as_it_is(text: str, error_code: str) -> None:
    assert read_status(text) == (ConnectorStatus.FAULTED, error_code)


@pytest.mark.parametrize(
    "text",
    [
        a_report("Unknown"),
        a_report("Occupied"),
        a_report("charging"),
        a_report(""),
        '{"connectorId":1,"errorCode":"NoError"}',
        '{"status":3}',
        '{"status":null}',
        '{"status":"Charging","errorCode":7}',
        "null",
        "[]",
        "",
        "{bad",
        a_report("\ud800"),
        a_report("Charging", ',"x":' + "[" * 5000 + "]" * 5000),
    ],
)
def test_a_report_without_a_known_state_says_nothing(text: str) -> None:
    assert read_status(text) is None


def test_no_car_is_plugged_where_a_connector_is_free_or_reserved() -> None:
    assert {status.value for status in IDLE} == {"Available", "Reserved"}


def test_before_the_first_report_nothing_is_known() -> None:
    assert Connector() == Connector(
        ConnectorStatus.UNKNOWN, "NoError", 0.0, None, Measurement({}, None, None)
    )
