import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from rich.text import Text
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


def _helps(found: Any, path: str = "wattgate") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - of typer's own
    """Every text of help below a command, with what it belongs to."""
    yield path, found.help or ""
    yield path, found.epilog or ""
    for option in found.params:
        yield f"{path} {option.name}", getattr(option, "help", None) or ""
    for name, below in getattr(found, "commands", {}).items():
        yield from _helps(below, f"{path} {name}")


def test_no_word_of_help_is_lost_as_markup() -> None:
    """In the eyes of rich a table of the site file is a tag."""
    told = list(_helps(typer.main.get_command(command.app)))
    lost = [(at, text) for at, text in told if Text.from_markup(text).plain != text]
    assert len(told) > 100
    assert lost == []


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
