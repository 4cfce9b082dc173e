from pathlib import Path

import pytest
from typer.testing import CliRunner

from wattgate.cli.main import app

EXAMPLE = Path(__file__).parents[2] / "docs" / "reference" / "site.example.toml"

runner = CliRunner()


def test_a_good_site_is_summed_up() -> None:
    result = runner.invoke(app, ["check", "--site", str(EXAMPLE)])
    assert result.exit_code == 0
    assert result.stdout == (
        "Site OK: Garage Köln, load management active, 2 EVSEs on 1 wallbox, 1 backend, 1 card\n"
    )


def test_an_empty_site_is_good(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[site]\ntitle = ''\n", encoding="utf-8-sig")
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert result.exit_code == 0
    assert "active, 0 EVSEs on 0 wallboxes, 0 backends, 0 cards" in result.stdout


def test_every_problem_is_said_at_once_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    text = '[site]\ncycle_s = 0\n[[card]]\nname = "Anna"\n'
    file.write_text(text, encoding="utf-8")
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.replace(" \u203a ", " > ").splitlines() == [
        f"{file}: 2 problems",
        "  site > cycle_s: must be at least 1 s, not 0",
        "  card 1 > id_tag: is required",
    ]
    assert file.read_text(encoding="utf-8") == text


def test_text_that_is_no_toml_is_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[site]\ntitle = Garage\n", encoding="utf-8")
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == f"{file}: 1 problem"
    assert "line 2" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file or directory"), (b"[site]\ntitle = '\xff'", "line 2 is not UTF-8 text")],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "site.toml"
    if content is not None:
        file.write_bytes(content)
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert result.exit_code == 2
    assert result.stderr == f"Cannot read {file}: {words}\n"
