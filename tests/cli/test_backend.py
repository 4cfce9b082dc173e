from pathlib import Path

import pytest
from typer.testing import CliRunner

from wattgate.cli import backend_run
from wattgate.cli.backend_options import BackendOptions
from wattgate.cli.main import app

runner = CliRunner()


def test_wrong_options_are_all_reported_at_once() -> None:
    options = ["--port", "x", "--interval", "-1", "--id-password", "CP1"]
    result = runner.invoke(app, ["backend", *options])
    assert result.exit_code == 2
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "--port",
        "--id-password",
        "--interval",
    ]


@pytest.mark.parametrize(
    ("trouble", "code", "words"), [(None, 0, ""), ("no port is free", 1, "no port is free\n")]
)
def test_trouble_becomes_words_and_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str | None, code: int, words: str
) -> None:
    def run(options: BackendOptions, *, as_json: bool, frames: bool) -> str | None:
        assert options.port == 9000
        assert as_json
        assert not frames
        return trouble

    monkeypatch.setattr(backend_run, "run_backend", run)
    state = str(tmp_path / "state.json")
    result = runner.invoke(app, ["backend", "--json", "--state", state, "--known", "CP1"])
    assert (result.exit_code, result.stderr) == (code, words)
