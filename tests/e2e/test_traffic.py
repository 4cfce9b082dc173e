"""Traffic is recorded, saved and played again, with the real programs (R79, R121)."""

import json
from pathlib import Path
from typing import Any, Final

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
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

SECRET: Final = "correct-horse-battery"


async def run_command(stage: Stage, name: str, *words: str | Path, status: int = 0) -> str:
    """Run a command of ours to its end; what it says."""
    program = await stage.start(name, name, *words, WATTGATE_ADMIN_PASSWORD=PASSWORD)
    program.may_fail = True
    assert await program.end() == status, program.story()
    return "\n".join([*program.lines, *map(json.dumps, program.events)])


async def a_site(folder: Path, stage: Stage) -> tuple[ManagerProcess, Program]:
    """A manager with a fresh store, and the backend of its EVSE."""
    backend = await run_backend(stage)
    gateway = {"url": url_of(backend)}
    text = site(evse("stall-1", "CP1", gateway), load_management="observe")
    return await run_manager(stage, text), backend


async def a_session(stage: Stage, manager: ManagerProcess, backend: Program) -> None:
    """Boot, one transaction, and secret vendor data while it runs."""
    box = await run_wallbox(stage, "CP1", manager.url, "--meter-interval", "0")
    await manager.online("stall-1")
    mark = box.mark
    await plug_in(stage, box)  # its card waits for the login at the backend, also when replayed
    box.type(f"data v m {SECRET}")
    await stage.event(box, "data-answer")
    box.type("unplug 1")
    await stage.event(box, "stopped", mark)
    await stage.until(lambda: len(transactions_of(backend)) == 1, "the backend has all of it")
    await stage.until(lambda: has_ended(backend), "the backend knows the end")
    box.type("quit")
    await box.end()


def transactions_of(backend: Program) -> list[dict[str, Any]]:
    return backend.all_of("transaction-started")


def has_ended(backend: Program) -> bool:
    return bool(backend.all_of("transaction-stopped"))


async def test_a_recorded_session_is_played_again_and_the_same_transactions_arise(
    tmp_path: Path,
) -> None:
    file = tmp_path / "session.jsonl"
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with Stage(tmp_path / "one") as stage:
        manager, backend = await a_site(tmp_path, stage)
        await a_session(stage, manager, backend)
        url = ("--url", manager.http_url)
        shown = await run_command(stage, "traffic", "stall-1", *url)
        assert "[stored: before it is answered]" in shown
        as_json = await run_command(stage, "traffic", "stall-1", "--json", *url)
        await run_command(stage, "traffic", "stall-1", "--save", file, *url)
        before = await manager.ask("GET", "/api/v1/transactions")
        for told in (shown, as_json, file.read_text(), manager.program.story()):
            assert SECRET not in told
        assert "(masked: " in file.read_text()
    async with Stage(tmp_path / "two") as stage:
        manager, backend = await a_site(tmp_path, stage)
        to = ("--id", "CP1", "--to", manager.url, "--fast")
        said = await run_command(stage, "replay", file, *to)
        assert " answers as recorded, 0 different" in said, said
        assert "masked fields" in said
        await stage.until(lambda: has_ended(backend), "the backend has the same transaction")
        after = await manager.ask("GET", "/api/v1/transactions")
        same = (
            "connector",
            "id_tag",
            "started_at",
            "meter_start_wh",
            "stopped_at",
            "meter_stop_wh",
        )
        assert [[each[key] for key in same] for each in after] == [
            [each[key] for key in same] for each in before
        ]
        assert len(transactions_of(backend)) == len(after) == 1


async def test_another_answer_than_recorded_is_told_with_exit_status_1(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    async with Stage(tmp_path) as stage:
        manager, backend = await a_site(tmp_path, stage)
        await a_session(stage, manager, backend)
        url = ("--url", manager.http_url)
        await run_command(stage, "traffic", "stall-1", "--save", file, *url)
        lines = file.read_text().splitlines()
        changed = [
            line.replace(r"\"status\":\"Accepted\"", r"\"status\":\"Rejected\"")
            if '"action":"BootNotification"' in line and '"direction":"out"' in line
            else line
            for line in lines
        ]
        assert changed != lines
        file.write_text("\n".join(changed))
        to = ("--id", "CP1", "--to", manager.url, "--fast")
        said = await run_command(stage, "replay", file, *to, status=1)
        assert "BootNotification: recorded Rejected, now Accepted" in said
