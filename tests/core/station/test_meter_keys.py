"""The announcement of meters' public keys."""

import json

import pytest

from wattgate.core.station.meter_keys import (
    LONGEST_CHARS,
    announced_keys,
    is_meter_configuration,
)

KEBA = (
    '{"vendorId":"generalConfiguration","messageId":"setMeterConfiguration","data":"{\\"meters\\":'
    '[{\\"connectorId\\":1,\\"meterSerial\\":\\"1234567\\",\\"type\\":\\"SIGNATURE\\",'
    '\\"publicKey\\":\\"3059301306072A86\\"}]}"}'
)


def announcement(*meters: object) -> str:
    """A DataTransfer payload as wallboxes write it."""
    return json.dumps({"data": json.dumps({"meters": meters})})


@pytest.mark.parametrize(
    ("payload", "is_one"),
    [
        (KEBA, True),
        ('{"vendorId":"GENERALCONFIGURATION","messageId":"setmeterconfiguration"}', True),
        ('{"vendorId":"generalConfiguration","messageId":"other"}', False),
        ('{"vendorId":"com.example","messageId":"setMeterConfiguration"}', False),
        ('{"messageId":"setMeterConfiguration"}', False),
        ('{"vendorId":{},"messageId":null}', False),
        (KEBA[:-1] + " " * LONGEST_CHARS + "}", False),
    ],
)
def test_an_announcement_is_known_by_its_names_r114(payload: str, is_one: bool) -> None:
    assert is_meter_configuration(payload) is is_one


def test_the_keys_of_a_connector_are_read_from_the_text_in_the_data_r114() -> None:
    assert announced_keys(KEBA, 1) == ("3059301306072A86",)
    assert announced_keys(KEBA, 2) == ()


@pytest.mark.parametrize(
    ("payload", "keys"),
    [
        (announcement({"connectorId": "2", "publicKey": "A"}), ("A",)),
        (announcement({"publicKey": "A"}, {"connectorId": 2, "publicKey": "B"}), ("A", "B")),
        (announcement({"publicKey": "A"}, {"connectorId": 2, "publicKey": "A"}), ("A",)),
        (announcement({"connectorId": 2}, {"connectorId": 2, "publicKey": 7}, 8, None), ()),
        ('{"data":{"meters":[{"connectorId":2,"publicKey":"A"}]}}', ("A",)),
        ('{"data":"{}"}', ()),
        ('{"data":"no JSON"}', ()),
        ('{"data":[1]}', ()),
        ('{"data":{"meters":7}}', ()),
        ("{}", ()),
        ("[]", ()),
    ],
)
def test_whatever_an_announcement_holds_it_names_keys_or_none(
    payload: str, keys: tuple[str, ...]
) -> None:
    assert announced_keys(payload, 2) == keys
