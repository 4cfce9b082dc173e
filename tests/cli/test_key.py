import json
from collections.abc import Mapping

import pytest
from tests.support.http_answers import Script, answering
from typer.testing import CliRunner, Result

from wattgate.cli.main import app

PATH = "/api/v1/wallboxes/CP%201/key"
KEY = "00FF" * 10
STATE = {"proves_with": "key", "next": None, "says": "It proves itself with a key.\x1b[2J"}
SHOWN = {"authorization_key": KEY, "next": "shown", "says": "Enter it at the wallbox."}
TAKEN = {"authorization_key": None, "next": "taken", "says": "It should come back with it."}
REFUSED = {"authorization_key": None, "next": None, "says": "It refuses a new key."}
NOT_NOW = {"detail": "Not now: the wallbox is not connected."}


def run(*words: str, script: Script) -> tuple[Result, list[bytes]]:
    """Run the command against a manager; what it was sent, too."""
    with answering(script) as manager:
        result = CliRunner().invoke(app, ["key", *words, "--url", manager.url, "--password", "x"])
        return result, manager.bodies


@pytest.mark.parametrize(
    ("words", "request_", "body", "answer", "status", "printed"),
    [
        (("show",), "GET", b"", STATE, 0, "It proves itself with a key.?[2J\n"),
        (("forget",), "DELETE", b"", STATE, 0, "It proves itself with a key.?[2J\n"),
        (("new",), "POST", b"{}", SHOWN, 0, f"{KEY}\n"),
        (
            ("write",),
            "POST",
            b'{"write":true,"restart":false}',
            TAKEN,
            0,
            "It should come back with it.\n",
        ),
        (
            ("write", "--restart"),
            "POST",
            b'{"write":true,"restart":true}',
            REFUSED,
            1,
            "It refuses a new key.\n",
        ),
    ],
)
def test_each_command_says_what_the_manager_did(
    words: tuple[str, ...],
    request_: str,
    body: bytes,
    answer: Mapping[str, object],
    status: int,
    printed: str,
) -> None:
    name, *more = words
    result, asked = run(name, "CP 1", *more, script={f"{request_} {PATH}": [(200, answer)]})
    assert asked == [body]
    assert (result.exit_code, result.stdout) == (status, printed)
    result, _ = run(name, "CP 1", *more, "--json", script={f"{request_} {PATH}": [(200, answer)]})
    assert json.loads(result.stdout) == answer


def test_what_the_installer_reads_stands_beside_the_key_that_can_be_piped_on() -> None:
    result, _ = run("new", "CP 1", script={f"POST {PATH}": [(200, SHOWN)]})
    assert result.stderr == "Enter it at the wallbox.\n"


def test_why_no_key_is_written_is_said() -> None:
    result, _ = run("write", "CP 1", script={f"POST {PATH}": [(409, NOT_NOW)]})
    assert result.exit_code == 1
    assert "the wallbox is not connected" in result.stderr
