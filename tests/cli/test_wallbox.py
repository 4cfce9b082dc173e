from pathlib import Path

import pytest
from typer.testing import CliRunner

from wattgate.cli.main import app
from wattgate.cli.tls_options import ClientTls
from wattgate.cli.wallbox_setup import Setup
from wattgate.core.wallbox.quirks import DEVIATIONS, Quirk

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


def test_files_and_options_that_are_wrong_are_said_together(tmp_path: Path) -> None:
    torn = tmp_path / "torn.pem"
    torn.write_text("-----BEGIN CERTIFICATE-----\nAAAA")
    missing = tmp_path / "missing.pem"
    wrong = ["wallbox", "--id", "CP1", "--backend", "wss://host/", "--security-profile", "2"]
    files = ["--ca", str(torn), "--certificate", str(missing), "--ciphers", "MILITARY"]
    result = CliRunner().invoke(app, [*wrong, *files])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "--security-profile 2: needs --password",
        f"--certificate: {missing} cannot be read: No such file or directory",
        f"--ca: {torn}: file: is cut off: a block that begins does not end",
        "--ciphers MILITARY: OpenSSL knows no such cipher suite",
    ]


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ([], "password", ""),
        (["--password", "p"], "password", "p"),
        ([], "quirks", ()),
        (["--forget-profiles"], "quirks", ("forgets-profiles",)),
        (["--quirk", "steps", "--quirk", "slow"], "quirks", ("steps", "slow")),
        (["--clock-offset", "-300"], "clock_offset_s", -300.0),
        (["--vendor", "ABB"], "vendor", "ABB"),
        (["--model", "TAC-W22"], "model", "TAC-W22"),
        (["--firmware", "1.8.0"], "firmware", "1.8.0"),
        (["--key", "A=1", "--key", "B=2"], "keys", ("A=1", "B=2")),
        (["--plug", "--rfid", "A"], "id_tag", "A"),
        (["--max-current", "32"], "max_current_a", 32.0),
        (
            ["--ca", "a", "--ca", "b", "--check-name", "--security-profile", "2"],
            "tls",
            ClientTls((Path("a"), Path("b")), check_name=True, profile=2),
        ),
        (
            ["--certificate", "c", "--private-key", "k", "--system-roots"],
            "tls",
            ClientTls(system_roots=True, certificate=Path("c"), key=Path("k")),
        ),
        (
            ["--tls-max-version", "1.1", "--ciphers", "ALL"],
            "tls",
            ClientTls(newest="1.1", ciphers="ALL"),
        ),
    ],
)
def test_options_reach_the_wallbox(
    options: list[str], field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Setup] = []

    def run(setup: Setup, _tls: object) -> int:
        seen.append(setup)
        return 0

    monkeypatch.setattr("wattgate.cli.wallbox_run.prepare", lambda _setup: (None, []))
    monkeypatch.setattr("wattgate.cli.wallbox_run.run", run)
    assert CliRunner().invoke(app, [*GOOD, *options]).exit_code == 0
    assert getattr(seen[0], field) == value


def test_the_quirks_can_be_listed_without_anything_else() -> None:
    result = CliRunner().invoke(app, ["wallbox", "--quirk", "list"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(Quirk)


@pytest.mark.parametrize("quirk", Quirk)
def test_every_quirk_is_in_the_guide(quirk: Quirk) -> None:
    guide = Path(__file__).parents[2] / "docs/guide/software-wallbox.md"
    row = f"| `{quirk}` | {DEVIATIONS[quirk].does} | {DEVIATIONS[quirk].source} |"
    assert row in guide.read_text().splitlines()
