import json

import pytest
import typer
from tests.support.evse_answers import evse
from tests.support.http_answers import Answering, Script, answering

from wattgate.cli import evse_run
from wattgate.cli.api_client import ApiClient, ApiError
from wattgate.cli.evse_answers import Evse
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_run import find, list_all, operate, path_of, read, release, show

LIST = {"GET /api/v1/evses": [(200, [evse(), evse("stall 2")])]}


def asking(manager: Answering) -> ApiClient:
    return ApiClient(manager.url, "x")


def with_answer(key: str, *told: object) -> Script:
    return {**LIST, key: [(200, each) for each in told]}


def test_every_evse_is_listed_in_words_or_as_it_was_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(LIST) as manager:
        assert list_all(asking(manager), as_json=False) == 0
        assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
            "EVSE",
            "stall-1",
            "stall",
        ]
        assert list_all(asking(manager), as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == [evse(), evse("stall 2")]


def test_one_evse_is_shown_in_words_or_as_it_was_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(with_answer("GET /api/v1/evses/stall%202", evse("stall 2"))) as manager:
        assert show(asking(manager), "stall 2", as_json=False) == 0
        assert capsys.readouterr().out.startswith("stall 2\n  state")
        assert show(asking(manager), "stall 2", as_json=True) == 0
        assert json.loads(capsys.readouterr().out) == evse("stall 2")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"says": "It holds."}, 0),
        ({"says": "It holds.", "outcome": "accepted", "confirmed_by": "not confirmed"}, 0),
        ({"says": "It holds.", "outcome": "accepted", "confirmed_by": "contradicted"}, 1),
        ({"says": "It holds.", "outcome": "unsent", "confirmed_by": "not confirmed"}, 1),
    ],
)
def test_an_operation_says_what_came_of_it(
    told: dict[str, str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(with_answer("POST /api/v1/evses/stall-1/adopt", told)) as manager:
        assert operate(asking(manager), "stall-1", "adopt", as_json=False) == status
        assert capsys.readouterr().out == "It holds.\n"
        assert operate(asking(manager), "stall-1", "adopt", as_json=True) == status
        assert json.loads(capsys.readouterr().out) == told


@pytest.mark.parametrize(
    ("is_sure", "is_terminal", "says", "released"),
    [
        (True, False, None, True),
        (False, True, True, True),
        (False, True, False, False),
    ],
)
def test_a_release_is_asked_about(
    is_sure: bool,
    is_terminal: bool,
    says: bool | None,
    released: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return bool(says)

    monkeypatch.setattr(evse_run, "somebody_is_there", lambda: is_terminal)
    monkeypatch.setattr(typer, "confirm", confirm)
    with answering(
        with_answer("POST /api/v1/evses/stall-1/release", {"says": "Released."})
    ) as manager:
        done = release(asking(manager), "stall-1", is_sure=is_sure, as_json=False)
    assert (done == 0) == released
    assert ("POST /api/v1/evses/stall-1/release" in manager.requests) == released
    assert len(asked) == (0 if is_sure else 1)
    assert all("counts with its 16 A" in question for question in asked)


def test_where_nobody_can_be_asked_nothing_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evse_run, "somebody_is_there", lambda: False)
    with answering(LIST) as manager, pytest.raises(MisuseError, match="--yes"):
        release(asking(manager), "stall-1", is_sure=False, as_json=False)


def test_a_wrong_id_is_answered_with_those_that_there_are() -> None:
    with answering(LIST) as manager, pytest.raises(MisuseError) as refused:
        find(asking(manager), "x\x1b")
    assert str(refused.value) == "No EVSE has the id x?; there are: stall-1, stall 2"
    with (
        answering({"GET /api/v1/evses": [(200, [])]}) as manager,
        pytest.raises(MisuseError, match="there are: none"),
    ):
        find(asking(manager), "x")


def test_any_id_can_stand_in_a_path() -> None:
    assert path_of("a b/ü?#", "prove") == "/api/v1/evses/a%20b%2F%C3%BC%3F%23/prove"
    assert path_of("stall-1") == "/api/v1/evses/stall-1"


@pytest.mark.parametrize("told", [b"<html>", b"[1]", b'[{"id": "x"}]'])
def test_another_server_is_not_taken_for_a_manager(told: bytes) -> None:
    with pytest.raises(ApiError, match="no manager of this version"):
        read(told, tuple[Evse, ...])
