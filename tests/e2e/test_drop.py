"""`offline_policy = "drop"`: wallbox and backend talk to each other, or not at all (mode T)."""

from pathlib import Path
from typing import Final

import pytest
from tests.support.audit import (
    is_in_order,
    missing,
    sent_messages,
    strayed,
    taken_messages,
)
from tests.support.processes import Stage, free_port
from tests.support.site_processes import plug_in, run_backend, run_manager, run_wallbox
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
BACKEND_AWAY: Final = "1013 the backend is away"


async def test_without_its_backend_the_wallbox_queues_by_itself_and_all_arrives_once_r47(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        options = ("--state", state, "--first-transaction-id", "7000")
        gateway = {"url": f"ws://127.0.0.1:{port}/", "offline_policy": "drop"}
        place = site(evse("stall", "CP1", gateway), load_management="observe")
        manager = await run_manager(stage, place)
        backend = await run_backend(stage, *options, port=port)
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await stage.event(box, "boot", status="Accepted")
        started = await plug_in(stage, box, CARD)
        assert started["transaction_id"] == 7000  # the backend's own

        mark = box.mark
        await backend.kill()
        await stage.event(box, "disconnected", mark, reason=BACKEND_AWAY)
        turned_away = box.mark
        await stage.event(box, "disconnected", turned_away, reason=BACKEND_AWAY)
        told = await manager.evse("stall")
        assert told["backend"]["problem"]["step"] in ("connection", "tcp")
        refused = await manager.ask("GET", "/api/v1/refused")
        assert refused[0]["claimed_id"] == "CP1"
        assert refused[0]["reason"].startswith("the backend is away")
        box.type("stop")
        await stage.event(box, "stopped", mark)

        again = await run_backend(stage, *options, port=port)
        await stage.event(again, "transaction-stopped", transaction_id=7000)
        backend.events += again.events
        confirmed = ("StartTransaction", "MeterValues", "StopTransaction")
        await stage.until(
            lambda: {each.action for each in sent_messages(box)} == set(confirmed),
            "all is confirmed",
        )
        assert missing(box, backend, "CP1") == strayed(box, backend, "CP1") == []
        assert is_in_order(box, backend, "CP1")
        stops = [each for each in taken_messages(backend, "CP1") if each.action == confirmed[2]]
        assert [stop.transaction_id for stop in stops] == [7000]
        assert again.all_of("anomaly") == []
        (record,) = await manager.ask("GET", "/api/v1/transactions")
        assert (record["backend_id"], record["stop_reason"]) == (7000, "Local")
        assert (await manager.evse("stall"))["backend"]["queue_depth"] == 0
