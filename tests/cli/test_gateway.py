"""`wattgate gateway` against the API of a real manager, and against answers of a script."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs
from tests.support.evse_answers import evse
from tests.support.http_answers import Script, answering
from tests.support.web import ADMIN, Api, serving
from typer.testing import CliRunner, Result

from wattgate.cli import gateway_run
from wattgate.cli.main import app

PATH = "/api/v1/evses/stall-1/gateways"
BILLING = {"url": "ws://billing/", "client_id": "DE1", "role": "primary"}
REPORT = {"url": "ws://report/", "client_id": "", "role": "report"}
LIST: Script = {
    "GET /api/v1/evses": [(200, [evse()])],
    f"GET {PATH}": [(200, [BILLING, REPORT])],
}


async def run(api: Api, *words: str) -> Result:
    """Run a command against a manager that runs in this process."""
    login = ["--url", str(api.client.base_url), "--password", ADMIN[1]]
    return await asyncio.to_thread(CliRunner().invoke, app, ["gateway", *words, *login])


@pytest.mark.asyncio
async def test_backends_are_added_changed_and_removed_while_everything_runs_p20() -> None:
    with capture_logs():  # the manager's own words go to the same output here
        await _add_change_and_remove()


async def _add_change_and_remove() -> None:
    async with serving() as api:
        added = await run(api, "add", "stall-1", "url=ws://report.example/", "role=report")
        assert added.stdout.splitlines() == [
            "1  primary  ws://backend.example/ocpp",
            "2  report  ws://report.example/",
        ]
        changed = await run(api, "change", "stall-1", "2", "commands=Reset", "client_id=R")
        assert changed.stdout.splitlines()[1:] == [
            "2  report  ws://report.example/ as R",
            "     commands: Reset",
        ]
        wrong = await run(api, "change", "stall-1", "2", "role=primary", "commands=Rest")
        assert wrong.exit_code == 1
        assert 'did you mean "Reset"?' in wrong.stderr
        assert 'gateway 2 › role: must be "report"' in wrong.stderr
        removed = await run(api, "remove", "stall-1", "1")
        assert removed.stdout.splitlines()[0] == "1  report  ws://report.example/ as R"
        listed = await run(api, "list", "stall-1", "--json")
        assert [each["client_id"] for each in json.loads(listed.stdout)] == ["R"]
        none = await run(api, "remove", "stall-1", "1")
        assert (none.exit_code, none.stdout) == (0, "No backend\n")


def run_scripted(*words: str, script: Script) -> tuple[Result, list[dict[str, str]]]:
    """Run a command against a script; the headers that it was asked with, too."""
    with answering(script) as manager:
        login = ["--url", manager.url, "--password", "x"]
        result = CliRunner().invoke(app, ["gateway", *words, *login])
        return result, [dict(each) for each in manager.headers]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("change", "stall-1", "2", "role=report"), f"PATCH {PATH}/2"),
        (("remove", "stall-1", "2"), f"DELETE {PATH}/2"),
    ],
)
def test_a_change_says_which_version_was_seen(words: tuple[str, ...], asked: str) -> None:
    result, headers = run_scripted(*words, script={**LIST, asked: [(200, [BILLING])]})
    assert result.exit_code == 0
    assert [each.get("If-Match") for each in headers] == [None, None, '"v1"']
    refused = (412, {"detail": "Somebody else has changed it meanwhile."})
    result, _ = run_scripted(*words, script={**LIST, asked: [refused]})
    assert (result.exit_code, "Somebody else" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "stall-2"), "No EVSE has the id stall-2; there are: stall-1"),
        (("remove", "stall-1", "3"), "No backend of stall-1 has the number 3; there are 2"),
        (("change", "stall-1", "3", "role=report"), "there are 2"),
        (("change", "stall-1", "1"), "Say at least one setting"),
        (("add", "stall-1", "role"), "role: must be a setting and its value"),
        (("change", "stall-1", "1", "--ask-password"), "Nobody is there to be asked"),
    ],
)
def test_what_cannot_be_meant_is_misuse(words: tuple[str, ...], said: str) -> None:
    result, _ = run_scripted(*words, script=LIST)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_of_an_evse_without_backends_none_has_a_number() -> None:
    result, _ = run_scripted("remove", "stall-1", "1", script={**LIST, f"GET {PATH}": [(200, [])]})
    assert "there is none" in result.stderr


def test_a_password_can_be_typed_so_that_nobody_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_run, "somebody_is_there", lambda: True)
    script = {**LIST, f"PATCH {PATH}/1": [(200, [BILLING])]}
    with answering(script) as manager:
        words = ["gateway", "change", "stall-1", "1", "--ask-password", "--url", manager.url]
        typed = "hush\nhush\n"
        result = CliRunner().invoke(app, [*words, "--password", "x"], input=typed)
        assert result.exit_code == 0
        assert manager.bodies[-1] == b'{"password":"hush"}'
        assert "hush" not in result.output
