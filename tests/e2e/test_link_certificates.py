"""Certificates over OCPP between real processes: of wallboxes and of our logins (R36, R37)."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import Event, Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import evse, site, wallbox

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

AUTHORITY = {"common_name": "Home root"}
PASSWORD = "correct-battery"
KNOWN = wallbox("CP1", password=PASSWORD)
HERE = "/api/v1/wallboxes/CP1/certificates"


async def answered(stage: Stage, backend: Program, action: str, since: int) -> str:
    """What a charge point has answered the backend, as it was written."""
    event = await stage.event(backend, "answered", since, action=action)
    return str(event["payload_text"])


async def about(stage: Stage, wallbox: Program, action: str, since: int) -> Event:
    """What the wallbox has made of a message about certificates."""
    return await stage.event(wallbox, "certificates", since, action=action)


async def issued(manager: ManagerProcess) -> list[Any]:
    found = await manager.ask("GET", "/api/v1/authority/issued")
    assert isinstance(found, list)
    return found


async def test_a_wallbox_gets_a_certificate_that_our_authority_signs_r36_r40(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall-1", "CP1"), KNOWN))
        wallbox = await run_wallbox(stage, "CP1", manager.url, "--password", PASSWORD)
        await stage.event(wallbox, "boot")
        await manager.ask("POST", "/api/v1/authority", AUTHORITY)
        mark = wallbox.mark
        assert (await manager.ask("POST", f"{HERE}/trust"))["says"] == "It trusts our authority."
        assert (await about(stage, wallbox, "InstallCertificate", mark))["status"] == "Accepted"
        (trusted,) = await manager.ask("GET", HERE)
        mark = wallbox.mark
        await manager.ask("POST", f"{HERE}/renew")
        requested = await stage.event(wallbox, "certificate-requested", mark)
        assert (requested["subject"], requested["taken"]) == ("CP1", True)
        assert (await about(stage, wallbox, "CertificateSigned", mark))["status"] == "Accepted"
        await stage.event(wallbox, "connected", mark)
        (entry,) = await issued(manager)
        assert entry["common_name"] == "CP1"
        assert trusted["algorithm"] == "SHA256"


async def test_a_wallbox_without_an_authority_of_ours_gets_none_r36(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall-1", "CP1")))
        wallbox = await run_wallbox(stage, "CP1", manager.url)
        await stage.event(wallbox, "boot")
        mark = wallbox.mark
        await manager.ask("POST", f"{HERE}/renew")
        requested = await stage.event(wallbox, "certificate-requested", mark)
        assert requested["taken"] is False
        said = await manager.event("certificate not signed", station="CP1")
        assert "wattgate cert ca" in said["reason"]


async def test_a_backend_manages_the_certificates_of_its_own_link_r36_r37_r40(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--authority", tmp_path / "authority")
        gateway = {"url": url_of(backend), "client_id": "CP1"}
        manager = await run_manager(stage, site(evse("stall-1", "CP1", gateway)))
        wallbox = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall-1")
        mark = backend.mark
        backend.type("install-root CP1")
        assert await answered(stage, backend, "InstallCertificate", mark) == '{"status":"Accepted"}'
        backend.type("roots CP1")
        listed = await answered(stage, backend, "GetInstalledCertificateIds", mark)
        assert listed.startswith('{"status":"Accepted","certificateHashData":[{"hashAlgorithm"')
        mark = backend.mark
        backend.type("certificate CP1")
        assert await answered(stage, backend, "CertificateSigned", mark) == '{"status":"Accepted"}'
        held = await manager.ask("GET", "/api/v1/certificates/stall-1")
        names = {each["common_name"] for each in held["certificates"]}
        assert names == {"CP1", "Wattgate test backend"}
        assert wallbox.find("certificates") is None
