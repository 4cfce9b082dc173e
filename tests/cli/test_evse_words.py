import json
from typing import Any

import msgspec
import pytest
from tests.support.evse_answers import evse as answer
from tests.support.evse_answers import proof

from wattgate.cli.evse_answers import Evse, ProofState
from wattgate.cli.evse_words import everything, plain, result, table


def evse(**facts: Any) -> Evse:  # noqa: ANN401 - as in JSON
    return msgspec.json.decode(json.dumps(answer(**facts)), type=Evse)


def state(**facts: Any) -> ProofState:  # noqa: ANN401 - as in JSON
    return msgspec.json.decode(json.dumps(proof("done", **facts)), type=ProofState)


def test_every_evse_has_a_line() -> None:
    away = evse(
        evse_id="a long one",
        connected=False,
        enabled=False,
        drawn_a={"l1": None, "l2": None, "l3": None},
        limits={"counted_a": 16},
        safety={"released": True},
    )
    assert list(table([evse(), away])) == [
        "EVSE        state                       may draw  draws            counts for  its limits",
        "stall-1     charging                    10.0 A    9.8 / - / 9.9 A  10.0 A      obeys",
        "a long one  not connected, deactivated  10.0 A    -                16.0 A      released",
    ]


def login(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    return {
        "role": "primary",
        "commands": ["all"],
        "retiring": False,
        "client_id": "DE*1",
        "url": "wss://backend.example/ocpp/DE*1",
        "phase": "online",
        "reason": "accepted by the backend",
        "since": "2026-05-15T12:00:00Z",
        "queue_depth": 0,
        "given_up": 0,
        "security": None,
        **facts,
    }


def security(state: str) -> dict[str, Any]:
    return {"security": {"state": state, "words": f"as {state} as can be"}}


def test_a_backend_that_is_not_verified_is_told_below_p23() -> None:
    sites = [
        evse(evse_id=name, backends=[login(**security(name))])
        for name in ("plain", "unverified", "verified")
    ]
    lines = list(table([evse(), evse(backends=[login()]), *sites]))
    assert lines[6:] == ["unverified: the connection to its backend is as unverified as can be"]


def test_of_several_backends_the_one_that_is_not_verified_is_named_p20_p23() -> None:
    elsewhere = "wss://report.example:8443/DE*1"
    both = [login(), login(role="report", url=elsewhere, **security("unverified"))]
    assert list(table([evse(backends=both)]))[2:] == [
        "stall-1: the connection to its backend DE*1@report.example:8443 is as unverified as can be"
    ]


@pytest.mark.parametrize(
    ("backends", "begins"),
    [
        ([login(commands=["read"])], ["primary, may command read; online as DE*1"]),
        ([login(role="report")], ["report, may command all; online as"]),
        ([login(retiring=True)], ["retiring; online as"]),
        (
            [login(), login(role="report", commands=["Reset", "ClearCache"])],
            ["primary, may command all; online", "report, may command Reset, ClearCache; online"],
        ),
    ],
)
def test_r106_backends_are_told_with_role_and_rights(
    backends: list[dict[str, Any]], begins: list[str]
) -> None:
    lines = [" ".join(line.split()) for line in everything(evse(backends=backends))]
    told = [line.removeprefix("backend ") for line in lines if line.startswith("backend ")]
    assert [line.startswith(begin) for line, begin in zip(told, begins, strict=True)] == [
        True for _ in begins
    ]


def test_backends_that_know_an_evse_by_the_same_name_are_told_apart_p20() -> None:
    elsewhere = login(role="report", url="ws://report.example:8080/DE*1")
    text = "\n".join(everything(evse(backends=[login(), elsewhere])))
    assert "online as DE*1@backend.example since" in text
    assert "online as DE*1@report.example:8080 since" in text


def test_what_the_connection_to_the_backend_proves_is_told_s10() -> None:
    told = everything(evse(backends=[login(**security("verified"))]))
    assert "its connection as verified as can be" in [" ".join(line.split()) for line in told]


def test_a_site_without_evses_has_the_headings_only() -> None:
    assert [line.split()[0] for line in table([])] == ["EVSE"]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"name": "Left"}, "stall-1 (Left)"),
        ({}, "stall-1"),
        ({}, "state charging; wallbox CP1, connector 1"),
        ({"status": "Odd"}, "state Odd; wallbox CP1, connector 1"),
        ({}, "model V M firmware 1.2"),
        ({}, "may draw 10.0 A"),
        ({"target_a": 6.0}, "may draw 10.0 A, on the way to 6.0 A"),
        ({"target_a": 6.0, "safety": {"released": True}}, "may draw 10.0 A"),
        ({}, "counts for 10.0 A"),
        ({"limits": {"doubtful": True}}, "counts for 10.0 A, in doubt"),
        ({}, "its limits obeys"),
        (
            {"safety": {"obedience": {"words": "does not obey", "exhausted": True}}},
            "its limits does not obey; nothing left to be tried",
        ),
        ({}, "told by two periods, A, Absolute"),
        ({}, "taken over confirmed by: composite schedule"),
        ({}, "if silent 16 A"),
        (
            {"safety": {"is_harmless_when_silent": True}},
            "if silent its grant while that lasts, then 0 A",
        ),
        ({"safety": {"is_harmless_when_silent": True, "released": True}}, "if silent 16 A"),
        (
            {"safety": {"cleared": {"outcome": "accepted", "confirmed_by": "measurement"}}},
            "limits removed accepted; measurement",
        ),
        ({"clock_offset_s": -300.4}, "clock 300 s behind"),
        ({"clock_offset_s": 299.6}, "clock 300 s ahead"),
        ({"clock_offset_s": 2.0}, "clock right"),
        ({"safety": {"known": ["It is odd."]}}, "known of its make It is odd."),
        ({"safety": {"proof": proof("lapse")}}, "proof Now: lapse."),
        ({"warnings": ["Everybody may charge."]}, "warning Everybody may charge."),
    ],
)
def test_all_about_an_evse_is_told_a_fact_per_line(facts: dict[str, Any], line: str) -> None:
    assert line in [" ".join(each.split()) for each in everything(evse(**facts))]


def test_the_login_at_the_backend_is_told_with_its_reason_and_what_waits_for_it() -> None:
    waiting = login(
        phase="waiting",
        reason="http: the backend answered HTTP 401; next attempt in 20 s",
        queue_depth=3,
    )
    lines = [" ".join(each.split()) for each in everything(evse(backends=[waiting]))]
    assert "waits for it 3 queued" in lines
    (told,) = [line for line in lines if line.startswith("backend ")]
    assert told.startswith("backend waiting as DE*1 since 2026-05-1")
    assert told.endswith(": http: the backend answered HTTP 401; next attempt in 20 s")


def test_what_is_not_known_has_no_line() -> None:
    told = evse(boot=None, safety={"proof": proof("done")})
    names = " ".join(line.split("  ")[1] for line in everything(told) if line.startswith("  "))
    assert not [name for name in ("model", "clock", "proof", "known") if name in names.split()]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"expiry": "proven", "persistence": "proven"},
            "Proven for V M firmware 1.2: its limits end by themselves, also after a power cycle. "
            "Silent, it counts for its grant, then for its fallback.",
        ),
        (
            {"expiry": "proven", "reason": "the car took no current when it was allowed again"},
            "Not proven for V M firmware 1.2: the car took no current when it was allowed again. "
            "Ending by itself: proven; surviving a power cycle: not proven. "
            "Silent, it counts for its 16 A.",
        ),
    ],
)
def test_the_end_of_a_proof_says_what_follows(facts: dict[str, str], words: str) -> None:
    """R100a."""
    assert result(state(**facts), evse()) == words


def test_of_an_unknown_model_a_proof_is_told_as_well() -> None:
    assert result(state(), evse(boot=None)).startswith("Not proven for this wallbox. Ending")


def test_what_a_wallbox_says_cannot_steer_the_terminal() -> None:
    assert plain("a\x1b[2Jb\r\nü") == "a?[2Jb??ü"
    told = evse(boot={"vendor": "\x1b[31m", "model": None, "firmware": None})
    assert "\x1b" not in "".join(everything(told)) + result(state(), told)
