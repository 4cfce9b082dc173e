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
        "Site OK: Garage Köln, load management active, 2 EVSEs on 1 wallbox, "
        "2 backends (1 to report to), 1 card\n"
    )


def test_an_empty_site_is_good(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[site]\ntitle = ''\n", encoding="utf-8-sig")
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert result.exit_code == 0
    assert "active, 0 EVSEs on 0 wallboxes, 0 backends, 0 cards" in result.stdout


def test_a_login_that_evses_share_is_one_backend_and_reports_are_counted(tmp_path: Path) -> None:
    billing = '[[evse.gateway]]\nurl = "ws://billing/"\n'
    report = '[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'
    evses = (
        f'[[evse]]\nid = "{each}"\naddress = "CP1"\nconnector = {each}\n{billing}{report}'
        for each in (1, 2)
    )
    file = tmp_path / "site.toml"
    file.write_text("[site]\nmax_current_a = 32\nhouse_load_a = 0\n" + "".join(evses))
    result = runner.invoke(app, ["check", "--site", str(file)])
    assert "2 EVSEs on 1 wallbox, 2 backends (1 to report to), 0 cards" in result.stdout


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


ON_MODBUS = """
[site]
max_current_a = 63
house_load_a = 10
[[evse]]
id = "pb"
device_type = "power-brain"
address = "192.0.2.7"
[[evse]]
id = "keba"
device_type = "modbus"
definition = "keba-p30"
address = "192.0.2.8"
connector = 255
[[evse]]
id = "own"
device_type = "modbus"
definition = "{file}"
address = "/dev/ttyUSB0,9600,8N1"
max_current_a = 20
"""
DEFINITION = """
name = "own"
title = "A wallbox"
source = "its label"
[read]
state = { address = 100 }
limit = { address = 200 }
[write]
limit = { address = 200, off = 0 }
[[states]]
state = 1
pilot = "C"
"""


def test_wallboxes_on_modbus_are_checked_with_their_definitions(tmp_path: Path) -> None:
    """A definition without fail-safe is fine, and what it means is said."""
    site, definition = tmp_path / "site.toml", tmp_path / "own.toml"
    definition.write_text(DEFINITION, encoding="utf-8")
    site.write_text(ON_MODBUS.format(file=definition), encoding="utf-8")
    result = runner.invoke(app, ["check", "--site", str(site)])
    assert result.exit_code == 0, result.stderr
    assert "3 EVSEs on 3 wallboxes, 0 backends" in result.stdout
    notes = [line for line in result.stdout.splitlines() if "fail-safe" in line]
    assert [note.replace(" \u203a ", " > ") for note in notes] == [
        '  Note: evse "keba" > definition: keba-p30 loses its fail-safe with a restart: while it '
        "is silent it counts for its max_current_a (16 A)",
        '  Note: evse "own" > definition: own has no fail-safe: while it is silent it counts for '
        "its max_current_a (20 A)",
    ]


def test_everything_that_is_wrong_with_definitions_is_said_at_once(tmp_path: Path) -> None:
    site, definition = tmp_path / "site.toml", tmp_path / "own.toml"
    definition.write_text('name = "own"\ntitel = "x"\n', encoding="utf-8")
    text = ON_MODBUS.format(file=definition).replace('"keba-p30"', '"keba-p40"')
    site.write_text(text, encoding="utf-8")
    result = runner.invoke(app, ["check", "--site", str(site)])
    assert (result.exit_code, result.stdout) == (1, "")
    said = result.stderr.replace(" \u203a ", " > ")
    assert f'  evse "own" > definition > {definition} > titel: is unknown' in said
    assert 'did you mean "title"?' in said
    assert '  evse "keba" > definition > "keba-p40": does not come with Wattgate' in said
