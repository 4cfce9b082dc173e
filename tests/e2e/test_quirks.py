"""Wallboxes that deviate from OCPP are limited like any other (R100)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.processes import Event, Program, Stage
from tests.support.site_processes import limit, plug_in, run_manager, run_wallbox
from tests.support.site_text import card, evse, site, wallbox

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
FIVE_MINUTES_S: Final = 300
LIFETIME_S: Final = 60
"""s that a grant lasts here: as short as a site may want it."""

MOST_SAMPLES: Final = 7
"""Samples, 10 s apart, after which a thing that takes its time has not happened."""

TOLERANCE_S: Final = 10.0
"""s by which a clock may be misjudged: messages take their time, also on a busy machine."""


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


async def test_a_clock_that_is_5_minutes_wrong_neither_ends_a_grant_nor_prolongs_it(
    tmp_path: Path,
) -> None:
    """R48, R100: a grant ends by the wallbox's own clock, and is renewed before."""
    offsets_s = {"AHEAD": FIVE_MINUTES_S, "BEHIND": -FIVE_MINUTES_S}
    async with Stage(tmp_path) as stage:
        tables = [wallbox(id, grant_lifetime_s=LIFETIME_S) for id in offsets_s]
        evses = [evse(f"stall-{id}", id) for id in offsets_s]
        manager = await run_manager(stage, site(*tables, *evses, card(CARD)))
        boxes = {
            id: await run_wallbox(stage, id, manager.url, "--clock-offset", str(offset_s))
            for id, offset_s in offsets_s.items()
        }
        for box in boxes.values():
            await limit(stage, box, 0.0)
            await plug_in(stage, box)
        for id, box in boxes.items():
            await patiently(stage, box, partial(right_grants, box, offsets_s[id]), "a right grant")
            await limit(stage, box, 16.0)
            mark = box.mark
            await patiently(stage, box, partial(is_renewed, box, offsets_s[id]), "a renewal")
            assert box.all_of("limit", mark) == [], "it never paused"


def right_grants(box: Program, offset_s: int) -> list[datetime]:
    """When grants came that last as long as they should, by the wallbox's clock."""
    return [
        datetime.fromisoformat(event["at"])
        for event, profile in profiles(box)
        if (left_s := seconds_left(event, profile, offset_s)) is not None
        and abs(left_s - LIFETIME_S) <= TOLERANCE_S
    ]


def is_renewed(box: Program, offset_s: int) -> bool:
    """Whether a right grant was followed by another when half its time was over."""
    grants = right_grants(box, offset_s)
    half_life = timedelta(seconds=LIFETIME_S / 2 - TOLERANCE_S)
    return bool(grants) and grants[-1] - grants[0] >= half_life


async def patiently(stage: Stage, box: Program, find: Callable[[], object], what: str) -> None:
    """Wait for something longer than one wait may take, while the wallbox goes on sampling."""
    for _ in range(MOST_SAMPLES):
        if find():
            return
        samples = len(box.all_of("meter"))
        await stage.until(partial(_has_sampled, box, samples), f"{what}, or a sample")
    raise AssertionError(f"never happened: {what}\n{stage.story()}")


def _has_sampled(box: Program, before: int) -> bool:
    return len(box.all_of("meter")) > before


def seconds_left(event: Event, profile: Any, offset_s: int) -> float | None:  # noqa: ANN401 - JSON
    """For how long the first limit of a profile holds by the wallbox's clock; None: for ever."""
    schedule = profile["chargingSchedule"]
    periods = schedule["chargingSchedulePeriod"]
    if len(periods) == 1:
        return None
    clock = datetime.fromisoformat(event["at"]) + timedelta(seconds=offset_s)
    start = datetime.fromisoformat(schedule["startSchedule"])
    return (start - clock).total_seconds() + float(periods[1]["startPeriod"])


async def test_a_wallbox_that_keeps_its_current_is_counted_at_it_and_found_out(
    tmp_path: Path,
) -> None:
    """R100a: it accepts every limit and draws 16 A; its neighbour gets what that leaves."""
    async with Stage(tmp_path) as stage:
        tables = [wallbox("DEAF", settle_s=5), evse("deaf", "DEAF"), evse("good", "GOOD")]
        manager = await run_manager(stage, site(*tables, card(CARD), max_current_a=26))
        deaf = await run_wallbox(
            stage, "DEAF", manager.url, "--quirk", "keeps-current", "--meter-interval", "2"
        )
        good = await run_wallbox(stage, "GOOD", manager.url, "--meter-interval", "2")
        await limit(stage, good, 0.0)
        await plug_in(stage, good)
        mark = good.mark
        await limit(stage, good, 16.0)
        await plug_in(stage, deaf)
        await limit(stage, good, 10.0, mark)
        await manager.event("does not obey: 16 A drawn, 13 A offered", evse="deaf")
        another_way = "standing + grant, A, Absolute"
        await manager.event("limits are set by", station="DEAF", method=another_way)
