"""`wattgate cert` with real processes: four commands to profile 3, and a reload nobody notices."""

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from tests.support.certificates import DAY, Life, Pair, Root
from tests.support.processes import WATTGATE, Program, Stage
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    limit,
    plug_in,
    run_manager,
    run_wallbox,
)
from tests.support.site_text import card, evse, site, wallbox
from tests.support.terminal import run_on_terminal
from tests.support.vaults import started_once

from wattgate.app import CERTIFICATES

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

PASSPHRASE: Final = "Schlüssel zur Tiefgarage"
PROMPT: Final = r"[Pp]assphrase[^:\n]*: "
COMMON: Final = "common-horse-battery"
LOGIN: Final = {"WATTGATE_ADMIN_PASSWORD": PASSWORD}
ROOT: Final = Root.make("Tiefgarage Köln")


def site_with(profile: int) -> str:
    """A site with TLS only, and one wallbox of this security profile."""
    text = site(evse("stall-1", "CP1"), wallbox("CP1", security_profile=profile), card("04A1B2C3"))
    return text.replace("[ocpp_server]\n", f'[ocpp_server]\ntls = "on"\npassword = "{COMMON}"\n')


def wss(manager: ManagerProcess) -> str:
    return f"wss://127.0.0.1:{manager.ocpp_port}/"


async def cert(stage: Stage, *words: str | Path, **environment: str) -> Program:
    """Run `wattgate cert` on the manager's data folder to its good end."""
    data = ("--data", stage.folder / "data")
    program = await stage.start(f"cert {words[0]}", "cert", *words, *data, **environment)
    assert await program.end() == 0, program.story()
    return program


async def shown_at(port: int, host: str = "127.0.0.1") -> str:
    """The fingerprint of what a new connection is shown, as OpenSSL sees and prints it."""
    found = await openssl("s_client", "-connect", f"{host}:{port}", given=b"")
    printed = await openssl("x509", "-noout", "-fingerprint", "-sha256", given=found)
    return printed.decode().strip().partition("=")[2]


async def openssl(*words: str, given: bytes) -> bytes:
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    program = await asyncio.create_subprocess_exec(
        "openssl", *words, stdin=pipe, stdout=pipe, stderr=nowhere
    )
    said, _ = await program.communicate(given)
    return said


def fingerprint(pair: Pair) -> str:
    return pair.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def save_encrypted(pair: Pair, folder: Path) -> tuple[str, str]:
    kind = BestAvailableEncryption(PASSPHRASE.encode())
    key = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind)
    (folder / "own.crt").write_bytes(pair.certificate_pem)
    (folder / "own.key").write_bytes(key)
    return "own.crt", "own.key"


async def test_profile_3_takes_four_commands_and_ends_with_one_p25(tmp_path: Path) -> None:
    ca, client = tmp_path / "ca.pem", tmp_path / "cp1.pem"
    started_once(tmp_path / "data" / CERTIFICATES)
    async with Stage(tmp_path) as stage:
        await cert(stage, "ca", "--organisation", "Tiefgarage Köln", "--out", ca)
        await cert(stage, "server", "--install")
        issued = await cert(stage, "client", "--cn", "CP1", "--out", client)
        manager = await run_manager(stage, site_with(3))

        wallbox = await run_wallbox(
            stage, "CP1", wss(manager), "--ca", ca, "--certificate", client,
            "--security-profile", "3", "--password", COMMON,
        )  # fmt: skip
        await limit(stage, wallbox, 0)
        await plug_in(stage, wallbox)
        await limit(stage, wallbox, 16)

        # While it runs, the same command asks the manager.
        (serial,) = [line.partition(":")[0] for line in issued.lines if ": issued, client" in line]
        listed = await cert(stage, "show", **LOGIN)
        assert any(serial in line for line in listed.lines)
        await cert(stage, "revoke", serial, **LOGIN)
        mark = manager.mark
        wallbox.type("restart")
        refused = await manager.event("connection refused", since=mark)
        assert "revoked" in refused["reason"]


async def test_a_new_certificate_is_shown_to_the_next_and_disturbs_nobody_p22(
    tmp_path: Path,
) -> None:
    own = ROOT.issue("manager.example", "127.0.0.1")
    files = own.save(tmp_path, "own")
    started_once(tmp_path / "data" / CERTIFICATES)
    async with Stage(tmp_path) as stage:
        await cert(stage, "ca", "--out", tmp_path / "ca.pem")
        await cert(stage, "server", "--install")
        manager = await run_manager(stage, site_with(2))
        wallbox = await run_wallbox(
            stage, "CP1", wss(manager), "--ca", tmp_path / "ca.pem", "--password", COMMON,
            "--security-profile", "2",
        )  # fmt: skip
        await limit(stage, wallbox, 0)
        await plug_in(stage, wallbox)
        await limit(stage, wallbox, 16)
        assert await shown_at(manager.ocpp_port) != fingerprint(own)

        await cert(stage, "import", "--own", *files, **LOGIN)

        assert await shown_at(manager.ocpp_port) == fingerprint(own)
        assert await shown_at(int(manager.http_url.rstrip("/").rpartition(":")[2])) == fingerprint(
            own
        )
        mark = wallbox.mark
        await manager.ask("PATCH", "/api/v1/site", {"max_current_a": 10})
        await limit(stage, wallbox, 10, mark)
        assert len(manager.program.all_of("wallbox connected")) == 1
        assert manager.program.all_of("wallbox disconnected") == []


async def test_a_certificate_that_is_about_to_end_is_said_in_log_api_and_figures(
    tmp_path: Path,
) -> None:
    near = ROOT.issue("near.example", life=Life(lasts=6 * DAY))
    files = near.save(tmp_path, "near")
    async with Stage(tmp_path) as stage:
        await cert(stage, "import", "--own", *files)
        manager = await run_manager(stage, site_with(2))
        said = await manager.event("certificate expires")
        assert said["reason"].startswith('own "near.example" expires in 4 days, on ')
        about = [each["message"] for each in await manager.ask("GET", "/api/v1/warnings")]
        assert said["reason"] in about


@pytest.mark.parametrize(("typed", "status"), [(PASSPHRASE, 0), ("swordfish", 2)])
async def test_the_passphrase_of_a_key_is_asked_for_at_the_terminal(
    typed: str, status: int, tmp_path: Path
) -> None:
    """P22; by a program on a terminal of its own, which does not show what is typed."""
    names = save_encrypted(ROOT.issue("manager.example"), tmp_path)
    ended, shown = await asyncio.to_thread(
        run_on_terminal,
        WATTGATE, "cert", "import", "--own", *names, "--data", "data",
        folder=tmp_path, prompt=PROMPT, answer=typed, WATTGATE_PASSPHRASE="",
    )  # fmt: skip
    assert ended == status, shown
    assert typed not in shown
    assert len(re.findall(PROMPT, shown)) == (1 if status == 0 else 3)
    assert ("manager.example" in shown) == (status == 0)


async def test_a_running_manager_is_asked_and_wants_the_passphrase_as_well(tmp_path: Path) -> None:
    own = ROOT.issue("manager.example")
    names = save_encrypted(own, tmp_path)
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, site_with(2))
        ended, shown = await asyncio.to_thread(
            run_on_terminal,
            WATTGATE, "cert", "import", "--own", *names, "--data", "data",
            folder=tmp_path, prompt=PROMPT, answer=PASSPHRASE, WATTGATE_PASSPHRASE="", **LOGIN,
        )  # fmt: skip
        assert ended == 0, shown
        assert "new connections see it from now on" in shown
        assert await shown_at(manager.ocpp_port) == fingerprint(own)
        listed = await manager.ask("GET", "/api/v1/certificates/server")
        assert [each["origin"] for each in listed["certificates"]] == ["imported"]


async def test_files_that_somebody_else_has_put_there_are_noticed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    async with Stage(tmp_path) as stage:
        files = ROOT.issue("manager.example").save(tmp_path, "own")
        made = await stage.start("cert", "cert", "import", "--own", *files, "--data", other)
        assert await made.end() == 0
        manager = await run_manager(stage, site_with(2))
        before = await shown_at(manager.ocpp_port)
        for file in (manager.data / "certificates/server").glob("own-*.pem"):
            file.unlink()
        for file in (other / "certificates/server").glob("own-*.pem"):
            file.rename(manager.data / "certificates/server" / file.name)
        await manager.event("certificates read again, as their files have changed")
        assert await shown_at(manager.ocpp_port) != before
