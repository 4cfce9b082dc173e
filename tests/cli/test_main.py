import subprocess
import sys

import pytest
from typer.testing import CliRunner

from wattgate import __version__
from wattgate.cli import main as command

runner = CliRunner()


def test_the_version_is_said() -> None:
    result = runner.invoke(command.app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"wattgate {__version__}\n")


def test_the_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["wattgate", "--version"])
    with pytest.raises(SystemExit) as left:
        command.main()
    assert left.value.code == 0


def test_the_commands_are_listed() -> None:
    result = runner.invoke(command.app, ["--help"])
    assert result.exit_code == 0
    assert "check" in result.stdout


def test_a_command_imports_what_it_runs_only_when_it_runs() -> None:
    heavy = [
        "litestar",
        "picows",
        "sqlalchemy",
        "structlog",
        "wattgate.core.ocpp",
        "wattgate.core.site",
    ]
    program = f"import sys, wattgate.cli.main; print([m for m in {heavy} if m in sys.modules])"
    run = [sys.executable, "-c", program]
    said = subprocess.run(run, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert said.stdout == "[]\n"
