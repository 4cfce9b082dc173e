"""A backend that is back says no to a card that charges, or has given messages up (R65, R66)."""

import json
from pathlib import Path
from typing import Final

import pytest
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
)
from tests.support.site_text import card, evse, site
from tests.support.stores import AT

from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Bury, Enqueue

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
EVSE: Final = "stall-1"


async def run_messages(manager: ManagerProcess, *words: str, status: int = 0) -> Program:
    """Run `wattgate messages` to its end, which must have this exit status."""
    program = await manager.stage.start(
        "messages",
        *("messages", *words, "--url", manager.http_url),
        WATTGATE_ADMIN_PASSWORD=PASSWORD,
    )
    program.may_fail = True
    assert await program.end() == status, program.story()
    return program


@pytest.mark.parametrize("killed", [False, True])
async def test_a_card_that_is_refused_too_late_ends_the_session_as_deauthorized_r65(
    tmp_path: Path, *, killed: bool
) -> None:
    async with Stage(tmp_path) as stage:
        port = free_port()
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse(EVSE, "CP1", gateway), card(CARD)))
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await stage.event(box, "boot")
        started = await plug_in(stage, box, CARD)
        assert started["status"] == "Accepted"
        if killed:
            mark = box.mark
            await manager.kill()
            await manager.restart()
            await stage.event(box, "connected", mark)
        backend = await run_backend(stage, "--tag", "FFFFFFFF", port=port)
        stopped = await stage.event(box, "stopped")
        assert stopped["reason"] == "Remote"
        billed = await stage.event(backend, "transaction-stopped")
        assert billed["reason"] == "DeAuthorized"
        assert len(backend.all_of("transaction-started")) == 1
        assert backend.all_of("anomaly") == []
        (told,) = await manager.ask("GET", "/api/v1/transactions")
        assert (told["refused_as"], told["stop_reason"]) == ("Invalid", "Remote")


async def test_what_was_given_up_is_listed_and_sent_again_from_the_command_line_r66(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        gateway = {"url": f"ws://127.0.0.1:{_port(backend)}/"}
        manager = await run_manager(stage, site(evse(EVSE, "CP1", gateway), card(CARD)))
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online(EVSE)
        await manager.kill()
        link_id = f"{EVSE} CP1@127.0.0.1:{_port(backend)}"
        one, orphan = await _given_up(manager.data, link_id, f"unattributed {EVSE}")
        mark = box.mark
        await manager.restart()
        await stage.event(box, "connected", mark)

        said = "\n".join((await run_messages(manager, "list")).lines)
        assert link_id in said
        assert "(no backend of the site)" in said
        assert (await manager.evse(EVSE))["backend"]["given_up"] == 1
        refused = await run_messages(manager, "resend", str(orphan), status=1)
        assert "the message stays where it is" in refused.lines[0]
        sent = await run_messages(manager, "resend", str(one))
        assert sent.lines == ["1 message waits for the backend again."]
        await stage.event(backend, "call", id="CP1", action="MeterValues")
        (left,) = json.loads("\n".join((await run_messages(manager, "list", "--json")).lines))
        assert left["number"] == orphan
        again = await run_messages(manager, "resend", str(one), status=1)
        assert "Nothing was given up under this number" in again.lines[0]


def _port(backend: Program) -> int:
    listening = backend.find("listening")
    assert listening is not None
    return int(str(listening["url"]).rstrip("/").rpartition(":")[2])


async def _given_up(data: Path, *link_ids: str) -> list[int]:
    """Put a message of each link among the dead letters; their numbers."""
    store = SqliteStore(data / "wattgate.sqlite3")
    await store.open()
    numbers = []
    sample = '{"timestamp":"2026-05-15T12:00:00Z","sampledValue":[{"value":"51900"}]}'
    payload = f'{{"connectorId":1,"meterValue":[{sample}]}}'
    for link_id in link_ids:
        (message,) = await store.commit(Enqueue(Draft(link_id, "MeterValues", payload)))
        await store.commit(Bury(message.number, "refused 10 times", AT))
        numbers.append(message.number)
    await store.close()
    return numbers
