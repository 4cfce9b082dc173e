"""Passwords of wallboxes in a real run: who gets in, and where the passwords are not (S1, S4)."""

import asyncio
import base64
import json
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site, wallbox

from wattgate.adapters.store import database
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.app import load_site
from wattgate.core.security.passwords import PasswordKey, is_hexadecimal
from wattgate.core.site.reading import parse_toml
from wattgate.ports.store import SaveDocument, StoreFailed
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
    said = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return [
        each.name
        for each, all_of_it in said.items()
        for one in secrets
        if one.encode() in all_of_it
    ]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_s4_no_password_of_a_wallbox_is_on_the_disk_and_each_still_opens_its_door(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, TEXT)
        for station_id, password in (("CP1", OWN), ("CP2", COMMON)):
            await run_wallbox(stage, station_id, manager.url, "--password", password)
            await manager.event("wallbox connected", station=station_id)
        assert on_disk(manager.data, OWN, COMMON) == []
        assert mode_of(manager.data) == 0o700
        assert {mode_of(each) for each in manager.data.glob("wattgate.sqlite3*")} == {0o600}
        assert mode_of(manager.data / "secret.key") == 0o600

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


class Killed(BaseException):
    """The process ends here."""


class CutShort(SqliteStore):
    """A store whose process ends, or whose disk is full, while passwords are to be scrubbed."""

    ending: BaseException = Killed()

    async def scrub(self) -> None:
        raise self.ending


@pytest.mark.parametrize("ending", [Killed(), StoreFailed("no room")])
async def test_s4_readable_passwords_go_from_the_disk_also_where_the_first_attempt_was_cut_short(
    tmp_path: Path, ending: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database.PRAGMAS, "secure_delete", "OFF")  # its own default
    path, key = tmp_path / "wattgate.sqlite3", PasswordKey(bytes(range(32)))
    cut_short = CutShort(path)
    cut_short.ending = ending
    long = [{"id": f"W{number}", "password": OWN * 14} for number in range(100)]
    readable = {**parse_toml(TEXT), "wallbox": long}
    await cut_short.open()
    await cut_short.commit(SaveDocument(SITE_DOCUMENT, json.dumps(readable)))
    with suppress(Killed):
        await load_site(cut_short, None, key)
    await cut_short.close()
    assert on_disk(tmp_path, OWN)
    for _ in range(2):
        store = SqliteStore(path)
        await store.open()
        site_now = await load_site(store, None, key)
        await store.close()
        assert key.matches(OWN.encode() * 14, site_now.wallbox("W1").password)
        assert on_disk(tmp_path, OWN, COMMON) == []


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


KEYED: Final = site(evse("stall", "CP1"), wallbox("CP1", password=OWN), card("04A1B2C3"))


async def write_key(manager: ManagerProcess, **wish: bool) -> str:
    """Have a key written into CP1; how far it is then."""
    wish = {"write": True, **wish}
    return str((await manager.ask("POST", "/api/v1/wallboxes/CP1/key", wish))["next"])


async def proves_with(manager: ManagerProcess) -> tuple[str, str | None]:
    """With what CP1 proves itself, and how far a new key is."""
    told = await manager.ask("GET", "/api/v1/wallboxes/CP1/key")
    return told["proves_with"], told["next"]


def written_key(box: Program) -> str:
    """The key that the wallbox was told last."""
    told = [each["text"] for each in box.all_of("received") if "AuthorizationKey" in each["text"]]
    return str(json.loads(told[-1])[3]["value"])


async def test_a_wallbox_comes_back_with_its_new_key_by_itself_and_has_it_after_a_kill_r24(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, KEYED)
        box = await run_wallbox(stage, "CP1", manager.url, "--password", OWN)
        await manager.event("wallbox connected", station="CP1")
        assert await write_key(manager) == "taken"
        await manager.event("wallbox uses its new key", station="CP1")
        assert await proves_with(manager) == ("key", None)

        await manager.kill()
        await manager.restart()
        await manager.event("wallbox connected", station="CP1")
        assert await proves_with(manager) == ("key", None)
        assert on_disk(manager.data, OWN, written_key(box)) == []

        imposter = await run_wallbox(stage, "CP1", manager.url, "--password", OWN)
        await manager.event("connection refused", id="CP1")
        imposter.type("quit")
        await imposter.end()


async def test_a_wallbox_that_is_killed_off_while_its_key_is_written_has_a_way_in_whatever_it_has(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, KEYED)
        box = await run_wallbox(stage, "CP1", manager.url, "--password", OWN, "--quirk", "slow")
        await manager.event("wallbox connected", station="CP1")
        writing = asyncio.get_running_loop().create_task(write_key(manager))
        await stage.until(lambda: "AuthorizationKey" in str(box.all_of("received")), "it is told")
        await manager.kill()
        with pytest.raises(httpx.HTTPError):
            await writing
        await manager.restart()
        await manager.event("wallbox connected", station="CP1")
        # Its link was lost before it obeyed: it has what it had.
        assert await proves_with(manager) == ("own password", "set-aside")


async def test_a_key_that_a_wallbox_accepts_and_does_not_use_costs_it_nothing(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, KEYED)
        await run_wallbox(stage, "CP1", manager.url, "--password", OWN, "--quirk", "key-ignored")
        await manager.event("wallbox connected", station="CP1")
        await write_key(manager)
        said = await manager.event("wallbox has not come with its new key", station="CP1")
        assert said["level"] == "warning"
        assert await proves_with(manager) == ("own password", "set-aside")


async def test_a_wallbox_that_needs_a_restart_for_its_key_is_restarted_on_request(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, KEYED)
        await run_wallbox(
            stage, "CP1", manager.url, "--password", OWN, "--quirk", "key-after-restart"
        )
        await manager.event("wallbox connected", station="CP1")
        assert await write_key(manager, restart=True) == "after-restart"
        await manager.event("wallbox uses its new key", station="CP1")


PAGES: Final = (
    *("/api/v1/site", "/api/v1/evses", "/api/v1/evses/stall", "/api/v1/refused"),
    *("/api/v1/evses/stall/traffic", "/api/v1/transactions", "/api/v1/transactions/1/evidence"),
    *(
        "/api/v1/wallboxes/CP1/key",
        "/api/v1/warnings",
        "/api/v1/dead-letters",
        "/api/v1/openapi.json",
    ),
)


async def test_s4_no_output_of_a_whole_run_says_a_password_or_a_key_in_any_form(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        gateway = {"url": url_of(backend), "password": "backend-secret"}
        text = site(evse("stall", "CP1", gateway), wallbox("CP1", password=OWN))
        manager = await run_manager(stage, text)
        wrong = await run_wallbox(stage, "CP1", manager.url, "--password", "wrong-guess")
        await manager.event("connection refused", id="CP1")
        wrong.type("quit")
        await wrong.end()
        box = await run_wallbox(stage, "CP1", manager.url, "--password", OWN)
        await manager.event("wallbox connected", station="CP1")
        await stage.event(box, "connected")
        mark = box.mark
        await write_key(manager)
        await stage.event(box, "connected", mark)  # before, it decides about cards by itself
        await manager.event("wallbox uses its new key", station="CP1")
        await manager.online("stall")
        await plug_in(stage, box)
        box.type("unplug")
        await stage.event(box, "stopped")
        shown = await manager.ask("POST", "/api/v1/wallboxes/CP1/key", {})

        told = [json.dumps(await manager.ask("GET", page)) for page in PAGES]
        told += [
            await page_of(manager, "/metrics"),
            await page_of(manager, "/api/v1/evses/stall/traffic/download"),
        ]
        told += manager.program.lines
        told += [json.dumps(event) for event in manager.program.events]
        everywhere = "\n".join(told)
        keys = (written_key(box), shown["authorization_key"])
        assert "AuthorizationKey" in everywhere  # the traffic shows that one was written
        for secret in (OWN, "wrong-guess", "backend-secret", PASSWORD, *keys):
            for form in forms_of(secret):
                assert form.lower() not in everywhere.lower(), f"a form of {secret}"
        files = all_bytes(manager.data).lower()
        for secret in (OWN, "wrong-guess", *keys):
            for form in forms_of(secret):
                assert form.lower().encode() not in files, f"a form of {secret}"


async def page_of(manager: ManagerProcess, path: str) -> str:
    """What a page says that is no JSON."""
    async with httpx.AsyncClient(auth=("admin", PASSWORD), trust_env=False) as client:
        answer = await client.get(manager.http_url.rstrip("/") + path)
    assert answer.is_success, answer.text
    return answer.text


def all_bytes(folder: Path) -> bytes:
    """What is on the disk."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def forms_of(secret: str) -> list[str]:
    """A secret as it is, as HTTP Basic sends it, and, of a key, the same for its bytes."""
    ids = ("CP1", "admin")
    sent = [secret.encode(), *([bytes.fromhex(secret)] if is_hexadecimal(secret) else [])]
    basic = [base64.b64encode(f"{id}:".encode() + each).decode() for id in ids for each in sent]
    return [secret, *basic]
