"""A manager and its backends over real TLS: security profiles and refusals (P23-P25, S10).

Each EVSE of one site has another relation to its backend. What is not stored beforehand in its set
of certificates, it does not know.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import evse, site
from tests.support.tls_ends import Office, Paper

from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.ports.certificates import Material

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

PASSWORD: Final = "to-the-backend-4711"
HERE: Final = ("127.0.0.1", "localhost")


@dataclass
class Papers:
    """All certificates of the story."""

    office: Office
    root: Paper = field(init=False)
    backend: Paper = field(init=False)
    manager: Paper = field(init=False)
    elsewhere: Paper = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.office.root("root")
        self.backend = self.office.issue("backend", self.root, hosts=HERE)
        self.manager = self.office.issue("manager", self.root)
        self.elsewhere = self.office.root("elsewhere")


async def store(data: Path, papers: Papers) -> None:
    """What the owner of the site has put into the sets, by EVSE."""
    vault = Vault(data / "certificates", SystemClock())
    await vault.open()
    own = Material((papers.manager.certificate.read_bytes(), papers.manager.key.read_bytes()))
    for set_name, paper in {
        "rooted": papers.root,
        "leaf": papers.backend,
        "mutual": papers.root,
        "unknown": papers.root,
        "elsewhere": papers.elsewhere,
    }.items():
        await vault.import_authorities(set_name, Material((paper.certificate.read_bytes(),)))
    await vault.import_own("mutual", own)


async def backend_of(manager: ManagerProcess, evse_id: str) -> Any:  # noqa: ANN401 - JSON
    return (await manager.evse(evse_id))["backend"]


async def failed(stage: Stage, manager: ManagerProcess, evse_id: str) -> Any:  # noqa: ANN401 - JSON
    """Wait until the log tells of a login that failed; then what the API says of it."""
    await stage.until(
        lambda: [
            event
            for event in manager.program.all_of("backend link", phase="waiting")
            if event["link"].startswith(f"{evse_id} ")
        ],
        f"{evse_id} has failed at its backend",
    )
    return (await backend_of(manager, evse_id))["problem"]


def connections(backend: Program) -> set[tuple[str, str]]:
    return {(event["id"], event["over"]) for event in backend.all_of("connected")}


async def test_the_manager_as_client_in_every_security_profile_p23_p24_p25_s10(
    tmp_path: Path,
) -> None:
    papers = Papers(Office(tmp_path))
    shown = ("--certificate", papers.backend.certificate, "--private-key", papers.backend.key)
    async with Stage(tmp_path) as stage:
        await store(tmp_path / "data", papers)
        plain = await run_backend(stage, "--password", PASSWORD)
        secure = await run_backend(stage, *shown, "--password", PASSWORD)
        mutual = await run_backend(stage, *shown, "--client-ca", papers.root.certificate)
        assert url_of(secure).startswith("wss://")
        gateways = {
            "plain": {"url": url_of(plain), "password": PASSWORD},
            "trusting": {"url": url_of(secure), "password": PASSWORD},
            "rooted": {"url": url_of(secure), "password": PASSWORD, "check_name": "on"},
            "leaf": {"url": url_of(secure), "password": PASSWORD},
            "mutual": {"url": url_of(mutual)},
            "unknown": {"url": url_of(mutual)},
            "elsewhere": {"url": url_of(secure), "password": PASSWORD},
        }
        evses = (
            evse(name, f"CP{number // 2}", gateway | {"client_id": name}, connector=number % 2 + 1)
            for number, (name, gateway) in enumerate(gateways.items())
        )
        manager = await run_manager(stage, site(*evses))
        for number in range(4):
            await run_wallbox(stage, f"CP{number}", manager.url, "--connectors", "2")

        for name, state in {
            "plain": "plain",
            "trusting": "unverified",
            "rooted": "verified",
            "leaf": "verified",
            "mutual": "verified",
        }.items():
            await manager.online(name)
            told = await manager.evse(name)
            assert told["backend"]["security"]["state"] == state, name
            warned = any("is not verified" in warning for warning in told["warnings"])
            assert warned is (state == "unverified"), name

        assert connections(plain) == {("plain", "plain")}
        assert connections(secure) == {("trusting", "TLS"), ("rooted", "TLS"), ("leaf", "TLS")}
        assert connections(mutual) == {("mutual", "TLS with a client certificate")}

        problem = await failed(stage, manager, "unknown")
        assert problem["step"] == "tls"
        assert "perhaps it wants a client certificate" in problem["sentence"]
        problem = await failed(stage, manager, "elsewhere")
        assert problem["step"] == "tls"
        assert problem["sentence"] == (
            "the backend's certificate is not accepted: whoever signed it is not among the "
            "authorities that we trust: CN=root"
        )
        assert (await backend_of(manager, "elsewhere"))["security"] is None
