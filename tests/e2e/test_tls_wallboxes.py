"""Software wallboxes at a manager over real TLS, plain and TLS on one port (P6, P25, R31, R32).

The wallbox says for itself what it saw; what it does not connect with, it says as well.
"""

from pathlib import Path
from typing import Final

import pytest
from tests.support.processes import Program, Stage
from tests.support.site_processes import ManagerProcess, run_manager, run_wallbox
from tests.support.site_text import card, evse, site, wallbox
from tests.support.tls_ends import Office, Paper

from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.core.security.certificates import SERVER_SET
from wattgate.ports.certificates import Material

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

PASSWORD: Final = "of-the-wallbox-4711"
SITE: Final = site(
    *(evse(f"evse-{number}", f"CP{number}") for number in range(4)),
    wallbox("CP1", password=PASSWORD, security_profile=1),
    wallbox("CP2", password=PASSWORD, security_profile=2),
    wallbox("CP3", security_profile=3),
    card("04A1B2C3"),
).replace("[ocpp_server]\n", '[ocpp_server]\ntls = "detect"\n')


async def store(data: Path, server: Paper, clients: Paper) -> None:
    """What the owner of the site has put into the set of the server."""
    vault = Vault(data / "certificates", SystemClock())
    await vault.open()
    own = Material((server.certificate.read_bytes(), server.key.read_bytes()))
    await vault.import_own(SERVER_SET, own)
    await vault.import_authorities(SERVER_SET, Material((clients.certificate.read_bytes(),)))


def secured(program: Program) -> str | None:
    told = program.find("secured")
    return None if told is None else str(told["security"])


async def refused(stage: Stage, box: Program) -> tuple[str, str]:
    """At which step it was not let in, and why."""
    event = await stage.event(box, "not-connected")
    return event["step"], event["reason"]


def over_tls(manager: ManagerProcess) -> str:
    return manager.url.replace("ws://", "wss://")


async def test_wallboxes_of_every_security_profile_come_in_by_one_port_p6_p25_r32(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    root = office.root("root")
    server = office.issue("server", root, hosts=["127.0.0.1"])
    own = office.issue("CP3", root)
    async with Stage(tmp_path) as stage:
        await store(tmp_path / "data", server, own)  # the client's certificate itself
        manager = await run_manager(stage, SITE)
        password, ca = ("--password", PASSWORD), ("--ca", root.certificate)
        mine = ("--certificate", own.certificate, "--private-key", own.key)
        boxes = {
            "CP0": await run_wallbox(stage, "CP0", manager.url, "--security-profile", "0"),
            "CP1": await run_wallbox(
                stage, "CP1", manager.url, "--security-profile", "1", *password
            ),
            "CP2": await run_wallbox(
                stage, "CP2", over_tls(manager), "--security-profile", "2", *password, *ca
            ),
            "CP3": await run_wallbox(
                stage, "CP3", over_tls(manager), "--security-profile", "3", *ca, *mine
            ),
        }
        for box in boxes.values():
            await stage.event(box, "boot", status="Accepted")
        assert {name: secured(box) for name, box in boxes.items()} == {
            "CP0": None,
            "CP1": None,
            "CP2": "verified",
            "CP3": "verified",
        }
        boxes["CP3"].type("plug 1", "rfid 04A1B2C3 1")
        await stage.event(boxes["CP3"], "started")


async def test_a_wallbox_with_less_than_its_profile_is_told_what_is_missing_r31_r32(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    root = office.root("root")
    server = office.issue("server", root, hosts=["127.0.0.1"])
    async with Stage(tmp_path) as stage:
        await store(tmp_path / "data", server, root)
        manager = await run_manager(stage, SITE)
        wss, password = over_tls(manager), ("--password", PASSWORD)

        unverified = await run_wallbox(stage, "CP0", wss)
        await stage.event(unverified, "boot", status="Accepted")
        assert secured(unverified) == "unverified"

        plain = await run_wallbox(stage, "CP2", manager.url, *password)
        assert (await refused(stage, plain))[0] == "http"
        assert "without TLS" in (await manager.event("connection refused", id="CP2"))["reason"]

        without = await run_wallbox(stage, "CP3", wss, "--ca", root.certificate)
        assert (await refused(stage, without))[0] == "http"
        assert (
            "client certificate" in (await manager.event("connection refused", id="CP3"))["reason"]
        )

        elsewhere = office.root("elsewhere").certificate
        doubtful = await run_wallbox(stage, "CP1", wss, *password, "--ca", elsewhere)
        assert await refused(stage, doubtful) == (
            "tls",
            "the backend's certificate is not accepted: whoever signed it is not among the "
            "authorities that we trust: CN=root",
        )

        stranger = office.issue("stranger", office.root("far"))
        shown = ("--certificate", stranger.certificate, "--private-key", stranger.key)
        far = await run_wallbox(stage, "CP1", wss, *password, "--ca", root.certificate, *shown)
        assert (await refused(stage, far))[0] == "tls"
