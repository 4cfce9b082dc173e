import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wattgate.core.ocpp.frames import Call, CallError, CallResult, Frame, Junk, decode, encode

SPACE = st.text(" \t\r\n", max_size=3)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    st.sampled_from(["null", "true", "false", "1E3", "1.10", "-0", "0.0e-7"])
    | st.integers().map(str)
    | st.sampled_from([r'"\/"', r'"\u00e9"', r'"\ud83d\ude00"', '"ü\u2028"'])
    | TEXTS.map(json.dumps)
)


def _array(values: list[tuple[str, str, str]]) -> str:
    return "[" + ",".join(f"{a}{value}{b}" for a, value, b in values) + "]"


def _object(members: list[tuple[str, str, str, str]]) -> str:
    return "{" + ",".join(f"{a}{json.dumps(k)}{b}:{b}{v}{a}" for a, k, b, v in members) + "}"


def _members(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.sampled_from(["a", "b", ""]) | TEXTS  # few names, so that keys repeat
    return st.lists(st.tuples(SPACE, keys, SPACE, values), max_size=4).map(_object)


def _containers(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(SPACE, values, SPACE), max_size=3).map(_array) | _members(values)


BODIES = _members(st.recursive(SCALARS, _containers, max_leaves=8))


@given(body=BODIES, space=SPACE)
@example(body='{"v": 1E3, "w":1.10 ,"a":"\\/", "v":1e3}', space=" ")
@example(body=f'{{"v":{"9" * 4400}}}', space="")
def test_a_payload_keeps_every_character_it_came_with_r17_p17(body: str, space: str) -> None:
    text = f'[2,{space}"u",{space}"MeterValues"{space},{space}{body}{space}]'
    assert decode(text) == Call("u", "MeterValues", body)
    assert decode(f'[3{space},"u",{space}{body}{space}]') == CallResult("u", body)
    assert decode(f'[4,"u","GenericError","",{body}]') == CallError("u", "GenericError", "", body)


FRAMES: st.SearchStrategy[Frame] = (
    st.builds(Call, TEXTS.filter(bool), TEXTS.filter(bool), BODIES)
    | st.builds(CallResult, TEXTS.filter(bool), BODIES)
    | st.builds(CallError, TEXTS.filter(bool), TEXTS, TEXTS.map(lambda text: text[:255]), BODIES)
)


@given(FRAMES)
def test_what_was_encoded_is_read_back_as_the_same_frame(frame: Frame) -> None:
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (Call("1", "Heartbeat", "{}"), '[2,"1","Heartbeat",{}]'),
        (CallResult("1", '{"a": 1E3}'), '[3,"1",{"a": 1E3}]'),
        (CallError("1", "NotImplemented", "", "{}"), '[4,"1","NotImplemented","",{}]'),
        (CallError("1", "X", "y" * 300), f'[4,"1","X","{"y" * 255}",{{}}]'),  # S7
        (CallError('"', "X", "\ud800"), '[4,"\\"","X","\\ud800",{}]'),
    ],
)
def test_a_frame_is_written_as_the_specification_shows_it_r1(frame: Frame, text: str) -> None:
    assert encode(frame) == text


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"1","Heartbeat",null]', Call("1", "Heartbeat", "{}")),
        ('[3,"1", null ]', CallResult("1", "{}")),
        ('[4,"1","NotSupported","",null]', CallError("1", "NotSupported", "")),
        ('[4,"1","NotSupported","no",""]', CallError("1", "NotSupported", "no")),
        ('[4,"1","NotSupported","no"]', CallError("1", "NotSupported", "no")),
        ('[4,"1","NotSupported",null,{}]', CallError("1", "NotSupported", "")),
        ('[4,"1","NotSupported"]', CallError("1", "NotSupported", "")),
        (f'[3,"{"i" * 255}",{{}}]', CallResult("i" * 255, "{}")),
        (' [ 2 , "\\u0031" , "Heartbeat" , {} ] ', Call("1", "Heartbeat", "{}")),
    ],
)
def test_the_liberties_of_real_wallboxes_are_accepted_r1(text: str, frame: Frame) -> None:
    assert decode(text) == frame


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1"]',
        '[2,"1","Heartbeat"]',
        '[2,"1","Heartbeat",{},{}]',
        '[2,"1",7,{}]',
        '[2,"1","",{}]',
        '[2,"1","Heartbeat",[]]',
        '[2,"1","Heartbeat","{}"]',
        '[2,"1","Heartbeat",{bad}]',
        '[2,"1","Heartbeat",{"a":NaN}]',
        '[2,"1","Heartbeat",{"a":Infinity}]',
        '[2,"1","Heartbeat",{"a":01}]',
        '[2,"1","Heartbeat",{"a":"\ud800"}]',
        '[2,"1","Heartbeat",{"a":"\\ud800"}]',
        '[2,"1","\\ud800",{}]',
        '[2,"1","Heartbeat",{}',
        ' [ 2 , "1" ,',
        '[2,"1","Heartbeat",' + "[" * 100_000,
        '[2,"1","GetConfiguration",{"configurationKey":]}]',
    ],
)
def test_a_call_that_cannot_be_read_but_for_its_id_is_refused_with_that_id_r11_r12(
    text: str,
) -> None:
    junk = decode(text)
    assert isinstance(junk, Junk)
    assert junk.reply is not None
    assert (junk.reply.unique_id, junk.reply.code) == ("1", "FormationViolation")
    assert junk.reply.description == junk.reason
    assert isinstance(decode(encode(junk.reply)), CallError)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{bad",
        '"x"',
        "7",
        "{}",
        "[]",
        "[2]",
        "[2,{}]",
        '[2,3,"Heartbeat",{}]',
        '[2,"","Heartbeat",{}]',
        f'[2,"{"i" * 256}","Heartbeat",{{}}]',
        f'[2,"{"i" * 256}","Heartbeat",{{bad}}]',
        '[2,"\ud800","Heartbeat",{}]',
        '[2,"\\ud800","Heartbeat",{}]',
        '[2,"1',
        "[3]",
        '[3,"1"]',
        '[3,"1",[]]',
        '[3,"1",{},{}]',
        "[3,1,{}]",
        '[3,"1",{bad}]',
        "[4]",
        '[4,"1"]',
        '[4,"1",7,"",{}]',
        '[4,1,"GenericError","",{}]',
        '[4,"1","GenericError","",{},{}]',
        '[5,"1","GenericError","",{}]',
        '[6,"1","NotifyPeriodicEventStream",{}]',
        '[7,"4",{}]',
        '["2","1","Heartbeat",{}]',
        '[2.0,"1","Heartbeat",{}]',
        "[" * 100_000,
        f"[{'9' * 5000}]",
    ],
)
def test_what_is_no_call_with_an_id_is_junk_without_a_reply_r3_r12(text: str) -> None:
    junk = decode(text)
    assert isinstance(junk, Junk)
    assert junk.reply is None
    assert junk.reason


@given(st.text() | st.text('[]{}234",:\\u d8', max_size=30) | BODIES)
def test_no_text_raises_out_of_decode(text: str) -> None:
    assert isinstance(decode(text), Call | CallResult | CallError | Junk)


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=9))
def test_no_json_value_raises_out_of_decode(value: Any) -> None:  # noqa: ANN401 - any JSON value
    assert isinstance(decode(json.dumps(value)), Call | CallResult | CallError | Junk)
