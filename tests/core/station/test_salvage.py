import json
from typing import Any

import pytest

from wattgate.core.station.requests import MeterValuesRequest, StartRequest, StopRequest
from wattgate.core.station.salvage import (
    NO_CONNECTOR,
    OddMeterValues,
    OddStart,
    OddStop,
    is_readable,
    salvage_meter_ids,
    salvage_start,
    salvage_stop,
    without_our_id,
)

START = {"connectorId": 2, "idTag": "04A1", "meterStart": 5, "timestamp": "2026-05-15T14:25:12Z"}
STOP = {"transactionId": 7, "meterStop": 9, "timestamp": "2026-05-15T16:00:00Z"}


def without(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in keys}


def test_what_is_made_as_it_should_be_is_read_as_ever() -> None:
    assert type(salvage_start(json.dumps(START))) is StartRequest
    assert type(salvage_stop(json.dumps(STOP))) is StopRequest
    ids = salvage_meter_ids('{"connectorId":1,"transactionId":7}')
    assert ids == MeterValuesRequest(1, 7)


@pytest.mark.parametrize(
    ("payload", "connector", "tag", "meter_wh", "timestamp"),
    [
        ({}, NO_CONNECTOR, "", 0, ""),
        (without(START, "timestamp"), 2, "04A1", 5, ""),
        (START | {"connectorId": []}, NO_CONNECTOR, "04A1", 5, START["timestamp"]),
        (START | {"connectorId": True}, NO_CONNECTOR, "04A1", 5, START["timestamp"]),
        (START | {"connectorId": "x"}, NO_CONNECTOR, "04A1", 5, START["timestamp"]),
        (START | {"connectorId": 10**30}, NO_CONNECTOR, "04A1", 5, START["timestamp"]),
        (START | {"connectorId": "9" * 40}, NO_CONNECTOR, "04A1", 5, START["timestamp"]),
        (START | {"idTag": 5, "connectorId": "3"}, 3, "", 5, START["timestamp"]),
        (START | {"meterStart": 1e300}, 2, "04A1", 0, START["timestamp"]),
        (START | {"meterStart": 2**60}, 2, "04A1", 0, START["timestamp"]),
    ],
)
def test_a_start_that_cannot_be_read_is_told_as_far_as_it_goes_r59(
    payload: dict[str, Any], connector: int, tag: str, meter_wh: int, timestamp: str
) -> None:
    told = salvage_start(json.dumps(payload))
    assert isinstance(told, OddStart)
    assert (told.connector_id, told.id_tag, told.meter_start) == (connector, tag, meter_wh)
    assert told.timestamp == timestamp


@pytest.mark.parametrize(
    ("payload", "transaction_id", "timestamp", "reason"),
    [
        ({}, None, "", ""),
        (without(STOP, "meterStop") | {"reason": "Remote"}, 7, STOP["timestamp"], "Remote"),
        (without(STOP, "timestamp") | {"transactionId": "-1"}, -1, "", ""),
        (without(STOP, "timestamp") | {"transactionId": "--1"}, None, "", ""),
        (STOP | {"transactionId": {}}, None, STOP["timestamp"], ""),
        (STOP | {"transactionId": None}, None, STOP["timestamp"], ""),
    ],
)
def test_a_stop_that_cannot_be_read_is_told_as_far_as_it_goes_r59(
    payload: dict[str, Any], transaction_id: int | None, timestamp: str, reason: str
) -> None:
    told = salvage_stop(json.dumps(payload))
    assert isinstance(told, OddStop)
    assert (told.transaction_id, told.timestamp, told.reason) == (transaction_id, timestamp, reason)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({}, OddMeterValues(None, NO_CONNECTOR)),
        ({"connectorId": {}, "transactionId": 7}, OddMeterValues(7, NO_CONNECTOR)),
        ({"connectorId": 2, "transactionId": []}, OddMeterValues(None, 2)),
    ],
)
def test_meter_values_that_cannot_be_read_are_told_as_far_as_they_go_r59(
    payload: dict[str, Any], told: OddMeterValues
) -> None:
    assert salvage_meter_ids(json.dumps(payload)) == told


def test_what_cannot_be_read_is_repeated_only_to_the_letter_r68() -> None:
    one, same, other = (salvage_start(text) for text in ('{"a":1}', '{"a":1}', '{"a": 1}'))
    assert one.key == same.key != other.key
    stops = [salvage_stop(text).key for text in ('{"a":1}', '{"a":1}', '{"a": 1}')]
    assert stops[0] == stops[1] != stops[2]
    assert stops[0] != one.key


@pytest.mark.parametrize(
    ("action", "payload", "readable"),
    [
        ("StartTransaction", START, True),
        ("StartTransaction", {}, False),
        ("StopTransaction", STOP, True),
        ("StopTransaction", {}, False),
        ("MeterValues", {}, True),
    ],
)
def test_what_the_bill_is_made_of_can_be_read_or_not(
    action: str, payload: dict[str, Any], readable: bool
) -> None:
    assert is_readable(action, json.dumps(payload)) is readable


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{ "transactionId":"x" , "a":1E3}', '{ "transactionId":-1 , "a":1E3}'),
        ('{"transactionId":{},"a":1}', '{"transactionId":{},"a":1}'),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_an_id_that_nobody_can_map_becomes_minus_one_and_the_rest_stays_r64(
    text: str, told: str
) -> None:
    assert without_our_id(text) == told
