"""`wattgate cert` as somebody types it, in the folder of a manager that does not run."""

import asyncio
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from tests.support.certificates import EXPIRED, Pair, Root
from tests.support.http_answers import answering
from typer.testing import CliRunner, Result

from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.data_folder import working_on
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.app import CERTIFICATES, DATABASE
from wattgate.cli.main import app
from wattgate.cli.passphrases import VARIABLE
from wattgate.core.site.reading import read_toml
from wattgate.runtime.site_keeper import save_site

COMMANDS = ["show", "import", "remove", "ca", "server", "client", "csr", "revoke"]
PASSPHRASE = "Schlüssel"
ROOT = Root.make("Tiefgarage Köln")
OWN = ROOT.issue("manager.example", "manager.example")


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start has made: RSA keys take their time."""
    folder = tmp_path_factory.mktemp("made")
    asyncio.run(Vault(folder / CERTIFICATES, SystemClock(), lambda: ("localhost",)).open())
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder after the first start; it is the usual one."""
    folder = Path(shutil.copytree(made, tmp_path / "data"))
    monkeypatch.setenv("WATTGATE_DATA", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["cert", *map(str, words)])


def done(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def fingerprint(pair: Pair) -> str:
    return pair.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def test_the_commands_are_listed() -> None:
    shown = done("--help")
    assert [command for command in COMMANDS if f" {command} " in shown] == COMMANDS


@pytest.mark.usefixtures("data")
def test_what_is_there_from_the_start_is_shown_p21() -> None:
    lines = done("show").splitlines()
    assert lines[0].startswith("server: what wallboxes and browsers see")
    assert "RSA 2048, self-signed, 36" in lines[1]
    assert "ECDSA P-256, self-signed, 36" in lines[3]
    assert lines[-2:] == ["built-in authority", "  none yet: `wattgate cert ca` makes it"]


def test_before_the_first_start_there_are_certificates_as_well(
    tmp_path: Path,
) -> None:
    assert "self-signed" in done("show", "--data", tmp_path / "new")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert not (tmp_path / "new" / DATABASE).exists()


@pytest.mark.usefixtures("data")
def test_an_own_certificate_is_imported_and_shown_p22(tmp_path: Path) -> None:
    certificate, key = OWN.save(tmp_path, "own")
    assert "the manager uses it when it starts" in done("import", "--own", key, certificate)
    (server, *_) = json.loads(done("show", "--json"))["sets"]
    (held,) = server["certificates"]
    assert (held["common_name"], held["fingerprint"]) == ("manager.example", fingerprint(OWN))
    shown = done("show", fingerprint(OWN), "--out", tmp_path / "shown.pem")
    assert "manager.example" in shown
    assert (tmp_path / "shown.pem").read_bytes() == OWN.certificate_pem


@pytest.mark.usefixtures("data")
def test_an_encrypted_key_takes_its_passphrase_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = BestAvailableEncryption(PASSPHRASE.encode())
    (tmp_path / "own.crt").write_bytes(OWN.certificate_pem)
    (tmp_path / "own.key").write_bytes(
        OWN.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind)
    )
    words = ("import", "--own", "own.crt", "own.key")
    assert (run(*words).exit_code, VARIABLE in run(*words).output) == (2, True)
    monkeypatch.setenv(VARIABLE, "wrong")
    assert run(*words).exit_code == 2
    monkeypatch.setenv(VARIABLE, PASSPHRASE)
    assert "manager.example" in done(*words)


def test_authorities_are_imported_and_removed_by_set(tmp_path: Path, data: Path) -> None:
    root, _ = ROOT.save(tmp_path, "root")
    done("import", "--authority", "--set", "stall-1", root)
    listed = json.loads(done("show", "--set", "stall-1", "--json"))["certificates"]
    assert [(each["role"], each["common_name"]) for each in listed] == [
        ("authority", "Tiefgarage Köln")
    ]
    assert run("remove", listed[0]["id"]).exit_code == 2
    done("remove", listed[0]["id"], "--set", "stall-1")
    assert not list((data / CERTIFICATES).glob("*/authority-*"))


@pytest.mark.usefixtures("data")
def test_what_is_wrong_with_a_certificate_is_said_all_at_once(tmp_path: Path) -> None:
    gone = ROOT.issue("gone", life=EXPIRED)
    certificate, _ = gone.save(tmp_path, "gone")
    _, key = OWN.save(tmp_path, "own")
    result = run("import", "--own", certificate, key)
    assert result.exit_code == 1
    assert result.stderr.startswith("It did not work: Nothing has been changed.\n")
    assert len(result.stderr.splitlines()) >= 3


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import", "x.pem"], "Say what it is: --own or --authority"),
        (["import", "--own", "--authority", "x.pem"], "--own or --authority"),
        (["import", "--own", "lost.pem"], "lost.pem: No such file or directory"),
        (["show", "0123456789abcdef"], "There is no certificate 0123456789abcdef"),
        (["show", "--set", "nobody"], "No set has the name nobody"),
        (["show", "--set", "a", "--evse", "b"], "Say which set"),
        (["show", "--evse", "stall-1"], "No EVSE with a backend has the id stall-1; there are"),
        (["remove", "0123456789abcdef"], "There is no certificate 0123456789abcdef"),
        (["revoke", "0123456789abcdef"], "There is no certificate 0123456789abcdef"),
        (["server"], "--install, or --out FILE"),
        (["server", "--install", "--out", "x.pem"], "--install, or --out FILE"),
        (["server", "--out", "x.pem"], "--name"),
        (["client", "--cn", "CP1", "--out", "no/cp1.p12"], "its folder does not exist"),
        (["client", "--cn", "CP1", "--out", "x.p12", "--private-key", "x.key"], "holds the key"),
        (["client", "--cn", "CP1", "--out", "cp1.p12"], VARIABLE),
        (["csr", "lost.csr", "--out", "x.pem"], "lost.csr: No such file or directory"),
        (["show", "--url", "nonsense"], "--url nonsense: must look like"),
    ],
)
def test_a_misuse_is_told_before_anything_is_done(words: list[str], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


SEVERAL = """
[site]
max_current_a = 9
house_load_a = 0
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "wss://billing/"
[[evse.gateway]]
url = "wss://report/"
role = "report"
"""


def test_of_several_backends_the_set_has_to_be_named_p20(data: Path) -> None:
    async def keep() -> None:
        store = SqliteStore(data / DATABASE)
        await store.open()
        await save_site(store, read_toml(SEVERAL))
        await store.close()

    asyncio.run(keep())
    result = run("show", "--evse", "stall-1")
    assert result.exit_code == 2
    assert "use several sets; say one: --set stall-1, stall-1-report" in result.stderr
    assert "stall-1-report" in done("show")


@pytest.mark.usefixtures("data")
def test_what_was_issued_is_shown_and_not_written_again(tmp_path: Path) -> None:
    done("ca")
    done("client", "--cn", "CP1", "--out", tmp_path / "cp1.pem")
    (entry,) = json.loads(done("show", "--json"))["issued"]
    assert "issued, client" in done("show", entry["id"])
    again = run("show", entry["id"], "--out", tmp_path / "again.pem")
    assert (again.exit_code, (tmp_path / "again.pem").exists()) == (2, False)
    assert "What was issued is told once" in again.stderr


def test_while_somebody_else_works_on_the_folder_nothing_is_done(data: Path) -> None:
    with working_on(data):
        result = run("show")
    assert result.exit_code == 1
    assert "is in use by another wattgate process" in result.stderr


def test_a_manager_on_the_folder_is_asked_for_keys_by_whichever_address_it_listens_on(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--http-host 0.0.0.0`: what is said to it goes through this machine only."""
    monkeypatch.setenv("WATTGATE_ADMIN_PASSWORD", "correct horse")
    refused = (422, {"detail": "It was asked.", "problems": []})
    with (
        working_on(data) as say,
        answering({"POST /api/v1/authority/client": [refused]}) as manager,
    ):
        say(manager.url.replace("127.0.0.1", "0.0.0.0"))  # noqa: S104 - nobody binds here
        result = run("client", "--cn", "CP1", "--out", tmp_path / "cp1.pem")
    assert "It was asked." in result.stderr, result.output


def test_what_cannot_be_a_data_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("show", "--data", tmp_path / "file" / "data")
    assert result.exit_code == 1
    assert "Not a directory" in result.stderr


def test_no_key_ever_appears_on_the_terminal(tmp_path: Path, data: Path) -> None:
    certificate, key = OWN.save(tmp_path, "own")
    said = [done("import", "--own", certificate, key), done("show"), done("show", "--json")]
    assert not [words for words in said if "PRIVATE" in words]
    assert x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    assert all(
        stat.S_IMODE(path.stat().st_mode) == 0o600
        for path in (data / CERTIFICATES).glob("*/own-*.pem")
    )
