"""Charging profiles between real processes (P1, P13-P15)."""

from pathlib import Path

import pytest
from tests.support.processes import Program, Stage
from tests.support.site_processes import (
    ManagerProcess,
    limit,
    plug_in,
    run_backend,
    run_manager,
    run_wallbox,
    url_of,
)
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A1B2C3"


async def a_site(
    stage: Stage, *ids: str, **fields: str | float
) -> tuple[ManagerProcess, list[Program]]:
    text = site(*(evse(f"stall-{id}", id) for id in ids), card(CARD), **fields)
    manager = await run_manager(stage, text)
    return manager, [await run_wallbox(stage, id, manager.url) for id in ids]


def commands(wallbox: Program, action: str, since: int = 0) -> int:
    """How often the wallbox was asked to do this."""
    return len(wallbox.all_of("command", since, action=action))


async def test_nothing_is_permitted_before_a_card_and_a_grant_follows_it(tmp_path: Path) -> None:
    """P13, P14."""
    async with Stage(tmp_path) as stage:
        _, (box,) = await a_site(stage, "CP1")
        await limit(stage, box, 0.0)
        await stage.event(box, "profile", purpose="TxDefaultProfile")
        mark = box.mark
        await plug_in(stage, box)
        await limit(stage, box, 16.0, mark)
        await stage.event(box, "status", mark, status="Charging")
        mark = box.mark
        box.type("stop")
        await limit(stage, box, 0.0, mark)


async def test_three_wallboxes_share_and_a_new_limit_lowers_them_all(tmp_path: Path) -> None:
    """P13: never more than the house carries, also while it is shared anew."""
    async with Stage(tmp_path) as stage:
        manager, boxes = await a_site(stage, "CP1", "CP2", "CP3", max_current_a=30, cycle_s=1)
        for box in boxes:
            await limit(stage, box, 0.0)
        for box in boxes:
            await plug_in(stage, box)
        for box in boxes:
            await limit(stage, box, 10.0)
        marks = [box.mark for box in boxes]
        answer = await manager.ask("PATCH", "/api/v1/site", {"max_current_a": 21})
        assert answer["site"]["max_current_a"] == 21
        for box, mark in zip(boxes, marks, strict=True):
            await limit(stage, box, 7.0, mark)
        marks = [box.mark for box in boxes]
        await manager.ask("PATCH", "/api/v1/site", {"max_current_a": 12})
        await stage.until(
            lambda: sorted(_offered_a(box) for box in boxes) == [0.0, 6.0, 6.0],
            "two charge with 6 A, one pauses",
        )
        assert _largest_sum_a(boxes) <= 30.0


def _offered_a(box: Program) -> float:
    limits = box.all_of("limit")
    return float(limits[-1]["current_a"]) if limits else 16.0


def _largest_sum_a(boxes: list[Program]) -> float:
    """The largest sum of what the wallboxes offered at any moment since all had a limit."""
    changes = sorted(
        (event["at"], number, float(event["current_a"]))
        for number, box in enumerate(boxes)
        for event in box.all_of("limit")
    )
    now_a: dict[int, float] = {}
    sums: list[float] = []
    for _, number, current_a in changes:
        now_a[number] = current_a
        if len(now_a) == len(boxes):
            sums.append(sum(now_a.values()))
    return max(sums)


async def test_profiles_are_cleared_over_the_api_and_what_holds_is_set_again(
    tmp_path: Path,
) -> None:
    """P15: a wallbox without any profile would charge without limit."""
    async with Stage(tmp_path) as stage:
        manager, (box,) = await a_site(stage, "CP1")
        await limit(stage, box, 0.0)
        mark = box.mark
        answer = await manager.ask("POST", "/api/v1/evses/stall-CP1/clear-profiles")
        assert answer["outcome"] == "accepted"
        assert answer["limited_again"]
        assert commands(box, "ClearChargingProfile", mark) > 0
        await limit(stage, box, 0.0, mark)
        assert (await manager.evse("stall-CP1"))["offered_a"] == 0.0


async def test_observing_sets_nothing_and_a_change_to_it_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    """P1."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        gateway = {"url": url_of(backend)}
        manager = await run_manager(
            stage, site(evse("stall", "CP1", gateway), load_management="observe")
        )
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall")
        await plug_in(stage, box)
        await stage.event(box, "status", status="Charging")
        box.type("stop")
        await stage.event(backend, "transaction-stopped")
        assert commands(box, "SetChargingProfile") == commands(box, "ClearChargingProfile") == 0
        assert box.all_of("limit") == []

        await manager.ask("PATCH", "/api/v1/site", {"load_management": "active"})
        await limit(stage, box, 0.0)
        mark = box.mark
        await manager.ask("PATCH", "/api/v1/site", {"load_management": "observe"})
        await limit(stage, box, 16.0, mark)


async def test_while_observing_the_backends_profiles_reach_the_wallbox(tmp_path: Path) -> None:
    """P1: the manager only relays."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        gateway = {"url": url_of(backend)}
        manager = await run_manager(
            stage, site(evse("stall", "CP1", gateway), load_management="observe")
        )
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall")
        backend.type("profile CP1 8")
        await limit(stage, box, 8.0)
        await stage.event(backend, "answered", action="SetChargingProfile")


async def test_while_active_the_lower_of_backend_and_manager_holds(tmp_path: Path) -> None:
    """P13: the backend's profile stays in the gateway and counts there."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        manager = await run_manager(stage, site(evse("stall", "CP1", {"url": url_of(backend)})))
        box = await run_wallbox(stage, "CP1", manager.url)
        await manager.online("stall")
        await limit(stage, box, 0.0)
        mark = box.mark
        await plug_in(stage, box)
        await limit(stage, box, 16.0, mark)
        backend.type("profile CP1 8")
        await limit(stage, box, 8.0, mark)
        mark = box.mark
        backend.type("clear CP1")
        cleared = await stage.event(backend, "answered", action="ClearChargingProfile")
        assert cleared["payload_text"] == '{"status":"Accepted"}'
        assert commands(box, "ClearChargingProfile", mark) == 0
