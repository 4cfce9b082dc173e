"""The manager as client of backends whose certificates the manual's OpenSSL commands made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from tests.support.openssl_drawer import Drawer, cert
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import evse, site

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

SERVER: Final = {
    # What each EVSE has stored to believe its backend, in profile 2.
    "root": ("root.certificate",),
    "leaf": ("server",),
    "other-root": ("other_root.certificate",),
    "nothing": (),
}
MUTUAL: Final = {
    # What each EVSE shows to its backend, which believes the root only, in profile 3.
    "signed": "cp1",
    "same-dn": "same",
    "foreign": "foreign",
    "missing": None,
}
STORED: Final = {"stored": "cp1", "not-stored": "anybody"}
"""The same, at a backend that believes the certificate of CP1 itself only."""


@dataclass
class Place:
    """A manager whose EVSEs are at three backends, each with another relation to its own."""

    stage: Stage
    manager: ManagerProcess
    mutual: Program
    stored: Program

    async def security(self, evse_id: str) -> str:
        """Wait until it is online at its backend; what the API says that the link proves."""
        await self.manager.online(evse_id)
        return str((await self._backend(evse_id))["security"]["state"])

    async def problem(self, evse_id: str) -> str:
        """Wait until a login has failed; the sentence that the API tells."""
        await self.stage.until(
            lambda: [
                event
                for event in self.manager.program.all_of("backend link", phase="waiting")
                if event["link"].startswith(f"{evse_id} ")
            ],
            f"{evse_id} has failed at its backend",
        )
        problem = (await self._backend(evse_id))["problem"]
        assert problem["step"] == "tls"
        return str(problem["sentence"])

    async def _backend(self, evse_id: str) -> Any:  # noqa: ANN401 - JSON
        return (await self.manager.evse(evse_id))["backend"]


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    drawer = Drawer.fill(tmp_path_factory.mktemp("openssl"))
    shown = ("--certificate", drawer.server[0], "--private-key", drawer.server[1])
    async with Stage(tmp_path_factory.mktemp("site")) as stage:
        only_server = await run_backend(stage, *shown)
        mutual = await run_backend(stage, *shown, "--client-ca", drawer.root.certificate)
        stored = await run_backend(stage, *shown, "--client-ca", drawer.cp1[0])
        backends = dict.fromkeys(SERVER, only_server)
        backends |= dict.fromkeys(MUTUAL, mutual) | dict.fromkeys(STORED, stored)
        _store(stage.folder / "data", drawer)
        evses = (
            evse(name, f"CP{number // 2}", _gateway(name, backend), connector=number % 2 + 1)
            for number, (name, backend) in enumerate(backends.items())
        )
        manager = await run_manager(stage, site(*evses))
        for number in range((len(backends) + 1) // 2):
            await run_wallbox(stage, f"CP{number}", manager.url, "--connectors", "2")
        yield Place(stage, manager, mutual, stored)


def _gateway(name: str, backend: Program) -> dict[str, str | float | bool]:
    return {"url": url_of(backend), "client_id": name}


def _store(data: Path, drawer: Drawer) -> None:
    """Before the manager starts for the first time, `wattgate cert` works on its data folder."""
    believed = {
        "root": drawer.root.certificate,
        "leaf": drawer.server[0],
        "other-root": drawer.other_root.certificate,
        **dict.fromkeys(("signed", "stored"), drawer.root.certificate),
    }
    for name, path in believed.items():
        cert(data, "import", "--authority", "--set", name, path)
    for name, which in (MUTUAL | STORED).items():
        if which is not None:
            cert(data, "import", "--own", "--set", name, *getattr(drawer, which))


@pytest.mark.parametrize("evse_id", ["root", "leaf"])
async def test_s10_a_backend_that_the_stored_authority_vouches_for_is_verified(
    place: Place, evse_id: str
) -> None:
    """P23, P24, P26: the root that signed it, or its certificate itself."""
    assert await place.security(evse_id) == "verified"


async def test_s10_a_backend_of_another_root_is_not_spoken_to(place: Place) -> None:
    """P23."""
    assert "not accepted" in await place.problem("other-root")
    assert (await place.manager.evse("other-root"))["backend"]["security"] is None


async def test_s10_without_an_authority_the_link_is_shown_as_unverified(place: Place) -> None:
    """P23: it is made in any case."""
    assert await place.security("nothing") == "unverified"
    warnings = (await place.manager.evse("nothing"))["warnings"]
    assert any("not verified" in warning for warning in warnings)


async def test_p25_a_backend_lets_in_the_certificate_that_its_root_signed(place: Place) -> None:
    """Profile 3."""
    assert await place.security("signed") == "verified"
    over = {event["over"] for event in place.mutual.all_of("connected", id="signed")}
    assert over == {"TLS with a client certificate"}


async def test_p25_a_backend_lets_in_the_certificate_that_it_stored_itself(place: Place) -> None:
    assert await place.security("stored") == "verified"


@pytest.mark.parametrize("evse_id", ["same-dn", "foreign", "missing", "not-stored"])
async def test_p25_a_backend_that_refuses_our_certificate_is_told_with_the_reason(
    place: Place, evse_id: str
) -> None:
    """P26: of the same [dn] as the root, of another root, none, not the one that is stored."""
    assert "certificate" in await place.problem(evse_id)
    for backend in (place.mutual, place.stored):
        assert backend.all_of("connected", id=evse_id) == []
