import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.traffic.first_look import Parts, is_suspicious, parts_around
from wattgate.core.gateway.traffic.masking import Mask, masked_call


@pytest.mark.parametrize(
    "text",
    [
        '{"key":"x"}',
        '{"Pass-Word":"x"}',
        '{"p_w_d":"x"}',
        '{"pass phrase":"x"}',
        '{"a":"ftp://user:x@host"}',
        '{"\\u006bey":"x"}',
        '{"\u212aey":"x"}',
        '{"techInfo":"x"}',
    ],
)
def test_what_may_have_to_be_hidden_is_suspicious_r121(text: str) -> None:
    assert is_suspicious(text, ("techinfo",))


@pytest.mark.parametrize("text", ["{}", '{"connectorId":1,"idTag":"04A1"}', '{"techInfo":"x"}'])
def test_an_ordinary_message_is_not_suspicious_r121(text: str) -> None:
    assert not is_suspicious(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"a":"b","data":"x"}', Parts('{"a":"b","data":', "x", "}")),
        ('{"DATA":"","a":["b"]}', Parts('{"DATA":', "", ',"a":["b"]}')),
        ('{"a":"b"}', None),
        ('{"a":"data","data":"x"}', None),
        ('{"data":"x","info":"x"}', None),
        ('{"data": "x"}', None),
        ('{"data":7}', None),
        ('{"data":"\\"x"}', None),
        ('{"data":"Straße"}', None),
        ('{"a":{"data":"x"}}', None),
    ],
)
def test_the_only_value_to_hide_is_found_where_a_look_can_find_it(
    text: str, parts: Parts | None
) -> None:
    assert parts_around(text, ("data", "info")) == parts


words = st.text(alphabet='datpsk {}[]:,"/\\ßx', max_size=8)
payloads = st.dictionaries(
    words | st.sampled_from(["data", "Data", "vendorId"]), words | st.integers() | st.none()
)


@given(payload=payloads)
def test_a_look_hides_what_a_walk_hides_r121(payload: dict[str, str | int | None]) -> None:
    mask = Mask(b"salt", hide_cards=True)
    looked_at = json.dumps(payload, separators=(",", ":"))
    walked = json.dumps(payload, separators=(" , ", " : "))  # too loose for a look
    shown = [masked_call("DataTransfer", text, mask) for text in (looked_at, walked)]
    assert json.loads(shown[0]) == json.loads(shown[1])
