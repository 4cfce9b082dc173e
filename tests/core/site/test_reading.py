from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattgate.core.errors import ConfigError
from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    GatewaySettings,
    LoadManagement,
    OcppServerSettings,
    PhaseRotation,
    Site,
    SiteSettings,
    WallboxSettings,
)
from wattgate.core.site.reading import parse_toml, read_mapping, read_toml

EXAMPLE = Path(__file__).parents[3] / "docs" / "reference" / "site.example.toml"


def said(mapping: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_mapping(mapping)
    return [str(problem).replace(" \u203a ", " > ") for problem in caught.value.problems]


def test_an_empty_file_is_a_site_of_which_nothing_was_said() -> None:
    assert read_toml("") == Site()


def test_every_setting_is_read() -> None:
    text = """
        [site]
        title = "Garage Köln"
        load_management = "observe"
        max_current_a = 63
        [ocpp_server]
        host = "127.0.0.1"
        port = 0
        password = "common"
        [[wallbox]]
        id = "CP1"
        max_current_a = 32.0
        ping = false
        [[evse]]
        id = "stall-1"
        address = "CP1"
        phase_rotation = "RST"
        [[evse.gateway]]
        url = "ws://127.0.0.1:9000/"
        [[card]]
        id_tag = "04A1B2C3"
    """
    assert read_toml(text) == Site(
        site=SiteSettings(
            title="Garage Köln", load_management=LoadManagement.OBSERVE, max_current_a=63.0
        ),
        ocpp_server=OcppServerSettings(host="127.0.0.1", port=0, password="common"),
        wallboxes=(WallboxSettings(id="CP1", max_current_a=32.0, ping=False),),
        evses=(
            EvseSettings(
                id="stall-1",
                address="CP1",
                phase_rotation=PhaseRotation.RST,
                gateways=(GatewaySettings(url="ws://127.0.0.1:9000/"),),
            ),
        ),
        cards=(CardSettings(id_tag="04A1B2C3"),),
    )


def test_the_example_of_the_reference_is_valid() -> None:
    site = read_toml(EXAMPLE.read_text(encoding="utf-8"))
    assert [each.id for each in site.evses] == ["stall-1", "stall-2"]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("[site]\ntitle = \n", "line 2, column 9", "is not TOML: Invalid value"),
        ("[site", "end of document", "is not TOML: Expected"),
        ("a = 1\na = 2\n", "line 2, column 6", "is not TOML: Cannot overwrite a value"),
        ("a = " + "1" * 5000, "the file", "is not TOML: Exceeds the limit"),
        ("a = " + "[" * 100_000, "the file", "is nested too deeply"),
    ],
    ids=["no value", "cut off", "twice", "too many digits", "too deep"],
)
def test_text_that_is_no_toml_is_one_problem_with_its_line(
    text: str, path: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(text)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.message.startswith(message)


def test_every_problem_is_said_at_once_each_with_its_path() -> None:
    mapping = {
        "site": {"max_current_a": "63", "house_load_a": True},
        "wallbox": [{"id": "CP1", "security_profile": 4}],
        "evse": [
            {
                "id": "stall-1",
                "address": "CP1",
                "gateway": [{"url": "http://backend/", "append_id": 1}],
            },
            {"id": "stall-2", "address": "CP1", "min_current_a": 32},
        ],
        "card": [{"id_tag": "x" * 21}],
    }
    assert said(mapping) == [
        'site > max_current_a: must be a number, not the text "63"',
        "site > house_load_a: must be a number, not true",
        'wallbox "CP1" > security_profile: must be at most 3, not 4',
        'evse "stall-1" > gateway 1 > append_id: must be true or false, not 1',
        f'card "{"x" * 21}" > id_tag: must have at most 20 characters, not 21',
        'evse "stall-1" > gateway 1 > url: must begin with ws:// or wss://',
        'evse "stall-2" > min_current_a: must not be above max_current_a (16 A)',
        'evse "stall-2" > connector: of this address already belongs to evse "stall-1"',
    ]


@pytest.mark.parametrize(
    ("mapping", "problems"),
    [
        ({"evses": []}, ['evses: is unknown; did you mean "evse"?']),
        (
            {"site": {"titel": "x"}},
            ['site > titel: is unknown; did you mean "title"?'],
        ),
        (
            {"card": [{"zzz": 1, "id_tag": "A"}]},
            ['card "A" > zzz: is unknown; known here: id_tag, name'],
        ),
        (
            {"card": [{"\x1b": 1, "id_tag": "A"}]},
            ["card \"A\" > '\\x1b': is unknown; known here: id_tag, name"],
        ),
        (
            {"card": [{"id_tagg": "A"}]},
            ['card 1 > id_tagg: is unknown; did you mean "id_tag"?'],
        ),
        (
            {"card": [{"id_tagg": "A", "id_tag": 5}]},
            [
                'card 1 > id_tagg: is unknown; did you mean "id_tag"?',
                "card 1 > id_tag: must be a text in quotes, not 5",
            ],
        ),
        ({"card": [{}]}, ["card 1 > id_tag: is required"]),
        ({"card": {"id_tag": "A"}}, ["card: must be a list of tables [[card]], not a table"]),
        (
            {"card": [5, {"id_tag": "A", "name": 1}]},
            [
                "card 1: must be a table [[card]], not 5",
                'card "A" > name: must be a text in quotes, not 1',
            ],
        ),
        ({"site": [1]}, ["site: must be a table [site], not a list"]),
        (
            {"ocpp_server": {"password": 12345}},
            ["ocpp_server > password: must be a text in quotes"],
        ),
    ],
)
def test_a_wrong_shape_is_said_once(mapping: dict[str, Any], problems: list[str]) -> None:
    assert said(mapping) == problems


def test_an_entry_that_loses_its_name_is_not_judged_a_second_time_under_its_number() -> None:
    long_id = "x" * 101
    evse = {"id": long_id, "address": "CP1", "min_current_a": 20, "max_current_a": "32"}
    assert said({"site": {"load_management": "observe"}, "evse": [evse]}) == [
        f'evse "{long_id}" > id: must have at most 100 characters, not 101',
        f'evse "{long_id}" > max_current_a: must be a number, not the text "32"',
    ]


keys = st.sampled_from(["site", "evse", "card", "id", "address", "gateway", "url", "port", "x"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
)


@settings(deadline=None)
@given(st.dictionaries(keys, trees))
def test_any_mapping_is_a_site_or_a_config_error(mapping: dict[str, object]) -> None:
    try:
        assert isinstance(read_mapping(mapping), Site)
    except ConfigError as exc:
        assert exc.problems
