import pytest
from typer.testing import CliRunner

from wattgate.cli.main import app
from wattgate.cli.wallbox_run import Setup

GOOD = ["wallbox", "--id", "CP1", "--backend", "ws://127.0.0.1:1/"]


def test_wrong_options_are_said_all_at_once() -> None:
    wrong = ["wallbox", "--id", "", "--backend", "http://x", "--soc", "3", "--connectors", "5"]
    result = CliRunner().invoke(app, [*wrong, "--key", "Foo=1", "--rfid", "A" * 21])
    assert result.exit_code == 2
    assert [line.split()[0].rstrip(":") for line in result.stderr.splitlines()] == [
        "--id",
        "--backend",
        "--rfid",
        "--connectors",
        "--soc",
        "--key",
    ]


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ([], "password", ""),
        (["--password", "p"], "password", "p"),
        (["--forget-profiles"], "keeps_profiles", False),
        (["--key", "A=1", "--key", "B=2"], "keys", ("A=1", "B=2")),
        (["--plug", "--rfid", "A"], "id_tag", "A"),
        (["--max-current", "32"], "max_current_a", 32.0),
    ],
)
def test_options_reach_the_wallbox(
    options: list[str], field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Setup] = []

    def run(setup: Setup) -> int:
        seen.append(setup)
        return 0

    monkeypatch.setattr("wattgate.cli.wallbox_run.problems_of", lambda _setup: [])
    monkeypatch.setattr("wattgate.cli.wallbox_run.run", run)
    assert CliRunner().invoke(app, [*GOOD, *options]).exit_code == 0
    assert getattr(seen[0], field) == value
