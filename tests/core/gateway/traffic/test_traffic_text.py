import json

import pytest

from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.traffic import MAX_CHARS
from wattgate.core.gateway.traffic.traffic_text import (
    Shown,
    shown_again,
    shown_answer,
    shown_call,
    shown_junk,
)
from wattgate.core.ocpp.frames import Call, CallError, CallResult, decode, encode

MASK = Mask(b"salt")
LONG = "x" * MAX_CHARS


def call(action: str, payload: str, unique_id: str = "1") -> tuple[Call, str]:
    text = f'[2, "{unique_id}" ,"{action}", {payload} ]'
    frame = decode(text)
    assert isinstance(frame, Call)
    return frame, text


def kept(action: str, payload: str) -> Shown:
    return shown_call(*call(action, payload), MASK)


def answered(frame: CallResult | CallError, to: Shown | None) -> str:
    return shown_answer(frame, encode(frame), MASK, to).text


def test_a_frame_without_secrets_is_kept_to_the_letter_r121() -> None:
    shown = kept("Heartbeat", "null")
    assert shown.text == '[2, "1" ,"Heartbeat", null ]'
    assert not shown.is_hidden


def test_a_masked_frame_keeps_its_own_white_space_r121() -> None:
    shown = kept("DataTransfer", '{ "vendorId":"v", "data":"s3cret"}')
    assert shown.is_hidden
    assert shown.text.startswith('[2, "1" ,"DataTransfer", { "vendorId":"v", "data":"(masked: 6')
    assert shown.text.endswith(')"} ]')


def test_a_long_frame_is_cut_and_says_how_long_it_was_r121() -> None:
    long_call = kept("DataTransfer", json.dumps({"vendorId": "v", "data": LONG}))
    assert json.loads(long_call.text)[3] == f"(cut: the frame had {long_call.chars} characters)"
    answer = CallResult("1", json.dumps({"status": "Accepted", "x": LONG}))
    assert "(cut: the frame had" in answered(answer, kept("Heartbeat", "{}"))
    refusal = CallError("1", "GenericError", LONG)
    theirs = json.dumps([4, "1", "GenericError", LONG, {}])  # ours would be shorter (S7)
    shown = shown_answer(refusal, theirs, MASK, kept("Heartbeat", "{}")).text
    assert json.loads(shown)[3].startswith("(masked: ")


def test_the_same_payload_in_another_frame_is_hidden_as_before_r121() -> None:
    shown = kept("DataTransfer", '{"vendorId":"v","data":"s3cret"}')
    again, text = call("DataTransfer", '{"vendorId":"v","data":"s3cret"}', "other")
    other = shown_again(shown, again, text)
    assert other.text == shown.text.replace('"1"', '"other"')
    assert other.is_hidden


def test_the_same_payload_without_secrets_stays_as_it_is() -> None:
    again, text = call("Heartbeat", "{}", "other")
    assert shown_again(kept("Heartbeat", "{}"), again, text).text == text


@pytest.mark.parametrize("kind", [Call, CallResult])
def test_a_frame_that_is_longer_only_for_its_id_is_cut_too(kind: type) -> None:
    payload = json.dumps({"a": "x" * (MAX_CHARS - 40)})
    frame = Call("i" * 60, "Heartbeat", payload) if kind is Call else CallResult("i" * 60, payload)
    shown = shown_again(kept("Heartbeat", payload), frame, encode(frame))
    assert '"(cut: the frame had' in shown.text
    assert len(shown.text) < 200


@pytest.mark.parametrize(
    ("action", "payload", "is_shown"),
    [
        ("RemoteStopTransaction", "{}", True),
        ("DataTransfer", '{"vendorId":"v"}', False),
        (
            "DataTransfer",
            '{"vendorId":"generalConfiguration","messageId":"setMeterConfiguration"}',
            True,
        ),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":"s3cret"}', False),
        ("ChangeConfiguration", '{"key":"HeartbeatInterval","value":"1"}', True),
        (None, "", False),
    ],
)
def test_a_refusal_is_not_shown_where_it_may_repeat_a_secret_r121(
    action: str | None, payload: str, is_shown: bool
) -> None:
    refusal = CallError("1", "FormationViolation", "bad s3cret", '{"got":"s3cret"}')
    text = answered(refusal, kept(action, payload) if action is not None else None)
    assert ("s3cret" in text) is is_shown
    assert json.loads(text)[:3] == [4, "1", "FormationViolation"]


def test_an_answer_is_masked_by_what_was_asked_r121() -> None:
    answer = CallResult("1", '{"status":"Accepted","data":"s3cret"}')
    assert "s3cret" not in answered(answer, kept("DataTransfer", '{"vendorId":"v"}'))
    assert "s3cret" not in answered(answer, None)
    public = '{"vendorId":"generalConfiguration","messageId":"setMeterConfiguration"}'
    assert "s3cret" in answered(answer, kept("DataTransfer", public))


def test_of_what_is_no_frame_only_its_length_is_kept_r121() -> None:
    assert "s3cret" not in shown_junk('["password s3cret"').text
    assert shown_junk("[[").chars == 2
