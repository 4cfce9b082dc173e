from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattgate.core.errors import ConfigError
from wattgate.core.site.merging import applied, patched, patched_evse
from wattgate.core.site.model import (
    EvseSettings,
    GatewaySettings,
    OcppServerSettings,
    Site,
    SiteSettings,
)
from wattgate.core.site.reading import read_mapping

A: dict[str, Any] = {"id": "a", "address": "CP1"}
HOUSE = {"max_current_a": 63, "house_load_a": 0}
B: dict[str, Any] = {"id": "b", "address": "CP1", "connector": 2}


@pytest.mark.parametrize(
    ("stored", "file", "result"),
    [
        (None, {"site": {"title": "x"}}, {"site": {"title": "x"}, "evse": []}),
        (
            {"site": {"title": "x", "cycle_s": 5}},
            {"site": {"title": "y"}},
            {"site": {"title": "y", "cycle_s": 5}, "evse": []},
        ),
        ({"evse": [A, B]}, {"evse": [B]}, {"evse": [B, {**A, "enabled": False}]}),
        ({"evse": [A]}, {}, {"evse": [{**A, "enabled": False}]}),
        ({"evse": [{**A, "priority": 5}]}, {"evse": [A]}, {"evse": [{**A, "priority": 5}]}),
        ({"evse": [{**A, "enabled": False}]}, {"evse": [A]}, {"evse": [A]}),
        (
            {"evse": [{**A, "enabled": True}]},
            {"evse": [{**A, "enabled": False}]},
            {"evse": [{**A, "enabled": False}]},
        ),
        (
            {"evse": [{**A, "device_type": "modbus", "definition": "d", "priority": 5}]},
            {"evse": [{**A, "device_type": "power-brain"}]},
            {"evse": [{**A, "device_type": "power-brain", "priority": 5}]},
        ),
        (
            {"evse": [{**A, "device_type": "modbus", "definition": "d"}]},
            {"evse": [{**A, "device_type": "modbus"}]},
            {"evse": [{**A, "device_type": "modbus", "definition": "d"}]},
        ),
        (
            {"card": [{"id_tag": "A", "name": "Anna"}, {"id_tag": "B"}], "wallbox": [{"id": "X"}]},
            {"card": [{"id_tag": "A"}]},
            {"card": [{"id_tag": "A", "name": "Anna"}], "wallbox": [{"id": "X"}], "evse": []},
        ),
        ({"card": [{"id_tag": "A"}]}, {"card": []}, {"card": [], "evse": []}),
        (
            {"evse": [{**A, "gateway": [{"url": "ws://b/"}]}]},
            {"evse": [A]},
            {"evse": [{**A, "gateway": [{"url": "ws://b/"}]}]},
        ),
    ],
    ids=[
        "nothing stored",
        "the file wins for the keys it has",
        "an EVSE that is gone is deactivated",
        "all EVSEs are gone",
        "an EVSE keeps what the file does not say",
        "an EVSE that is back is enabled",
        "an EVSE may be disabled in the file",
        "a definition goes with the kind of wallbox",
        "a kind that stays keeps its definition",
        "lists are what the file says",
        "a list may be emptied",
        "backends stay where the file names none",
    ],
)
def test_a_file_is_applied(
    stored: dict[str, Any] | None, file: dict[str, Any], result: dict[str, Any]
) -> None:
    assert applied(stored, file) == result


def gateway(**settings: str) -> dict[str, Any]:
    return {"evse": [{**A, "gateway": [settings]}]}


@pytest.mark.parametrize(
    ("stored", "file", "password"),
    [
        (gateway(url="ws://b/", password="p"), gateway(url="ws://b/"), "p"),
        (gateway(url="ws://b/", password="p"), gateway(url="ws://b/", password=""), ""),
        (gateway(url="ws://b/", password="p"), gateway(url="ws://b/", password="q"), "q"),
        (gateway(url="ws://b/", password="p"), gateway(url="ws://other/"), None),
    ],
    ids=["a missing one stays", "an empty one is none", "a new one counts", "not sent elsewhere"],
)
def test_p3_passwords_are_applied(
    stored: dict[str, Any], file: dict[str, Any], password: str | None
) -> None:
    assert applied(stored, file)["evse"][0]["gateway"][0].get("password") == password


def two(**passwords: str | None) -> dict[str, Any]:
    """Two logins at one backend, each with its password; None does not mention it."""
    logins: list[dict[str, Any]] = [
        {"url": "ws://b/", "client_id": client_id}
        | ({} if password is None else {"password": password})
        for client_id, password in passwords.items()
    ]
    return {"evse": [{**A, "gateway": logins}]}


@pytest.mark.parametrize(
    ("stored", "file", "passwords"),
    [
        (two(x="p", y="q"), two(x=None, y=None), ["p", "q"]),
        (two(x="p", y="q"), two(y=None, x=None), ["q", "p"]),
        (two(x="p"), two(x=None, y=None), ["p", None]),
        (two(x="p"), two(y=None, x=None), [None, "p"]),
        (two(x="p", y="q"), two(y=None), ["q"]),
        (two(x="p", y="q"), two(z=None), [None]),
        (two(x="p"), two(z=None), ["p"]),
        (gateway(url="ws://b/", password="p"), two(x=None, y=None), [None, None]),
    ],
    ids=[
        "as before",
        "in another order",
        "one is added behind",
        "one is added before",
        "one is removed",
        "a third in their place",
        "one that is renamed",
        "one becomes two others",
    ],
)
def test_p3_each_of_several_logins_at_one_backend_keeps_its_own_password(
    stored: dict[str, Any], file: dict[str, Any], passwords: list[str | None]
) -> None:
    found = applied(stored, file)["evse"][0]["gateway"]
    assert [each.get("password") for each in found] == passwords
    assert applied({"evse": [{**A, "gateway": found}]}, file)["evse"][0]["gateway"] == found


def test_p5_a_shared_login_may_change_although_one_of_its_evses_is_gone() -> None:
    """Nobody could mend it there, since the file has that EVSE no longer."""
    old, new = ({"url": "ws://b/", "password": password} for password in ("old", "new"))
    stored = {"evse": [{**A, "gateway": [old]}, {**B, "gateway": [old]}]}
    merged = applied(stored, {"site": HOUSE, "evse": [{**A, "gateway": [new]}]})
    assert [each["gateway"] for each in merged["evse"]] == [[new], [new]]
    assert not read_mapping(merged).evses[1].enabled


@pytest.mark.parametrize(
    ("stored", "file"),
    [
        ({"evse": [A]}, {"evse": 5}),
        ({"evse": [A]}, {"evse": [5]}),
        ({"evse": 5}, {"evse": [A]}),
        ({"site": {"title": "x"}}, {"site": 5, "evse": []}),
        ({"card": [{"id_tag": "A"}]}, {"card": 5, "evse": []}),
        ({"card": 5}, {"card": [{"id_tag": "A"}], "evse": []}),
    ],
)
def test_what_has_no_sense_comes_through_for_the_reader_to_refuse(
    stored: dict[str, Any], file: dict[str, Any]
) -> None:
    assert applied(stored, file) == {**stored, **file}


names = st.sampled_from(["a", "b", "c"])
texts = st.sampled_from(["", "x", "y"])
gateways = st.lists(
    st.fixed_dictionaries({"url": names}, optional={"password": texts, "client_id": texts}),
    max_size=2,
    unique_by=lambda each: each["url"],
)
evses = st.lists(
    st.fixed_dictionaries(
        {"id": names},
        optional={"name": texts, "enabled": st.booleans(), "gateway": gateways},
    ),
    max_size=3,
    unique_by=lambda each: str(each["id"]),
)
wallboxes = st.lists(
    st.fixed_dictionaries({"id": names}, optional={"password": texts}),
    max_size=3,
    unique_by=lambda each: each["id"],
)
some_settings = st.dictionaries(st.sampled_from(["title", "host", "password"]), texts)
files = st.fixed_dictionaries(
    {},
    optional={
        "site": some_settings,
        "ocpp_server": some_settings,
        "evse": evses,
        "wallbox": wallboxes,
    },
)


@settings(deadline=None)
@given(st.none() | files, files)
def test_applying_twice_changes_nothing(
    stored: dict[str, Any] | None, file: dict[str, Any]
) -> None:
    once = applied(stored, file)
    assert applied(once, file) == once


@settings(deadline=None)
@given(files, files)
def test_no_evse_is_ever_lost(stored: dict[str, Any], file: dict[str, Any]) -> None:
    in_file = {each["id"] for each in file.get("evse", [])}
    before = {each["id"] for each in stored.get("evse", [])}
    after = {each["id"]: each for each in applied(stored, file)["evse"]}
    assert set(after) == in_file | before
    assert all(after[gone]["enabled"] is False for gone in before - in_file)


SITE = Site(
    site=SiteSettings(max_current_a=63.0, house_load_a=20.0),
    ocpp_server=OcppServerSettings(password="secret"),
)


@pytest.mark.parametrize(
    "patch", [{"max_current_a": 40}, {"site": {"max_current_a": 40.0}}], ids=["flat", "as a table"]
)
def test_a_setting_of_the_site_is_patched(patch: dict[str, Any]) -> None:
    assert patched(SITE, patch) == Site(
        site=SiteSettings(max_current_a=40.0, house_load_a=20.0), ocpp_server=SITE.ocpp_server
    )


def test_a_patch_of_the_server_keeps_the_password_that_it_does_not_say() -> None:
    assert patched(SITE, {"ocpp_server": {"port": 9001}}).ocpp_server == OcppServerSettings(
        port=9001, password="secret"
    )


def test_an_empty_patch_changes_nothing() -> None:
    assert patched(SITE, {}) == SITE


@pytest.mark.parametrize(
    ("patch", "problems"),
    [
        (
            {"max_current_a": -1},
            ["site > max_current_a: must be at least 0 A per phase, not -1"],
        ),
        (
            {"evse": [], "ocpp_server": 5, "max_curent_a": 40, "cycle_s": None},
            [
                "evse: cannot be changed here; the site file describes it",
                "ocpp_server: must be a table, not 5",
                'site > max_curent_a: is unknown; did you mean "max_current_a"?',
                "site > cycle_s: must be a number, not nothing",
            ],
        ),
        ({"card": []}, ["card: cannot be changed here; the site file describes it"]),
    ],
)
def test_a_bad_patch_is_refused_with_every_problem(
    patch: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        patched(SITE, patch)
    assert [str(each).replace(" \u203a ", " > ") for each in caught.value.problems] == problems


TWO = Site(
    site=SiteSettings(max_current_a=40.0, house_load_a=20.0),
    evses=(
        EvseSettings(
            id="a", address="CP1", gateways=(GatewaySettings(url="ws://b/", password="p"),)
        ),
        EvseSettings(id="b", address="CP2"),
    ),
)


def test_a_setting_of_one_evse_is_patched_and_all_else_stays() -> None:
    changed = patched_evse(TWO, "a", {"enabled": False})
    assert changed == replace(TWO, evses=(replace(TWO.evses[0], enabled=False), TWO.evses[1]))
    assert patched_evse(changed, "a", {"enabled": True}) == TWO


def test_a_patch_of_one_evse_must_leave_a_site_that_fits_together() -> None:
    with pytest.raises(ConfigError) as raised:
        patched_evse(TWO, "b", {"min_current_a": 20.0, "colour": "red"})
    assert [problem.path for problem in raised.value.problems] == [
        'evse "b" › colour',
        'evse "b" › min_current_a',
    ]
