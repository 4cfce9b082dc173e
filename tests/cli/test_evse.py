import pytest
from tests.support.evse_answers import evse, proof
from tests.support.http_answers import Script, answering
from typer.testing import CliRunner, Result

from wattgate.cli.main import app

COMMANDS = [
    "list",
    "show",
    "clear-profiles",
    "adopt",
    "release",
    "activate",
    "deactivate",
    "wake",
    "phases",
    "prove",
]
ONE = "/api/v1/evses/stall-1"
DONE = {"says": "Done.", "outcome": "accepted", "confirmed_by": "measurement"}
SCRIPT: Script = {
    "GET /api/v1/evses": [(200, [evse()])],
    f"GET {ONE}": [(200, evse())],
    f"POST {ONE}/clear-profiles": [(200, DONE)],
    f"POST {ONE}/adopt": [(200, DONE)],
    f"POST {ONE}/release": [(200, DONE)],
    f"POST {ONE}/activate": [(200, DONE)],
    f"POST {ONE}/deactivate": [(503, {"detail": "The store does not answer."})],
    f"POST {ONE}/wake": [(200, DONE)],
    f"POST {ONE}/phases": [(200, DONE)],
    f"POST {ONE}/prove": [(202, proof("done", expiry="proven", persistence="proven"))],
}


def run(*words: str) -> Result:
    with answering(SCRIPT) as manager:
        return CliRunner().invoke(app, ["evse", *words, "--url", manager.url, "--password", "x"])


def test_the_commands_are_listed() -> None:
    result = CliRunner().invoke(app, ["evse", "--help"])
    assert result.exit_code == 0
    assert [command for command in COMMANDS if command in result.stdout] == COMMANDS


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["list"], 0, "stall-1"),
        (["list", "--json"], 0, '"safety"'),
        (["show", "stall-1"], 0, "two periods"),
        (["clear-profiles", "stall-1"], 0, "Done."),
        (["adopt", "stall-1"], 0, "Done."),
        (["release", "stall-1", "--yes"], 0, "Done."),
        (["activate", "stall-1"], 0, "Done."),
        (["deactivate", "stall-1"], 1, "It did not work: The store does not answer."),
        (["wake", "stall-1"], 0, "Done."),
        (["phases", "stall-1", "1"], 0, "Done."),
        (["phases", "stall-1", "2"], 2, "Say 1 or 3"),
        (["phases", "nobody", "3"], 2, "No EVSE has the id nobody; there are: stall-1"),
        (["prove", "stall-1"], 0, "Proven for V M"),
        (["adopt", "nobody"], 2, "No EVSE has the id nobody; there are: stall-1"),
        (["release", "stall-1"], 2, "say --yes"),
    ],
)
def test_each_command_does_what_it_says(words: list[str], status: int, said: str) -> None:
    result = run(*words)
    assert result.exit_code == status, result.output
    assert said in result.output


@pytest.mark.parametrize("command", COMMANDS[1:])
def test_a_command_without_its_evse_is_misuse(command: str) -> None:
    assert CliRunner().invoke(app, ["evse", command]).exit_code == 2


def test_where_no_manager_runs_that_is_said() -> None:
    result = CliRunner().invoke(
        app, ["evse", "list", "--url", "http://127.0.0.1:1", "--password", "x"]
    )
    assert result.exit_code == 1
    assert result.stderr.startswith("It did not work: no manager answers at http://127.0.0.1:1")
