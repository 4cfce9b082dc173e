"""What is signed in a wallbox's meter values, and what may be thinned out."""

import json
from pathlib import Path
from typing import Any

import pytest

from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.signed import (
    SignedValue,
    holds_signed_data,
    is_expendable,
    signed_values,
)

SAMPLES = [
    str(json.loads(line)["data"])
    for line in (Path(__file__).parents[2] / "fixtures/signed-meter-samples.jsonl")
    .read_text()
    .splitlines()
]
OCMF = r'OCMF|{"FV":"1.0"}|{"SD":"30"}'


def values(*samples: object, name: str = "meterValue") -> str:
    """One meter value with these samples."""
    return json.dumps({"connectorId": 1, name: [{"timestamp": "x", "sampledValue": samples}]})


@pytest.mark.parametrize("text", SAMPLES)
def test_real_signed_values_are_found_to_the_last_character_r111(text: str) -> None:
    raw = {"value": "1"}
    payload = values(raw, {"value": text, "format": "SignedData", "context": "Transaction.End"})
    (found,) = signed_values(payload)
    path = ("meterValue", 0, "sampledValue", 1, "value")
    assert found == SignedValue(path, "Transaction.End", text)
    assert read_scalar(payload, found.path) == text
    assert not is_expendable(payload)


def test_escapes_are_decoded_once_and_nothing_else_changes_r111() -> None:
    payload = (
        r'{"meterValue":[{"sampledValue":[{"format":"SignedData","value":'
        r'"OCMF|{ \"RV\":1.10,\"b\":1E3,\"a\":\"\u00e4ä\/\\u00e4\"}|{}"}]}]}'
    )
    (found,) = signed_values(payload)
    assert found.text == r'OCMF|{ "RV":1.10,"b":1E3,"a":"ää/\u00e4"}|{}'


@pytest.mark.parametrize(
    "sample",
    [
        {"format": "SignedData", "value": "1B1B1B1B"},
        {"format": "signedData", "value": "12"},
        {"format": "SIGNED_DATA", "value": ""},
        {"format": "Signed Data", "value": " "},
        {"value": OCMF},
        {"format": "Raw", "value": OCMF},
        {"value": "AP;0;3;ALCV3ABBBISHMA2RYEGAZE3HV5YQBQRAEHAR2MN;"},
        {"value": '{"signedMeterValue":"T0NNRg==","encodingMethod":"OCMF"}'},
        {"value": '{\n "signedMeterData":"T0NNRg=="}'},
    ],
)
def test_signed_values_are_known_in_every_form_r112(sample: dict[str, str]) -> None:
    for name in ("meterValue", "transactionData"):
        payload = values({"value": "5"}, sample, name=name)
        (found,) = signed_values(payload)
        assert (found.path[0], found.text) == (name, sample["value"])
        assert holds_signed_data(payload)
        assert not is_expendable(payload)


def test_an_escape_hides_nothing() -> None:
    payload = r'{"meterValue":[{"sampledValue":[{"form\u0061t":"S\u0069gnedData","value":"1"}]}]}'
    assert holds_signed_data(payload)
    assert not holds_signed_data(payload.replace("gned", "zed"))
    assert not is_expendable(payload)


def test_a_signed_value_that_is_no_text_is_not_read_but_kept_r72() -> None:
    for value in (1.5, None, {"a": 1}):
        payload = values({"format": "SignedData", "value": value})
        assert signed_values(payload) == ()
        assert holds_signed_data(payload)
        assert not is_expendable(payload)


@pytest.mark.parametrize(
    ("samples", "expendable"),
    [
        ([{"value": "1"}], True),
        ([{"value": " -1.5e3 ", "context": "Sample.Periodic", "format": "Raw"}], True),
        ([{"value": "1,5"}], True),
        ([{"value": ""}], True),
        ([{"value": 3}], True),
        ([{"value": 3.5}], True),
        ([{}], True),
        ([{"value": "1"}, {"value": "2", "context": "Transaction.Begin"}], False),
        ([{"value": "1", "context": "Transaction.End"}], False),
        ([{"value": "1", "context": "Sample.Clock"}], False),
        ([{"value": "1", "context": "Interruption.Begin"}], False),
        ([{"value": "1", "context": None}], True),
        ([{"value": "1B1B1B1B0101"}], False),
        ([{"value": "1" * 40}], False),
        ([{"value": [1]}], False),
        ([], False),
    ],
)
def test_only_plain_periodic_figures_may_be_thinned_out_r72(
    samples: list[Any], expendable: bool
) -> None:
    assert is_expendable(values(*samples)) is expendable


@pytest.mark.parametrize(
    "payload",
    [
        "{}",
        "[]",
        "no JSON",
        '{"meterValue":7}',
        '{"meterValue":[7,{"sampledValue":{}},{"sampledValue":[null,"x"]}]}',
        '{"a":' + "[" * 5000 + "]" * 5000 + "}",
        '{"meterValue":[{"sampledValue":[{"value":"\\ud800","format":"SignedData"}]}]}',
    ],
)
def test_nothing_in_a_payload_raises(payload: str) -> None:
    assert signed_values(payload) == ()
    assert not holds_signed_data(payload)
    assert not is_expendable(payload)
