import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.configuration.config_overlay import (
    Entry,
    asked_keys,
    features,
    fixed_where,
    in_parts,
    merged,
    named_keys,
    overlaid,
    values_of,
    with_unknown,
    writable_values_of,
)

INTERVAL = Entry("MeterValueSampleInterval", "900", listed=True)
SECRET = Entry("AuthorizationKey", None)


@pytest.mark.parametrize(
    ("answer", "asked", "after"),
    [
        # The example of R84.
        (
            '{"unknownKey":["MeterValueSampleInterval","Foo"]}',
            ("MeterValueSampleInterval", "Foo"),
            '{"configurationKey":[{"key":"MeterValueSampleInterval","readonly":false,'
            '"value":"900"}],"unknownKey":["Foo"]}',
        ),
        (
            '{"configurationKey":[ {"value" : "10","key":"metervaluesampleinterval", "x":1.10,'
            ' "readonly":true} , {"key":"Foo","readonly":false,"value":"\\u00e4"} ]}',
            (),
            '{"configurationKey":[ {"value" : "900","key":"metervaluesampleinterval", "x":1.10,'
            ' "readonly":false} , {"key":"Foo","readonly":false,"value":"\\u00e4"} ]}',
        ),
        (
            '{"configurationKey":[{"key":"MeterValueSampleInterval"}]}',
            (),
            '{"configurationKey":[{"value":"900","key":"MeterValueSampleInterval"}]}',
        ),
        (
            '{"configurationKey":[{"key":"AuthorizationKey","value":"00ff"},'
            '{"key":"Foo","value":"1"}]}',
            ("AuthorizationKey", "Foo"),
            '{"configurationKey":[{"key":"AuthorizationKey"},{"key":"Foo","value":"1"}]}',
        ),
        (
            '{"configurationKey":[],"unknownKey":["AuthorizationKey"]}',
            ("AuthorizationKey",),
            '{"configurationKey":[{"key":"AuthorizationKey","readonly":false}],"unknownKey":[]}',
        ),
        ('{"configurationKey":[1,{"a":2},{"key":3}]}', ("Foo",), None),
        ('{"configurationKey":[], "unknownKey":["Foo", 1, null]}', ("Foo",), None),
        ("{}", ("Foo",), None),
    ],
)
def test_our_words_lie_over_the_wallboxs_and_nothing_else_moves_r84_r37(
    answer: str, asked: tuple[str, ...], after: str | None
) -> None:
    assert overlaid(answer, [INTERVAL, SECRET], asked) == (answer if after is None else after)


def test_everything_is_asked_for_by_naming_nothing_r84() -> None:
    full = json.loads(overlaid('{"configurationKey":[]}', [INTERVAL, SECRET], ()))
    assert full == {
        "configurationKey": [{"key": "MeterValueSampleInterval", "readonly": False, "value": "900"}]
    }


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{}", ()),
        ('{"key":["a", 1, "\\u0062"]}', ("a", "b")),
        ('{"key":[]}', ()),
        ('{"key":1}', ()),
    ],
)
def test_the_keys_that_are_asked_for_are_read_leniently(text: str, keys: tuple[str, ...]) -> None:
    assert asked_keys(text) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{}", ()),
        ('{"key":1,"value":"key"}', ()),
        ('{"key":"A"}', ("A",)),
        ('{"key":"A","value":{"key":"C"},"\\u006bey":"B"}', ("A", "B")),
    ],
)
def test_every_key_that_a_change_names_is_seen_r36(text: str, keys: tuple[str, ...]) -> None:
    assert named_keys(text) == keys


def test_values_are_read_by_folded_key_and_only_texts_count() -> None:
    answer = (
        '{"configurationKey":[{"key":"A","value":"1","readonly":true},{"key":"b","value":2},'
        '{"key":"C","readonly":false,"value":"3"},{"key":null,"value":"4"},"d"]}'
    )
    assert values_of(answer) == {"a": "1", "b": None, "c": "3"}
    assert writable_values_of(answer) == {"c": "3"}


keys = st.sampled_from(["MeterValueSampleInterval", "authorizationkey", "Foo", "Bär", "x,]}"])
elements = st.fixed_dictionaries(
    {"key": keys}, optional={"readonly": st.booleans(), "value": st.text(max_size=8)}
)
answers = st.fixed_dictionaries(
    {"configurationKey": st.lists(elements)},
    optional={"unknownKey": st.lists(st.text(max_size=5)), "vendor": st.floats(allow_nan=False)},
)
OURS = {INTERVAL.key.casefold(), SECRET.key.casefold()}


@given(answers, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_everything_that_is_not_ours_keeps_every_character_r17_r84(
    answer: dict[str, Any], indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(answer, indent=indent, ensure_ascii=ascii_only)
    after = overlaid(text, [INTERVAL, SECRET], ())
    expected = [each for each in answer["configurationKey"] if each["key"].casefold() not in OURS]
    read = json.loads(after)
    assert [
        each for each in read["configurationKey"] if each["key"].casefold() not in OURS
    ] == expected
    assert all(
        each.get("value") == ("900" if each["key"] == INTERVAL.key else None)
        for each in read["configurationKey"]
        if each["key"].casefold() in OURS
    )
    assert read.get("vendor") == answer.get("vendor")
    if not any(each["key"].casefold() in OURS for each in answer["configurationKey"]):
        # Our element is all that came, and all that is between is the wallbox's own spelling.
        ours = '{"key":"MeterValueSampleInterval","readonly":false,"value":"900"}'
        without = after.replace(f",{ours}", "").replace(ours, "")
        assert without == text


def test_what_a_backend_cannot_change_is_read_only_to_it_r82_r84() -> None:
    text = (
        '{"configurationKey":[{"key":"A", "readonly":false},'
        '{"key":"B","readonly":false},{"key":"a"},7]}'
    )
    assert fixed_where(text, lambda key: key.casefold() == "a") == text.replace("false", "true", 1)


def test_keys_that_are_not_there_for_a_backend_are_unknown_r84() -> None:
    assert with_unknown('{"unknownKey":["A"]}', ["B", "ä"]) == '{"unknownKey":["A","B","\\u00e4"]}'
    assert with_unknown("{}", ["B"]) == '{"unknownKey":["B"]}'
    assert with_unknown("{}", []) == "{}"


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("{}", 1, ("{}",)),
        ('{ "key":["a","b"]}', None, ('{ "key":["a","b"]}',)),
        ('{ "key":["a","b"]}', 0, ('{ "key":["a","b"]}',)),
        ('{ "key":["a","b"]}', 2, ('{ "key":["a","b"]}',)),
        ('{"key":["a", "\\u0062" ,"c"]}', 2, ('{"key":["a","\\u0062"]}', '{"key":["c"]}')),
    ],
)
def test_a_wallbox_is_asked_for_as_many_keys_at_once_as_it_can_answer_r84(
    text: str, most: int | None, parts: tuple[str, ...]
) -> None:
    assert in_parts(text, most) == parts


def test_the_answers_to_the_parts_become_one_and_keep_every_character_r17_r84() -> None:
    one = '{ "configurationKey":[ {"key":"a","value":"1.10"} ]}'
    two = '{"unknownKey":["b"], "configurationKey":[{"value":"\\u00e4","key":"c"}]}'
    assert merged([one]) == one
    assert merged([one, two]) == (
        '{"unknownKey":["b"], "configurationKey":[ {"key":"a","value":"1.10"},'
        '{"value":"\\u00e4","key":"c"} ]}'
    )


FIRMWARE = "FirmwareManagement"


@pytest.mark.parametrize(
    ("said", "added", "removed", "seen"),
    [
        ("Core", ["SmartCharging"], [], "Core,SmartCharging"),
        ("Core, SmartCharging", ["SmartCharging"], [], "Core, SmartCharging"),
        (f"Core,{FIRMWARE}", ["SmartCharging"], [FIRMWARE], "Core,SmartCharging"),
        (f"Core, {FIRMWARE}", [], [FIRMWARE], "Core"),
        ("Core, Reservation", [], [FIRMWARE], "Core, Reservation"),
    ],
)
def test_features_are_those_that_the_backend_finds_r84(
    said: str, added: list[str], removed: list[str], seen: str
) -> None:
    assert features(said, added, removed) == seen
