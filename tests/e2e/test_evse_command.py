"""`wattgate evse` beside a real manager and a real wallbox (P15, R100d)."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    PASSWORD,
    ManagerProcess,
    limit,
    plug_in,
    run_manager,
    run_wallbox,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
EVSE: Final = "stall 1"


async def run_evse(
    manager: ManagerProcess, *words: str, status: int = 0, password: str = PASSWORD
) -> Program:
    """Run the command to its end, which must have this exit status."""
    program = await manager.stage.start(
        "evse",
        *("evse", *words, "--url", manager.http_url),
        WATTGATE_ADMIN_PASSWORD=password,
    )
    program.may_fail = True
    assert await program.end() == status, program.story()
    return program


async def says(manager: ManagerProcess, *words: str) -> str:
    """What it says to a person."""
    return "\n".join((await run_evse(manager, *words)).lines)


async def shown(manager: ManagerProcess) -> dict[str, Any]:
    """What it says of the EVSE to programs."""
    told = json.loads(await says(manager, "show", EVSE, "--json"))
    assert isinstance(told, dict)
    return told


async def a_site(stage: Stage) -> tuple[ManagerProcess, Program]:
    text = site(evse(EVSE, "CP1"), card(CARD), on_deactivation="minimum", cycle_s=1)
    manager = await run_manager(stage, text)
    box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "1")
    await limit(stage, box, 0.0)
    return manager, box


async def test_profiles_are_cleared_and_the_limit_comes_back(tmp_path: Path) -> None:
    """P15: a person reads that it was verified."""
    async with Stage(tmp_path) as stage:
        manager, box = await a_site(stage)
        assert EVSE in await says(manager, "list")
        mark = box.mark
        assert await says(manager, "clear-profiles", EVSE) == (
            "Deleted, confirmed by the wallbox's composite schedule. "
            "Load management sets its limit again."
        )
        await stage.event(box, "profile", mark)
        assert await says(manager, "adopt", EVSE)
        assert "two periods" in await says(manager, "show", EVSE)


async def test_a_release_outlasts_the_manager_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """R100d: no profile, not even after a restart; the EVSE counts with its maximum."""
    async with Stage(tmp_path) as stage:
        manager, box = await a_site(stage)
        mark = box.mark
        said = await says(manager, "release", EVSE, "--yes")
        assert said.startswith("Released until it is activated: it counts with its 16 A. Deleted")
        await limit(stage, box, 16.0, mark)
        released = box.mark
        await manager.kill()
        await manager.restart()
        await stage.event(box, "connected", released)
        await plug_in(stage, box)
        mark = box.mark
        await stage.until(lambda: len(box.all_of("meter", mark)) > 2, "three cycles of charging")
        assert not box.all_of("profile", released)
        told = await shown(manager)
        assert told["safety"]["released"]
        assert told["limits"]["counted_a"] == 16.0
        assert await says(manager, "activate", EVSE) == "Activated: load management limits it."
        await stage.event(box, "profile", box.mark)


async def test_a_deactivated_evse_may_draw_its_minimum(tmp_path: Path) -> None:
    """P15: on_deactivation = minimum."""
    async with Stage(tmp_path) as stage:
        manager, box = await a_site(stage)
        mark = box.mark
        said = await says(manager, "deactivate", EVSE)
        assert said.startswith("Deactivated: it may draw 6 A, also without the manager.")
        await limit(stage, box, 6.0, mark)
        mark = box.mark
        await says(manager, "activate", EVSE)
        await limit(stage, box, 0.0, mark)


async def test_what_goes_wrong_is_said_and_told_by_the_exit_status(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        manager, _ = await a_site(stage)
        refused = await run_evse(manager, "list", status=1, password="wrong password")
        assert refused.lines == ["It did not work: the password or token is wrong"]
        unknown = await run_evse(manager, "show", "nobody", status=2)
        assert unknown.lines == [f"No EVSE has the id nobody; there are: {EVSE}"]
        too_early = await run_evse(manager, "prove", EVSE, status=1)
        assert too_early.lines == ["It did not work: The proof cannot begin: no car charges."]
        help_text = await stage.start("help", "evse", "--help")
        assert await help_text.end() == 0
        assert any("clear-profiles" in line for line in help_text.lines)
