"""The manager killed again and again in the middle of sessions: nothing confirmed is lost."""

import random
from pathlib import Path
from typing import Final

import pytest
from tests.support.audit import missing, sent_messages, strayed
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

IDS: Final = ("CP1", "CP2")
ROUNDS: Final = 8
SEED: Final = 1116


async def some_frames(stage: Stage, boxes: list[Program], count: int) -> None:
    """Wait until so many more frames have passed; this is what makes a moment random."""
    marks = [box.mark for box in boxes]

    def passed() -> bool:
        pairs = zip(boxes, marks, strict=True)
        return sum(len(box.events) - mark for box, mark in pairs) >= count

    await stage.until(passed, f"{count} events")


async def one_round(
    stage: Stage, manager: ManagerProcess, boxes: list[Program], chance: random.Random
) -> None:
    """Kill the manager while sessions run, begin or end, and wait until all are back."""
    for box in boxes:
        if chance.random() < 0.6:
            box.type("stop", "rfid 04A1B2C3")
    await some_frames(stage, boxes, chance.randint(1, 14))
    marks = [box.mark for box in boxes]
    await manager.kill()
    await manager.restart()
    for box, mark in zip(boxes, marks, strict=True):
        await stage.event(box, "connected", mark)


async def test_kill_9_at_random_moments_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    """R60, R63, R67, R68, R77: and each session is one transaction of the backend."""
    chance = random.Random(SEED)  # noqa: S311 - reproducible, not secret
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        gateway = {"url": url_of(backend)}
        text = site(*(evse(f"stall-{id}", id, gateway) for id in IDS), card("04A1B2C3"))
        manager = await run_manager(stage, text)
        boxes = [await run_wallbox(stage, id, manager.url, "--meter-interval", "1") for id in IDS]
        for id in IDS:
            await manager.online(f"stall-{id}")
        for box in boxes:
            await plug_in(stage, box)
        for _ in range(ROUNDS):
            await one_round(stage, manager, boxes, chance)
        for box in boxes:
            mark = box.mark
            await stage.until(
                lambda box=box, mark=mark: any(  # type: ignore[misc]  # - binds this box
                    event["current_a"] > 0 for event in box.all_of("meter", mark)
                ),
                "it charges on",
            )
            box.type("stop")
        for id, box in zip(IDS, boxes, strict=True):
            sessions = len(box.all_of("starting"))
            await stage.until(
                lambda id=id, sessions=sessions: (  # type: ignore[misc]  # - binds this wallbox
                    len(backend.all_of("transaction-stopped", id=id)) == sessions
                ),
                f"{id}: {sessions} sessions are billed",
            )
            assert missing(box, backend, id) == strayed(box, backend, id) == []
            assert len(backend.all_of("transaction-started", id=id)) == sessions
            assert len(sent_messages(box)) > 2 * sessions + ROUNDS  # it was worth an audit
        assert backend.all_of("anomaly") == []
