"""Cards while the backend is away, and a wallbox without a reader (R52, R53, R56, R57)."""

import json
from pathlib import Path
from typing import Final

import pytest
from tests.support.processes import Event, Program, Stage, free_port
from tests.support.site_processes import run_backend, run_manager, run_wallbox, url_of
from tests.support.site_text import evse, site, wallbox

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

LIST: Final = {
    "listVersion": 1,
    "updateType": "Full",
    "localAuthorizationList": [
        {"idTag": "GUEST", "idTagInfo": {"status": "Accepted"}},
        {"idTag": "STOLEN", "idTagInfo": {"status": "Blocked"}},
    ],
}


async def verdict(stage: Stage, box: Program, id_tag: str) -> str:
    """What the wallbox hears of a card that is held to its reader."""
    mark = box.mark
    box.type(f"rfid {id_tag} 1")
    event: Event = await stage.event(box, "authorized", mark, id_tag=id_tag)
    return str(event["status"])


async def test_a_listed_card_charges_while_the_backend_is_away_and_a_blocked_one_does_not(
    tmp_path: Path,
) -> None:
    """R52, R53, R56: wallbox, manager, its store, kill -9, its store, backend."""
    async with Stage(tmp_path) as stage:
        port = free_port()
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway)))
        backend = await run_backend(stage, port=port)
        box = await run_wallbox(
            stage, "CP1", manager.url, "--key", "AuthorizationCacheEnabled=false"
        )
        await manager.online("stall")
        box.type('raw [2,"early","Authorize",{"idTag":"STRANGER"}]')
        await stage.event(box, "received", text='[3,"early",{"idTagInfo":{"status":"Accepted"}}]')
        backend.type(f"call CP1 SendLocalList {json.dumps(LIST)}", "call CP1 ClearCache")
        taken = await stage.event(backend, "answered", action="SendLocalList")
        assert json.loads(taken["payload_text"]) == {"status": "Accepted"}
        cleared = await stage.event(backend, "answered", action="ClearCache")
        assert json.loads(cleared["payload_text"]) == {"status": "Rejected"}  # it has no cache

        await backend.kill()
        await manager.kill()
        await manager.restart()
        await manager.event("wallbox connected", station="CP1")
        await manager.event("backend link", phase="waiting")
        box.type("plug 1")
        assert await verdict(stage, box, "STOLEN") == "Blocked"
        assert await verdict(stage, box, "STRANGER") == "Invalid"
        assert box.all_of("started") == []
        assert await verdict(stage, box, "guest") == "Accepted"
        await stage.event(box, "started", connector=1, id_tag="guest", status="Accepted")
        # No "limit": it may never have had another one, where the kill came before the first.
        await stage.event(box, "meter", current_a=16.0, connector=1)


async def test_a_wallbox_without_a_reader_charges_by_the_fixed_card(tmp_path: Path) -> None:
    """R57: nobody presents a card, and the backend bills the fixed one."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", "FIXED")
        gateway = {"url": url_of(backend)}
        text = site(evse("stall", "CP1", gateway, fixed_rfid="FIXED"))
        manager = await run_manager(stage, text)
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall")
        box.type("plug 1")
        await stage.event(box, "started", connector=1, id_tag="FIXED", status="Accepted")
        await stage.event(box, "limit", current_a=16.0, connector=1)
        await stage.event(backend, "transaction-started", id_tag="FIXED", tag_status="Accepted")


async def test_a_backend_never_hears_of_a_wallboxs_own_tag(tmp_path: Path) -> None:
    """R57: free vend, billed under the fixed card."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", "FIXED")
        gateway = {"url": url_of(backend)}
        stall = evse("stall", "CP1", gateway, fixed_rfid="FIXED", fixed_rfid_start=False)
        manager = await run_manager(stage, site(stall, wallbox("CP1", free_tag="FreeVend")))
        box = await run_wallbox(stage, "CP1", manager.url, "--fixed-rfid", "FREEVEND")
        await manager.online("stall")
        box.type("plug 1")
        await stage.event(box, "started", connector=1, id_tag="FREEVEND", status="Accepted")
        await stage.event(backend, "transaction-started", id_tag="FIXED", tag_status="Accepted")
        box.type("unplug 1")
        await stage.event(backend, "transaction-stopped")
        transactions = await manager.ask("GET", "/api/v1/transactions")
        assert "FREEVEND" not in json.dumps([backend.events, transactions])
