"""Passwords of wallboxes in a real run: who gets in, and where the passwords are not (S1, S4)."""

import json
from pathlib import Path
from typing import Final

import pytest
from tests.support.processes import Stage
from tests.support.site_processes import ManagerProcess, run_manager, run_wallbox
from tests.support.site_text import card, evse, site, wallbox

from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.site.reading import parse_toml
from wattgate.ports.store import SaveDocument
from wattgate.runtime.site_keeper import SITE_DOCUMENT

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

COMMON: Final = "common-horse-battery"
OWN: Final = "own-staple-battery"
TEXT: Final = site(
    evse("one", "CP1"),
    evse("two", "CP2"),
    wallbox("CP1", password=OWN),
    card("04A1B2C3"),
).replace("[ocpp_server]\n", f'[ocpp_server]\npassword = "{COMMON}"\n')


def on_disk(folder: Path, *secrets: str) -> list[str]:
    """The files of a data folder that say one of these."""
    return [
        each.name
        for each in folder.iterdir()
        for secret in secrets
        if secret.encode() in each.read_bytes()
    ]


async def test_s4_no_password_of_a_wallbox_is_on_the_disk_and_each_still_opens_its_door(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, TEXT)
        for station_id, password in (("CP1", OWN), ("CP2", COMMON)):
            await run_wallbox(stage, station_id, manager.url, "--password", password)
            await manager.event("wallbox connected", station=station_id)
        assert on_disk(manager.data, OWN, COMMON) == []
        assert manager.data.stat().st_mode & 0o777 == 0o700
        assert {p.name for p in manager.data.iterdir() if p.stat().st_mode & 0o077} == set()

        await manager.kill()
        await manager.restart()
        for station_id in ("CP1", "CP2"):
            await manager.event("wallbox connected", station=station_id)
        assert on_disk(manager.data, OWN, COMMON) == []


async def test_s4_the_readable_passwords_of_an_older_version_become_hashes_at_the_next_start(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    store = SqliteStore(data / "wattgate.sqlite3")
    await store.open()
    await store.commit(SaveDocument(SITE_DOCUMENT, json.dumps(parse_toml(TEXT))))
    await store.close()
    assert on_disk(data, OWN, COMMON)
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, TEXT.split("[[wallbox]]")[0].replace(COMMON, ""))
        await run_wallbox(stage, "CP1", manager.url, "--password", OWN)
        await manager.event("wallbox connected", station="CP1")
        assert on_disk(data, OWN, COMMON) == []


async def test_when_the_key_of_the_passwords_is_lost_that_is_said_and_the_site_file_mends_it(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, TEXT)
        await manager.kill()
        (manager.data / "secret.key").unlink()
        await manager.restart()
        await run_wallbox(stage, "CP1", manager.url, "--password", OWN)
        refused = await manager.event("connection refused", id="CP1")
        assert "Write the password in the site file again" in refused["reason"]
        assert await lost(manager) == {"ocpp_server", 'wallbox "CP1"'}
        await manager.kill()

        again = await run_manager(stage, TEXT)
        await run_wallbox(stage, "CP1", again.url, "--password", OWN)
        await again.event("wallbox connected", station="CP1")
        assert await lost(again) == set()


async def lost(manager: ManagerProcess) -> set[str]:
    """Whose passwords the API says cannot be checked any more."""
    warnings = await manager.ask("GET", "/api/v1/warnings")
    words = "kept under a key that is lost"
    return {warning["about"] for warning in warnings if words in warning["message"]}
