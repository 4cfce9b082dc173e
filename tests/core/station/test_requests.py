import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import PeerError
from wattgate.core.station.requests import (
    MeterValuesRequest,
    StartRequest,
    StopRequest,
    read_meter_ids,
    read_start,
    read_stop,
)
from wattgate.core.station.transactions import TransactionStop

START = {
    "connectorId": 2,
    "idTag": "04A1",
    "meterStart": 51880,
    "timestamp": "2026-05-15T14:25:12Z",
}
STOP = {"transactionId": 7, "meterStop": 60000, "timestamp": "2026-05-15T16:00:00Z"}
STARTS = st.builds(
    StartRequest, st.integers(0, 2), st.text(" '1a", max_size=3), st.integers(0, 2), st.text(" '1a")
)
STOPS = st.builds(StopRequest, st.integers(0, 12), st.integers(0, 12), st.text(" 1", max_size=3))


def test_a_start_transaction_is_read() -> None:
    assert read_start(json.dumps(START | {"reservationId": 3, "vendor": {}})) == StartRequest(
        2, "04A1", 51880, "2026-05-15T14:25:12Z"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"connectorId": None}, "TypeConstraintViolation"),
        ({"connectorId": "x"}, "TypeConstraintViolation"),
        ({"connectorId": 2**63}, "PropertyConstraintViolation"),
        ({"idTag": 5}, "TypeConstraintViolation"),
        ({"meterStart": True}, "TypeConstraintViolation"),
        ({"meterStart": 2**53 + 1}, "PropertyConstraintViolation"),
        ({"meterStart": 1e300}, "PropertyConstraintViolation"),
        ({"meterStart": -1e300}, "PropertyConstraintViolation"),
        ({"timestamp": 0}, "TypeConstraintViolation"),
    ],
)
def test_a_start_transaction_that_no_store_can_keep_says_what_is_wrong_r11(
    change: dict[str, Any], code: str
) -> None:
    with pytest.raises(PeerError) as refusal:
        read_start(json.dumps(START | change))
    assert refusal.value.code == code


@pytest.mark.parametrize("key", START)
def test_a_start_transaction_has_four_things_that_it_must_say_r11(key: str) -> None:
    text = json.dumps({name: value for name, value in START.items() if name != key})
    with pytest.raises(PeerError, match=key) as refusal:
        read_start(text)
    assert refusal.value.code == "OccurenceConstraintViolation"


@pytest.mark.parametrize(
    ("change", "stop"),
    [
        ({}, TransactionStop(60000, "2026-05-15T16:00:00Z", "Local")),
        ({"reason": None}, TransactionStop(60000, "2026-05-15T16:00:00Z", "Local")),
        ({"reason": ""}, TransactionStop(60000, "2026-05-15T16:00:00Z", "Local")),
        (
            {"reason": "EVDisconnected"},
            TransactionStop(60000, "2026-05-15T16:00:00Z", "EVDisconnected"),
        ),
        (
            {"reason": "OwnInvention"},
            TransactionStop(60000, "2026-05-15T16:00:00Z", "OwnInvention"),
        ),
        ({"meterStop": 60000.9}, TransactionStop(60000, "2026-05-15T16:00:00Z", "Local")),
        ({"timestamp": "1970-01-01"}, TransactionStop(60000, "1970-01-01", "Local")),
    ],
)
def test_a_stop_transaction_without_a_reason_was_stopped_locally_r70(
    change: dict[str, Any], stop: TransactionStop
) -> None:
    assert read_stop(json.dumps(STOP | change)).stop == stop


@pytest.mark.parametrize("transaction_id", [0, -1, 2**31, 2**63 - 1, -(2**63)])
def test_any_number_of_64_bits_can_be_a_transaction_id_r64(transaction_id: int) -> None:
    text = json.dumps(STOP | {"transactionId": transaction_id})
    assert read_stop(text).transaction_id == transaction_id


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (json.dumps(STOP | {"transactionId": 2**63}), "PropertyConstraintViolation"),
        (json.dumps(STOP | {"meterStop": "much"}), "TypeConstraintViolation"),
        ("{}", "OccurenceConstraintViolation"),
        ("[]", "FormationViolation"),
        ("{bad", "FormationViolation"),
    ],
)
def test_a_stop_transaction_that_no_store_can_keep_says_what_is_wrong_r11(
    text: str, code: str
) -> None:
    with pytest.raises(PeerError) as refusal:
        read_stop(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "request_ids"),
    [
        ('{"connectorId":1,"meterValue":[]}', MeterValuesRequest(1)),
        ('{"connectorId":0,"transactionId":null}', MeterValuesRequest(0)),
        ('{"connectorId":1,"transactionId":7,"meterValue":"x"}', MeterValuesRequest(1, 7)),
    ],
)
def test_of_meter_values_only_the_ids_need_to_be_right_r76(
    text: str, request_ids: MeterValuesRequest
) -> None:
    assert read_meter_ids(text) == request_ids


@pytest.mark.parametrize(
    "text", ["{}", '{"connectorId":"x"}', '{"connectorId":1,"transactionId":""}']
)
def test_meter_values_without_ids_are_refused_r11(text: str) -> None:
    with pytest.raises(PeerError):
        read_meter_ids(text)


def test_a_repetition_with_another_order_of_fields_has_the_same_key_r68() -> None:
    backwards = dict(reversed(START.items()))
    assert read_start(json.dumps(START)).key == read_start(json.dumps(backwards)).key
    later = START | {"timestamp": "2026-05-15T14:25:13Z"}
    assert read_start(json.dumps(START)).key != read_start(json.dumps(later)).key


@given(STARTS, STARTS)
def test_two_starts_have_one_key_only_if_they_say_the_same_r68(
    one: StartRequest, other: StartRequest
) -> None:
    assert (one.key == other.key) is (one == other)


@given(STOPS, STOPS)
def test_two_stops_have_one_key_only_if_they_say_the_same_r68(
    one: StopRequest, other: StopRequest
) -> None:
    assert (one.key == other.key) is (one == other)


@given(STARTS, STOPS)
def test_a_start_and_a_stop_never_share_a_key_r68(start: StartRequest, stop: StopRequest) -> None:
    assert start.key != stop.key


@pytest.mark.parametrize("number", ["5", '"5"', "5.0"])
def test_a_transaction_is_found_however_its_wallbox_writes_its_number_r59(number: str) -> None:
    text = f'{{"transactionId":{number},"meterStop":"10","timestamp":"2026-05-15T12:00:00Z"}}'
    request = read_stop(text)
    assert (request.transaction_id, request.meter_stop) == (5, 10)
