"""Wallboxes that deviate from OCPP are limited like any other (R100)."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import Event, Program, Stage
from tests.support.site_processes import limit, plug_in, run_manager, run_wallbox
from tests.support.site_text import card, evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"


def profiles(box: Program, since: int = 0) -> list[tuple[Event, Any]]:
    """Every SetChargingProfile it received: the event, and the csChargingProfiles."""
    frames = [(event, json.loads(event["text"])) for event in box.all_of("received", since)]
    return [
        (event, frame[3]["csChargingProfiles"])
        for event, frame in frames
        if frame[0] == 2 and frame[2] == "SetChargingProfile"
    ]


def position(box: Program, kind: str, since: int, **facts: object) -> int:
    """The place of an event among all events."""
    event = box.find(kind, since, **facts)
    assert event is not None
    return box.events.index(event, since)


async def test_a_wallbox_that_knows_watts_only_is_limited_in_watts(tmp_path: Path) -> None:
    """R95: 10 A on three phases are 6900 W."""
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1"), card(CARD), max_current_a=10))
        box = await run_wallbox(stage, "CP1", manager.url, "--quirk", "watts-only")
        await limit(stage, box, 0.0)
        mark = box.mark
        await plug_in(stage, box)
        await limit(stage, box, 10.0, mark)
        assert {
            profile["chargingSchedule"]["chargingRateUnit"] for _, profile in profiles(box)
        } == {"W"}
        refused = [event for event in box.all_of("command") if "refused" in event]
        assert refused == []


async def test_a_wallbox_that_forgets_its_profiles_gets_them_again_before_it_charges(
    tmp_path: Path,
) -> None:
    """P15, R100a: after a restart it would charge with all that it can."""
    async with Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall", "CP1"), card(CARD), max_current_a=10))
        box = await run_wallbox(stage, "CP1", manager.url, "--quirk", "forgets-profiles")
        await limit(stage, box, 0.0)
        mark = box.mark
        await plug_in(stage, box)
        await limit(stage, box, 10.0, mark)

        mark = box.mark
        box.type("restart")
        await limit(stage, box, 16.0, mark)
        await stage.event(box, "boot", mark)
        forgot = position(box, "limit", mark, current_a=16.0)
        await limit(stage, box, 0.0, forgot)
        box.type("unplug")
        mark = box.mark
        await plug_in(stage, box)
        await limit(stage, box, 10.0, mark)
        assert [event["current_a"] for event in box.all_of("limit", forgot)] == [16.0, 0.0, 10.0]
