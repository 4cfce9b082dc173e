"""Certificates and security profiles (P21-P26), with the manual's own OpenSSL commands.

The server's certificate and those of the wallboxes are made as `openssl_commands` says: version 1,
no names but the CN, umlauts; the root's key has a passphrase.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from tests.support.openssl_commands import PASSPHRASE
from tests.support.openssl_drawer import Drawer, Pair, cert
from tests.support.processes import Program, Stage
from tests.support.site_processes import ManagerProcess, run_manager, run_wallbox
from tests.support.site_text import evse, secure_site, wallbox

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

SECRET: Final = "of every wallbox"


@pytest.fixture(scope=MODULE)
def drawer(tmp_path_factory: pytest.TempPathFactory) -> Drawer:
    return Drawer.fill(tmp_path_factory.mktemp("openssl"))


@dataclass
class Place:
    """A manager that takes TLS and plain connections on one port."""

    stage: Stage
    manager: ManagerProcess
    drawer: Drawer

    def cert(self, *words: str | Path) -> str:
        """Run `wattgate cert` on the manager's data; what it showed."""
        return cert(self.manager.data, *words)

    async def comes_in(self, station_id: str, *options: str | Path) -> Program:
        """Start a wallbox that is let in over a connection that it has verified."""
        box = await run_wallbox(self.stage, station_id, self.manager.secure_url, *options)
        await self.stage.event(box, "secured", security="verified")
        await self.stage.event(box, "boot", status="Accepted")
        return box

    async def is_refused(self, station_id: str, *options: str | Path) -> str:
        """Start a wallbox that is not let in; the reason that the API tells."""
        mark = self.manager.mark
        box = await run_wallbox(self.stage, station_id, self.manager.secure_url, *options)
        await self.stage.event(box, "not-connected")
        shown = await self.manager.event("connection refused", mark)
        box.type("quit")
        await box.end()
        refusals: list[Any] = await self.manager.ask("GET", "/api/v1/refused")
        assert shown["reason"] in {each["reason"] for each in refusals}
        return str(shown["reason"])


Words = tuple[str | Path, ...]


def ca(path: Path) -> Words:
    return ("--ca", path)


def shows(pair: Pair) -> Words:
    return ("--certificate", pair[0], "--private-key", pair[1])


async def a_place(folder: Path, drawer: Drawer, *tables: str) -> AsyncIterator[Place]:
    evses = (evse(id, id) for id in ("CP1", "CP2"))
    text = secure_site("detect", *evses, *tables)
    async with Stage(folder) as stage:
        place = Place(stage, await run_manager(stage, text), drawer)
        place.cert("import", "--own", *drawer.server)
        yield place


PROFILE_2: Final = ("--security-profile", "2", "--password", SECRET)
PROFILE_3: Final = ("--security-profile", "3")


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def profile_2(
    tmp_path_factory: pytest.TempPathFactory, drawer: Drawer
) -> AsyncIterator[Place]:
    table = wallbox("CP1", password=SECRET, security_profile=2)
    async for place in a_place(tmp_path_factory.mktemp("profile2"), drawer, table):
        yield place


async def test_p24_a_wallbox_believes_the_root_that_signed_the_server(profile_2: Place) -> None:
    """P23, P26: profile 2."""
    drawer = profile_2.drawer
    box = await profile_2.comes_in("CP1", *PROFILE_2, *ca(drawer.root.certificate))
    box.type("quit")
    await box.end()


async def test_p24_a_wallbox_believes_the_servers_certificate_itself(profile_2: Place) -> None:
    """Profile 2 without any root."""
    box = await profile_2.comes_in("CP1", *PROFILE_2, *ca(profile_2.drawer.server[0]))
    box.type("quit")
    await box.end()


async def test_p23_a_wallbox_with_another_root_does_not_connect(profile_2: Place) -> None:
    """P9: and the manager tells why."""
    other = profile_2.drawer.other_root.certificate
    reason = await profile_2.is_refused("CP1", *PROFILE_2, *ca(other))
    assert "not trust our certificate" in reason


async def test_p23_without_a_root_a_wallbox_connects_and_is_told_unverified(
    profile_2: Place,
) -> None:
    box = await run_wallbox(
        profile_2.stage, "CP1", profile_2.manager.secure_url, "--password", SECRET
    )
    await profile_2.stage.event(box, "secured", security="unverified")
    box.type("quit")
    await box.end()


async def test_p6_profile_2_in_plain_is_refused_beside_tls_on_the_same_port(
    profile_2: Place,
) -> None:
    """R31, R32."""
    mark = profile_2.manager.mark
    box = await run_wallbox(profile_2.stage, "CP1", profile_2.manager.url, "--password", SECRET)
    refused = await profile_2.manager.event("connection refused", mark, id="CP1")
    assert "TLS" in refused["reason"]
    box.type("quit")
    await box.end()


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def profile_3(
    tmp_path_factory: pytest.TempPathFactory, drawer: Drawer
) -> AsyncIterator[Place]:
    """The root is among the server's authorities; any certificate of it will do for `CP2`."""
    tables = (
        wallbox("CP1", security_profile=3),
        wallbox("CP2", security_profile=3, certificate_name="any"),
    )
    async for place in a_place(tmp_path_factory.mktemp("profile3"), drawer, *tables):
        place.cert("import", "--authority", drawer.root.certificate)
        yield place


async def test_p25_a_wallbox_comes_in_with_a_certificate_that_the_root_signed(
    profile_3: Place,
) -> None:
    """P26: profile 3, with different [dn] for root and wallbox."""
    drawer = profile_3.drawer
    options = (*PROFILE_3, *ca(drawer.root.certificate), *shows(drawer.cp1))
    box = await profile_3.comes_in("CP1", *options)
    box.type("quit")
    await box.end()


async def test_p26_the_manuals_own_name_is_enough_where_the_site_says_so(profile_3: Place) -> None:
    """R35: certificate_name = "any"."""
    drawer = profile_3.drawer
    options = (*PROFILE_3, *ca(drawer.root.certificate), *shows(drawer.anybody))
    box = await profile_3.comes_in("CP2", *options)
    box.type("quit")
    await box.end()


NOT_FOR_CP1: Final = {
    "of another root": ("foreign", "nobody we trust signed its client certificate"),
    "with the root's own [dn]": ("same", "the same distinguished name"),
    "of somebody else": ("anybody", "Stellplatz Süd"),
}


@pytest.mark.parametrize("name", NOT_FOR_CP1)
async def test_p25_a_certificate_does_not_let_a_wallbox_in(profile_3: Place, name: str) -> None:
    """P26: with the same [dn] OpenSSL itself fails the chain."""
    which, words = NOT_FOR_CP1[name]
    drawer = profile_3.drawer
    options = (*PROFILE_3, *ca(drawer.root.certificate), *shows(getattr(drawer, which)))
    assert words in await profile_3.is_refused("CP1", *options)


async def test_p25_without_a_certificate_a_wallbox_is_refused(profile_3: Place) -> None:
    reason = await profile_3.is_refused("CP1", *ca(profile_3.drawer.root.certificate))
    assert "certificate" in reason


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def leaf_stored(
    tmp_path_factory: pytest.TempPathFactory, drawer: Drawer
) -> AsyncIterator[Place]:
    """The certificate of `CP1` itself is among the server's authorities, and no root."""
    table = wallbox("CP1", security_profile=3)
    async for place in a_place(tmp_path_factory.mktemp("leaf"), drawer, table):
        place.cert("import", "--authority", drawer.cp1[0])
        yield place


async def test_p25_the_wallboxs_certificate_itself_may_be_stored(leaf_stored: Place) -> None:
    drawer = leaf_stored.drawer
    options = (*PROFILE_3, *ca(drawer.server[0]), *shows(drawer.cp1))
    box = await leaf_stored.comes_in("CP1", *options)
    box.type("quit")
    await box.end()


async def test_p25_a_stored_certificate_vouches_for_no_other(leaf_stored: Place) -> None:
    drawer = leaf_stored.drawer
    options = (*PROFILE_3, *ca(drawer.server[0]), *shows(drawer.anybody))
    reason = await leaf_stored.is_refused("CP1", *options)
    assert "nobody we trust signed" in reason


async def test_p22_an_encrypted_key_is_taken_with_its_passphrase(leaf_stored: Place) -> None:
    """P26: the root's key asks for the passphrase; the root itself serves, and is believed."""
    drawer = leaf_stored.drawer
    root = drawer.root
    shown = leaf_stored.cert("import", "--own", root.certificate, root.key)
    assert PASSPHRASE not in shown
    box = await leaf_stored.comes_in("CP1", *PROFILE_3, *ca(root.certificate), *shows(drawer.cp1))
    box.type("quit")
    await box.end()
