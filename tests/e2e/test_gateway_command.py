"""`wattgate gateway` beside a real manager, a real wallbox and two real backends (P20)."""

from pathlib import Path

import pytest
from tests.support.processes import Stage
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


async def says(manager: ManagerProcess, *words: str, status: int = 0) -> list[str]:
    """Run the command to its end, which must have this exit status; what it printed."""
    program = await manager.stage.start(
        "gateway",
        *("gateway", *words, "--url", manager.http_url),
        WATTGATE_ADMIN_PASSWORD=PASSWORD,
    )
    program.may_fail = True
    assert await program.end() == status, program.story()
    return program.lines


async def test_a_backend_that_comes_while_a_car_charges_stays_over_a_kill(tmp_path: Path) -> None:
    """It gets the end of what it has heard begin, also where it was removed meanwhile."""
    async with Stage(tmp_path) as stage:
        billing, report = await run_backend(stage), await run_backend(stage)
        text = site(evse("stall-1", "CP1", {"url": url_of(billing)}), card("04A1B2C3"))
        manager = await run_manager(stage, text)
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall-1")
        added = await says(manager, "add", "stall-1", f"url={url_of(report)}", "role=report")
        assert [line.split()[:2] for line in added] == [["1", "primary"], ["2", "report"]]
        mark = box.mark
        await manager.kill()
        await manager.restart()
        await stage.event(box, "connected", mark)
        assert await says(manager, "list", "stall-1") == added
        await plug_in(stage, box)
        await stage.event(report, "transaction-started")
        await says(manager, "remove", "stall-1", "2")
        box.type("stop")
        for backend in (billing, report):
            await stage.event(backend, "transaction-stopped")
        assert len(await says(manager, "list", "stall-1")) == 1
