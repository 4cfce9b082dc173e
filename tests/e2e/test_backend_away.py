"""A backend that is away loses nothing (R58, R62, R63, R71, R73)."""

from pathlib import Path
from typing import Final

import pytest
from tests.support.audit import (
    TRANSACTION_MESSAGES,
    is_in_order,
    missing,
    strayed,
    taken_messages,
)
from tests.support.processes import Program, Stage, free_port
from tests.support.site_processes import plug_in, run_backend, run_manager, run_wallbox
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"


async def meters(stage: Stage, box: Program, times: int) -> None:
    """Wait until the wallbox has taken so many more samples."""
    mark = box.mark
    await stage.until(lambda: len(box.all_of("meter", mark)) >= times, f"{times} samples")


def ids_taken(backend: Program, action: str) -> set[int | None]:
    return {each.transaction_id for each in taken_messages(backend, "CP1") if each.action == action}


@pytest.mark.parametrize("killed_within_the_session", [False, True])
async def test_a_session_arrives_in_order_when_the_backend_is_back(
    tmp_path: Path, *, killed_within_the_session: bool
) -> None:
    async with Stage(tmp_path) as stage:
        port, state = free_port(), tmp_path / "backend.json"
        options = ("--state", state, "--first-transaction-id", "7000")
        gateway = {"url": f"ws://127.0.0.1:{port}/"}
        manager = await run_manager(stage, site(evse("stall", "CP1", gateway), card(CARD)))
        backend = await run_backend(stage, *options, port=port)
        box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
        await manager.online("stall")
        if killed_within_the_session:
            await plug_in(stage, box, CARD)
            await meters(stage, box, 1)
            await backend.kill()
        else:
            await backend.kill()
            await plug_in(stage, box, CARD)
        await manager.event("backend link", phase="waiting")
        before = taken_messages(backend, "CP1")
        await meters(stage, box, 2)
        box.type("stop")
        await stage.event(box, "stopped")

        again = await run_backend(stage, *options, port=port)
        await stage.event(again, "transaction-stopped", transaction_id=7000)
        backend.events += again.events

        assert missing(box, backend, "CP1") == strayed(box, backend, "CP1") == []
        assert is_in_order(box, backend, "CP1")
        assert again.all_of("anomaly") == []
        actions = [each.action for each in taken_messages(backend, "CP1")]
        assert actions == sorted(actions, key=_place)
        assert ids_taken(backend, "MeterValues") == ids_taken(backend, "StopTransaction") == {7000}
        assert bool(before) is killed_within_the_session


def _place(action: str) -> int:
    return TRANSACTION_MESSAGES.index(action)
