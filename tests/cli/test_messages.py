import json

import pytest
from tests.support.http_answers import Script, answering
from typer.testing import CliRunner, Result

from wattgate.cli.main import app

LETTER = {
    "number": 7,
    "backend": "stall-1 CP1@backend",
    "action": "StartTransaction",
    "payload_text": '{"connectorId":1}' + "x" * 200 + "\x1b[2J",
    "transaction_id": 1,
    "attempts": 10,
    "reason": "InternalError: \x1b[2J",
    "deliverable": True,
    "at": "2026-11-22T08:30:15Z",
}
ORPHAN = LETTER | {"number": 8, "backend": "unattributed CP1", "deliverable": False, "attempts": 1}
SAID = {"messages": 1, "says": "1 message waits for the backend again."}
SCRIPT: Script = {
    "GET /api/v1/dead-letters": [(200, [ORPHAN, LETTER])],
    "POST /api/v1/dead-letters/7/resend": [(200, SAID)],
    "POST /api/v1/dead-letters/8/resend": [(409, {"detail": "The site has no such backend."})],
    "POST /api/v1/dead-letters/resend?backend=stall-1%20CP1%40backend": [(200, SAID)],
}


def run(*words: str, script: Script = SCRIPT) -> Result:
    with answering(script) as manager:
        return CliRunner().invoke(
            app, ["messages", *words, "--url", manager.url, "--password", "x"]
        )


def test_messages_are_listed_with_what_they_say_and_no_more_than_a_terminal_bears() -> None:
    lines = run("list").stdout.splitlines()
    assert lines[0] == (
        "8  2026-11-22T08:30:15Z  StartTransaction  unattributed CP1 (no backend of the site)  "
        "1 attempt: InternalError: ?[2J"
    )
    assert lines[2].startswith(
        "7  2026-11-22T08:30:15Z  StartTransaction  stall-1 CP1@backend  10 "
    )
    assert lines[1] == lines[3]
    assert len(lines[1]) == 4 + 100


def test_where_nothing_was_given_up_that_is_said() -> None:
    result = run("list", script={"GET /api/v1/dead-letters": [(200, [])]})
    assert (result.exit_code, result.stdout) == (0, "No message was given up.\n")


def test_programs_get_what_the_manager_answers() -> None:
    assert json.loads(run("list", "--json").stdout) == [ORPHAN, LETTER]
    assert json.loads(run("resend", "7", "--json").stdout) == SAID


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["resend", "7"], 0, "1 message waits for the backend again."),
        (["resend", "--backend", "stall-1 CP1@backend"], 0, "1 message waits"),
        (["resend", "8"], 1, "It did not work: The site has no such backend."),
        (["resend"], 2, "Say which"),
        (["resend", "7", "--backend", "x"], 2, "Say which"),
        (["resend", "x"], 2, ""),
    ],
)
def test_messages_are_sent_again_one_or_all(words: list[str], status: int, said: str) -> None:
    result = run(*words)
    assert result.exit_code == status, result.output
    assert said in result.output


def test_without_a_manager_that_is_said() -> None:
    words = ["messages", "list", "--url", "http://127.0.0.1:1", "--password", "x"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "no manager answers" in result.output
