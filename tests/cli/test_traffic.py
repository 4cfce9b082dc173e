import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.evse_answers import evse
from tests.support.http_answers import answering
from typer.testing import CliRunner, Result

from wattgate.cli import traffic_run
from wattgate.cli.api_client import ApiClient
from wattgate.cli.main import app
from wattgate.cli.traffic_run import show

LIST = {"GET /api/v1/evses": [(200, [evse()])]}
PATH = "/api/v1/evses/stall-1/traffic"
FIRST = f"GET {PATH}?limit=100"


Answers = dict[str, list[tuple[int, Any]]]


def frame(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "at": "2026-05-15T12:00:00Z",
        "link": "wallbox CP1",
        "direction": "in",
        "kind": "call",
        "message_id": f"m{number}",
        "action": "Heartbeat",
        "answers": None,
        "decision": "answered",
        "reason": "by the gateway (R46)",
        "text": f'[2,"m{number}","Heartbeat",{{}}]',
        "chars": 24,
        "left_out": 0,
    }


def run(script: Answers, *words: str) -> Result:
    with answering(LIST | script) as manager:
        return CliRunner().invoke(
            app, ["traffic", "stall-1", *words, "--url", manager.url, "--password", "x"]
        )


def test_the_last_frames_are_shown_in_words_or_as_json() -> None:
    script = {FIRST: [(200, [frame(1), frame(2)])]}
    result = run(script)
    assert result.exit_code == 0, result.output
    assert ["by the gateway (R46)" in line for line in result.stdout.splitlines()] == [True] * 2
    told = [json.loads(line) for line in run(script, "--json").stdout.splitlines()]
    assert told == [frame(1), frame(2)]


def test_following_asks_for_what_is_new_until_it_is_ended(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    waits = iter([False, False, True])

    def wait(_: float) -> None:
        if next(waits):
            raise KeyboardInterrupt

    script: Answers = {
        FIRST: [(200, [])],
        f"GET {PATH}?after=0&limit=1000": [(200, [frame(1), frame(2)])],
        f"GET {PATH}?after=2&limit=1000": [(200, [frame(3)])],
    }
    with answering(LIST | script) as manager:
        api = ApiClient(manager.url, "x")
        assert show(api, "stall-1", as_json=True, wait=wait) == 0
    lines = capsysbinary.readouterr().out.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2, 3]


def test_following_ends_where_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_run, "print_line", lambda _: False)
    with answering(LIST | {FIRST: [(200, [frame(1)])]}) as manager:
        api = ApiClient(manager.url, "x")
        assert show(api, "stall-1", as_json=False, wait=lambda _: None) == 0
        assert len(manager.requests) == 2


def test_the_recording_is_saved_as_it_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    script = {f"GET {PATH}/download": [(200, {"wattgate_traffic": 1})]}
    result = run(script, "--save", str(file))
    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text()) == {"wattgate_traffic": 1}
    assert str(file) in result.stdout.replace("\n", "")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    script: Answers = {f"GET {PATH}/download": [(200, {})]}
    result = run(script, "--save", str(tmp_path))
    assert result.exit_code == 1
    assert "cannot be written: Is a directory" in result.stderr


@pytest.mark.parametrize("word", ["--follow", "--json"])
def test_what_does_not_go_together_is_misuse(word: str) -> None:
    result = run({}, "--save", "x", word)
    assert result.exit_code == 2
    assert "--save" in result.stderr


def test_an_unknown_evse_is_misuse() -> None:
    with answering(LIST) as manager:
        result = CliRunner().invoke(
            app, ["traffic", "nobody", "--url", manager.url, "--password", "x"]
        )
    assert result.exit_code == 2
    assert "there are: stall-1" in result.stderr
