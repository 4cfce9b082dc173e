"""A disk that takes nothing more: no false confirmation, limits as before, nothing lost (R71)."""

import json
import resource
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.support.audit import is_in_order, missing, sent_messages, strayed, taken_messages
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    limit,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
PATIENT: Final = (
    *("--key", "TransactionMessageRetryInterval=1"),
    *("--key", "TransactionMessageAttempts=60"),
)
"""The wallbox repeats what was refused after 1, 2, 3 … s, and does not give up."""

UNLIMITED: Final = resource.RLIM_INFINITY


def may_write(manager: ManagerProcess, limit_b: int) -> None:
    """Let no file of the manager be written beyond `limit_b`; it may be eased again."""
    resource.prlimit(manager.program.pid, resource.RLIMIT_FSIZE, (limit_b, UNLIMITED))


def refusals(box: Program, since: int) -> list[str]:
    """The CALLERRORs that the wallbox got."""
    received = [event["text"] for event in box.all_of("received", since)]
    return [text for text in received if text.startswith("[4,")]


async def ask(
    manager: ManagerProcess, method: str, path: str, body: object = None
) -> httpx.Response:
    url = manager.http_url.rstrip("/") + path
    async with httpx.AsyncClient(auth=("admin", PASSWORD), trust_env=False) as client:
        return await client.request(method, url, json=body)


def expect_complaints(manager: ManagerProcess) -> None:
    """A full disk is told at the level of an error, and nothing else went wrong."""
    told = {"store failed", "the disk is full: the reserve was given back, and will be used up"}
    program = manager.program
    program.events = [each for each in program.events if each.get("event") not in told]


async def test_no_message_is_confirmed_that_is_not_stored_and_limits_go_on(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        options = ("--state", state, "--first-transaction-id", "7000")
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        backend = await run_backend(stage, *options, port=port)
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1", *PATIENT)
        await manager.online("stall")
        await limit(stage, box, 0.0)  # otherwise the first limit is that of the car already
        await plug_in(stage, box, CARD)
        await limit(stage, box, 16.0)
        await backend.kill()

        mark = box.mark
        may_write(manager, 4096)
        await stage.until(lambda: refusals(box, mark), "a message is refused")
        assert json.loads(refusals(box, mark)[0])[2] == "InternalError"
        lowered = await ask(manager, "PATCH", "/api/v1/site", {"max_current_a": 10})
        assert lowered.status_code == 507, lowered.text
        await limit(stage, box, 10.0, mark)
        health = await ask(manager, "GET", "/healthz")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert "nothing can be stored" in health.json()["reasons"][0]
        confirmed = len(sent_messages(box))
        await manager.event("store failed", document="site", since=0)
        assert len(sent_messages(box)) == confirmed, "nothing was confirmed meanwhile"

        may_write(manager, UNLIMITED)
        await manager.event("changed settings are stored now")
        await manager.event("disk space is kept aside again")
        assert (await ask(manager, "GET", "/healthz")).json() == {"status": "ok"}
        expect_complaints(manager)
        box.type("stop")
        await stage.event(box, "stopped")
        again = await run_backend(stage, *options, port=port)
        await stage.event(again, "transaction-stopped", transaction_id=7000)
        backend.events += again.events
        assert missing(box, backend, "CP1") == strayed(box, backend, "CP1") == []
        assert is_in_order(box, backend, "CP1")
        digests = [each.digest for each in taken_messages(backend, "CP1")]
        assert len(digests) == len(set(digests)), "each once"
