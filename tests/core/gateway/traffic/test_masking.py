import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.traffic.masking import (
    Mask,
    card_alias,
    is_public,
    masked_answer,
    masked_call,
)

PLAIN = Mask(b"salt")
CARDS = Mask(b"salt", hide_cards=True)
SECRET = "correct horse"
PUBLIC = '{"vendorId":"generalConfiguration","messageId":"setMeterConfiguration","data":"{}"}'


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":"§"}'),
        ("ChangeConfiguration", '{"value" : "§" , "key" : "AuthorizationKey"}'),
        ("ChangeConfiguration", '{"k\\u0065y":"AuthorizationKey","value":"§"}'),
        ("ChangeConfiguration", '{"key":"WifiPassword","value":"a","value":"§"}'),
        ("ChangeConfiguration", '{"key":"Authorization\\u004bey","key":"Other","value":"§"}'),
        ("ChangeConfiguration", '{"KEY":"SimPin","Value":"§"}'),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":{"deep":["§"]}}'),
        ("DataTransfer", '{"vendorId":"v","data":"§"}'),
        ("DataTransfer", '{"vendorId":"v","data":{"a":["§"],"password":"§"}}'),
        ("DataTransfer", '{"vendorId":"v","da\\u0074a":"§"}'),
        ("DataTransfer", '{"vendorId":"generalConfiguration","messageId":"other","data":"§"}'),
        ("SecurityEventNotification", '{"type":"t","techInfo":"§"}'),
        ("Vendor.Special", '{"data":"§"}'),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":"§\\ud800"}'),
        ("ChangeConfiguration", '{"key":"AuthorizationKey\\ud800","value":"§"}'),
        ("GetDiagnostics", '{"location":"ftp://user:§@host/dir"}'),
        ("GetDiagnostics", '{"location":"ftp:\\/\\/user:§@host/dir"}'),
        ("GetDiagnostics", '{"location":"ftp://user:§\\u0040host/dir"}'),
        ("GetDiagnostics", '{"location":"ftp://user:pa@§@host/dir"}'),
        ("GetDiagnostics", '{"location":"ftp://user:pa?§@host/dir"}'),
        ("GetDiagnostics", '{"location":"ftp://user:§?x@host/dir"}'),
        ("UpdateFirmware", '{"location":"https://host/file?sig=§"}'),
        ("UpdateFirmware", '{"location":"https://host/file?mail=a@b&sig=§"}'),
        ("UpdateFirmware", '{"location":"https://host/file#§"}'),
        ("InstallCertificate", '{"certificate":"-----BEGIN PRIVATE KEY-----§"}'),
        ("InstallCertificate", '{"certificate":"-----BEGIN PRIVATE \\u004bEY-----\\n§"}'),
        ("§tartTransaction", '{"idTag":"04A1","vendor":[{"password":"§"}]}'),
    ],
)
def test_a_secret_is_hidden_wherever_it_stands_r121(action: str, text: str) -> None:
    shown = masked_call(action, text.replace("§", "s3cret"), PLAIN)
    assert "s3cret" not in shown
    assert "masked" in shown
    json.loads(shown)


@pytest.mark.parametrize(
    "text",
    [
        '{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"300"},'
        '{"key":"AuthorizationKey","readonly":false,"value":"§"}],"unknownKey":["Password"]}',
        '{"configurationKey":[{"value":"§","key":"Wlan Key"}]}',
        '{"configurationKey":[{"key":"Backend","value":"wss://u:§@host/"}]}',
    ],
)
def test_the_answer_to_get_configuration_shows_no_secret_r121(text: str) -> None:
    shown = masked_answer("GetConfiguration", text.replace("§", "s3cret"), PLAIN, public=False)
    assert "s3cret" not in shown
    assert [*json.loads(shown)] == [*json.loads(text)]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("Heartbeat", "{}"),
        ("ChangeConfiguration", '{"key":"MeterPublicKey","value":"3059"}'),
        ("ChangeConfiguration", '{"key":7,"value":"x"}'),
        ("MeterValues", '{"meterValue":[{"sampledValue":[{"value":"1","unit":"Wh"}]}]}'),
        ("GetDiagnostics", '{"location":"ftp://host/a//b"}'),
        ("GetDiagnostics", '{"location":"C:\\\\dir"}'),
        ("Authorize", '{"idTag":"04A1"}'),
        ("DataTransfer", '{"vendorId":"v"}'),
        ("DataTransfer", PUBLIC),
        ("DataTransfer", '{"vendorId":"v","extra":{"data":"x"}}'),
    ],
)
def test_what_is_no_secret_stays_to_the_letter_r121(action: str, text: str) -> None:
    assert masked_call(action, text, PLAIN) == text


def test_hidden_vendor_data_can_be_compared_with_what_the_other_end_sent_r118() -> None:
    digest = hashlib.sha256(SECRET.encode()).hexdigest()[:12]
    text = json.dumps({"vendorId": "v", "data": SECRET})
    words = f"(masked: {len(SECRET)} characters, sha256 {digest})"
    assert json.loads(masked_call("DataTransfer", text, PLAIN))["data"] == words


def test_a_hidden_password_cannot_be_found_by_trying_r121() -> None:
    text = json.dumps({"key": "AuthorizationKey", "value": SECRET})
    shown = masked_call("ChangeConfiguration", text, PLAIN)
    assert hashlib.sha256(SECRET.encode()).hexdigest()[:12] not in shown
    assert shown == masked_call("ChangeConfiguration", text, PLAIN)
    assert shown != masked_call("ChangeConfiguration", text, Mask(b"another start"))
    assert "salt" not in repr(PLAIN)


def test_only_the_user_and_the_query_of_a_url_are_hidden_r121() -> None:
    text = '{"location":"https://user:pw@host:80/dir/file?sig=1 or ftp://other/"}'
    shown = json.loads(masked_call("GetLog", text, PLAIN))["location"]
    assert shown == "https://(masked)@host:80/dir/file?(masked) or ftp://other/"


def test_r87_the_secret_address_that_a_wallbox_is_told_for_a_file_is_hidden() -> None:
    url = f"http://192.0.2.1:19522/relay/{'0123456789abcdef' * 4}/box-1.2.bin"
    text = f'{{"location":"{url}"}}'
    shown = json.loads(masked_call("UpdateFirmware", text, PLAIN))["location"]
    assert shown == "http://192.0.2.1:19522/relay/(masked)/box-1.2.bin"


def test_an_answer_to_vendor_data_is_as_opaque_as_the_question_r91() -> None:
    text = '{"status":"Accepted","data":"s3cret"}'
    assert "s3cret" not in masked_answer("DataTransfer", text, PLAIN, public=False)
    assert masked_answer("DataTransfer", text, PLAIN, public=True) == text
    assert masked_answer("Heartbeat", text, PLAIN, public=False) == text
    assert "s3cret" not in masked_answer("Vendor.Special", text, PLAIN, public=False)


def test_an_answer_that_nobody_can_place_shows_no_vendor_data_r9() -> None:
    assert "s3cret" not in masked_answer(None, '{"data":"s3cret"}', PLAIN, public=False)


def test_only_the_announcement_of_a_meter_is_public_r114() -> None:
    assert is_public("DataTransfer", PUBLIC)
    assert not is_public("Heartbeat", PUBLIC)
    assert not is_public("DataTransfer", PUBLIC.replace("generalC", "special c"))
    assert not is_public("DataTransfer", '{"vendorId":"setMeterConfiguration"}')
    said = '{"vendorId":"generalConfiguration","messageId":"x","data":"setMeterConfiguration"}'
    assert not is_public("DataTransfer", said)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('{"idTag":"04A1"}', '{"idTag":"CARD"}'),
        ('{"idTagInfo":{"parentIdTag":"04a1"}}', '{"idTagInfo":{"parentIdTag":"CARD"}}'),
        ('{"list":[{"idTag":"04A1"}]}', '{"list":[{"idTag":"CARD"}]}'),
        ('{"idTag":7}', '{"idTag":7}'),
        ('{"a":"idTag"}', '{"a":"idTag"}'),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_cards_are_replaced_where_the_site_wants_it_r121(text: str, hidden: str) -> None:
    alias = card_alias("04A1", CARDS)
    assert masked_call("SendLocalList", text, CARDS) == hidden.replace("CARD", alias)
    assert masked_call("SendLocalList", text, PLAIN) == text


def test_what_stands_for_a_card_fits_where_a_card_does() -> None:
    assert len(card_alias("0123456789ABCDEF0123", CARDS)) <= 20
    assert card_alias("04A1", CARDS) != card_alias("04A1", Mask(b"another start"))


plain_text = st.text(alphabet='abcxyz ÄÖ€😀"\\{}[],:\n', max_size=20)
names = plain_text.filter(lambda name: name.casefold() not in ("key", "value"))
scalars = plain_text | st.integers() | st.booleans() | st.none()
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


@given(
    before=st.dictionaries(names, trees, max_size=3),
    within=st.lists(trees, max_size=3),
    after=st.dictionaries(names, trees, max_size=3),
    secret=st.text(alphabet="PQRST", min_size=4, max_size=30),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
def test_masking_hides_the_secret_and_leaves_every_other_character_alone_r121(
    before: dict[str, Any],
    within: list[Any],
    after: dict[str, Any],
    secret: str,
    ascii_only: bool,
    indent: int | None,
) -> None:
    entry = {"key": "AuthorizationKey", "value": secret}
    tree = {**before, "configurationKey": [*within, entry], "z": after}
    text = json.dumps(tree, ensure_ascii=ascii_only, indent=indent)
    shown = masked_answer("GetConfiguration", text, PLAIN, public=False)
    head, tail = text.split(f'"{secret}"')
    assert shown.startswith(head)
    assert shown.endswith(tail)
    words = shown[len(head) : len(shown) - len(tail)]
    assert words.startswith(f'"(masked: {len(secret)} characters, sha256 ')
    assert secret not in shown
