"""The current is safe whatever happens to the manager and whatever a wallbox makes of it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.limits_told import at, largest_sum_a
from tests.support.processes import Program, Stage
from tests.support.site_processes import ManagerProcess, limit, plug_in, run_manager, run_wallbox
from tests.support.site_text import Value, card, evse, site, wallbox

from wattgate.adapters.clock import SystemClock

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

Options = Mapping[str, tuple[str, ...]]
"""What each wallbox is started with, by its id."""

CARD: Final = "04A1B2C3"
FIVE_MINUTES_S: Final = 300
LIFETIME_S: Final = 60
"""s that a grant lasts where that is waited for: as short as a site may want it."""

TOLERANCE_S: Final = 10.0
"""s by which a grant may end late: half of it for a clock that was misjudged, half for this
machine."""

SHORT_HOLD_S: Final = 20
"""s, less than half the life of a grant: none of them has ended by then."""

REACTION_S: Final = 10.0
"""s after which others are lowered beside a wallbox that has not taken its limit (R89): 6 s, one
cycle, and what this machine needs."""

HARDWARE_A: Final = 16.0


@dataclass(frozen=True)
class Place:
    """A manager and its wallboxes, each of which has been told to permit nothing."""

    stage: Stage
    manager: ManagerProcess
    boxes: Sequence[Program]

    async def each_charges(self, current_a: float, within_s: float = LIFETIME_S) -> None:
        """Wait until every wallbox permits this, A per phase."""
        await self.stage.until(
            lambda: all(permitted_a(box) == current_a for box in self.boxes),
            f"each wallbox permits {current_a} A",
            within_s,
        )

    async def transactions(self) -> list[Any]:
        """What the manager has stored of them."""
        return list(await self.manager.ask("GET", "/api/v1/transactions"))


async def a_place(stage: Stage, options: Options, *tables: str, **fields: Value) -> Place:
    """One EVSE per wallbox, with the wallbox's id; `options` are those of each wallbox."""
    evses = [evse(id, id) for id in options]
    manager = await run_manager(stage, site(*tables, *evses, card(CARD), cycle_s=1, **fields))
    boxes = [
        await run_wallbox(stage, id, manager.url, "--meter-interval", "1", *words)
        for id, words in options.items()
    ]
    await stage.until(
        lambda: all(box.find("profile", purpose="TxDefaultProfile") for box in boxes),
        "each has been told to permit nothing",
        LIFETIME_S,
    )
    return Place(stage, manager, boxes)


async def a_charging_place(
    stage: Stage, options: Options, current_a: float, **fields: Value
) -> Place:
    """The same, with grants that are short, and a car at each that charges."""
    tables = [wallbox(id, grant_lifetime_s=LIFETIME_S) for id in options]
    place = await a_place(stage, options, *tables, **fields)
    for box in place.boxes:
        await plug_in(stage, box)
    await place.each_charges(current_a)
    for id in options:
        await place.manager.event("limit set", evse=id, current_a=current_a)
    return place


def permitted_a(box: Program, connector: int = 1) -> float:
    """What the wallbox permits now, A per phase."""
    limits = box.all_of("limit", connector=connector)
    return float(limits[-1]["current_a"]) if limits else HARDWARE_A


def paused_after_s(box: Program, moment: datetime) -> float:
    """How long after a moment the wallbox stopped permitting anything, s."""
    pauses = [at(event) for event in box.all_of("limit", current_a=0.0) if at(event) > moment]
    return (pauses[0] - moment).total_seconds()


def was_told(box: Program, since: int) -> bool:
    """Whether the wallbox has been told its limit."""
    return box.find("command", since, action="SetChargingProfile") is not None


async def samples(stage: Stage, box: Program, count: int) -> None:
    """Wait until the wallbox has measured so many times more: once a second."""
    mark = box.mark
    await stage.until(
        lambda: len(box.all_of("meter", mark)) >= count, f"{count} samples", count + LIFETIME_S
    )


THREE: Final[Options] = {"CP1": (), "CP2": (), "CP3": ()}


async def killed(folder: Path) -> None:
    """The manager is killed; the grants end; started again, it lets the same cars charge on."""
    async with Stage(folder) as stage:
        place = await a_charging_place(stage, THREE, 10.0, max_current_a=30)
        await place.manager.kill()
        killed_at = SystemClock().wall()
        await place.each_charges(0.0, LIFETIME_S + TOLERANCE_S)
        for box in place.boxes:
            assert paused_after_s(box, killed_at) <= LIFETIME_S + TOLERANCE_S

        await place.manager.restart()
        await place.each_charges(10.0)
        await they_charge_on(place)
        assert largest_sum_a(place.boxes) <= 30.0


async def held_up_for_long(folder: Path) -> None:
    """The manager stands still; the grants end; it goes on, and so do the cars."""
    async with Stage(folder) as stage:
        place = await a_charging_place(stage, THREE, 10.0, max_current_a=30)
        place.manager.hold()
        held_at = SystemClock().wall()
        await place.each_charges(0.0, LIFETIME_S + TOLERANCE_S)
        for box in place.boxes:
            assert paused_after_s(box, held_at) <= LIFETIME_S + TOLERANCE_S

        place.manager.resume()
        await place.each_charges(10.0)
        await they_charge_on(place)
        assert largest_sum_a(place.boxes) <= 30.0


async def held_up_for_a_moment(folder: Path) -> None:
    """The manager stands still for less than half a grant: nobody is interrupted."""
    async with Stage(folder) as stage:
        place = await a_charging_place(stage, THREE, 10.0, max_current_a=30)
        marks = [box.mark for box in place.boxes]
        place.manager.hold()
        await samples(stage, place.boxes[0], SHORT_HOLD_S)
        place.manager.resume()
        await samples(stage, place.boxes[0], 5)
        for box, mark in zip(place.boxes, marks, strict=True):
            assert box.all_of("limit", mark) == box.all_of("disconnected", mark) == []
            assert {event["current_a"] for event in box.all_of("meter", mark)} == {10.0}


async def clocks_are_wrong(folder: Path) -> None:
    """A grant ends by the wallbox's own clock, and that is taken into account."""
    offsets_s = {"AHEAD": FIVE_MINUTES_S, "BEHIND": -FIVE_MINUTES_S}
    options = {id: ("--clock-offset", str(offset_s)) for id, offset_s in offsets_s.items()}
    async with Stage(folder) as stage:
        place = await a_charging_place(stage, options, 16.0, max_current_a=32)
        for id, offset_s in offsets_s.items():
            measured_s = (await place.manager.evse(id))["clock_offset_s"]
            assert abs(measured_s - offset_s) <= TOLERANCE_S / 2
        marks = [box.mark for box in place.boxes]
        await samples(stage, place.boxes[0], SHORT_HOLD_S)
        before_renewal = [box.mark for box in place.boxes]
        await stage.until(
            lambda: all(map(was_told, place.boxes, before_renewal)), "a renewal", LIFETIME_S
        )
        for box, mark in zip(place.boxes, marks, strict=True):
            assert box.all_of("limit", mark) == [], "it never paused"

        renewed_at = [
            at(box.all_of("command", action="SetChargingProfile")[-1]) for box in place.boxes
        ]
        await place.manager.kill()
        await place.each_charges(0.0, LIFETIME_S + TOLERANCE_S)
        for box, moment in zip(place.boxes, renewed_at, strict=True):
            assert abs(paused_after_s(box, moment) - LIFETIME_S) <= TOLERANCE_S


async def forgets_its_profile(folder: Path) -> None:
    """A wallbox without its profile counts for its maximum while a car is plugged in (R100a).

    It takes 5 s for every answer, so that there is something to be seen.
    """
    options = {"FORGETS": ("--quirk", "forgets-profiles", "--quirk", "slow"), "GOOD": ()}
    async with Stage(folder) as stage:
        place = await a_charging_place(stage, options, 13.0, max_current_a=26)
        forgetful, good = place.boxes
        mark, good_mark = forgetful.mark, good.mark
        forgetful.type("restart")
        await limit(stage, forgetful, HARDWARE_A, mark)
        lowered = await limit(stage, good, 10.0, good_mark)
        told = await stage.event(forgetful, "limit", mark, current_a=0.0)
        assert at(lowered) < at(told), "the neighbour made room before"
        booted = await stage.event(forgetful, "boot", mark)
        assert (at(lowered) - at(booted)).total_seconds() <= REACTION_S
        assert forgetful.all_of("starting", mark) == []
        await limit(stage, good, 16.0, good_mark)

        forgetful.type(f"rfid {CARD}")
        await place.each_charges(13.0)


async def they_charge_on(place: Place) -> None:
    """Each draws current again, and is still in the transaction that it began with."""
    for box in place.boxes:
        mark = box.mark
        await place.stage.event(box, "meter", mark, current_a=permitted_a(box))
        assert len(box.all_of("started")) == 1
        assert box.all_of("stopped") == []
    assert len(await place.transactions()) == len(place.boxes)


async def test_the_current_is_safe_while_grants_end_or_are_renewed(tmp_path: Path) -> None:
    """R100, R100a, P12: all at once, for each of the stories takes a minute or more."""
    async with asyncio.TaskGroup() as stories:
        for story in (
            killed,
            held_up_for_long,
            held_up_for_a_moment,
            clocks_are_wrong,
            forgets_its_profile,
        ):
            folder = tmp_path / story.__name__
            folder.mkdir()
            stories.create_task(story(folder))


async def test_a_wallbox_that_keeps_16_a_is_shown_and_counted_at_them(tmp_path: Path) -> None:
    """R100a: the neighbour gets what it leaves."""
    async with Stage(tmp_path) as stage:
        place = await a_place(
            stage,
            {"DEAF": ("--quirk", "keeps-current"), "GOOD": ()},
            wallbox("DEAF", settle_s=5),
            max_current_a=26,
        )
        deaf, good = place.boxes
        await plug_in(stage, good)
        await limit(stage, good, 16.0)
        mark = good.mark
        await plug_in(stage, deaf)
        await limit(stage, good, 10.0, mark)
        shown = await place.manager.evse("DEAF")
        assert shown["safety"]["obedience"]["words"].startswith("does not obey: 16 A drawn, 1")
        assert shown["limits"]["counted_a"] == 16.0
        assert (await place.manager.evse("GOOD"))["limits"]["counted_a"] == 10.0


async def test_one_of_two_connectors_is_released_and_stays_so_when_the_manager_is_killed(
    tmp_path: Path,
) -> None:
    """P15, R100d: the other keeps its limit."""
    async with Stage(tmp_path) as stage:
        text = site(
            evse("left", "TWIN"), evse("right", "TWIN", connector=2), card(CARD), max_current_a=26
        )
        manager = await run_manager(stage, text)
        box = await run_wallbox(
            stage, "TWIN", manager.url, "--connectors", "2", "--meter-interval", "1"
        )
        for connector in (1, 2):
            await limit(stage, box, 0.0, connector=connector)
            await plug_in(stage, box, connector=connector)
        for connector in (1, 2):
            await limit(stage, box, 13.0, connector=connector)

        mark = box.mark
        released = await manager.ask("POST", "/api/v1/evses/right/release")
        assert released["outcome"] == "accepted"
        await limit(stage, box, 16.0, mark, connector=2)
        await limit(stage, box, 10.0, mark, connector=1)
        assert largest_sum_a([box]) <= 26.0, "room is made before"

        mark = box.mark
        await manager.kill()
        await manager.restart()
        await stage.event(box, "connected", mark)
        log_mark = manager.mark
        await manager.event("limit set", log_mark, evse="left")
        assert (await manager.evse("right"))["safety"]["released"] is True
        assert (await manager.evse("right"))["limits"]["counted_a"] == 16.0
        assert (await manager.evse("left"))["safety"]["released"] is False
        await samples(stage, box, 6)
        assert box.all_of("limit", mark) == []
        assert {profile["connectorId"] for profile in set_profiles(box, mark)} == {1}


async def test_observing_leaves_no_profile_and_a_car_charges_through_both_changes(
    tmp_path: Path,
) -> None:
    """P1, R100d: active, observe, active again."""
    async with Stage(tmp_path) as stage:
        place = await a_place(stage, {"CP1": ()}, max_current_a=10)
        (box,) = place.boxes
        await plug_in(stage, box)
        await limit(stage, box, 10.0)
        mark = box.mark
        await place.manager.ask("PATCH", "/api/v1/site", {"load_management": "observe"})
        await limit(stage, box, 16.0, mark)
        box.type("status")
        assert (await stage.event(box, "state", mark))["profiles"] == 0
        await samples(stage, box, 3)

        await place.manager.ask("PATCH", "/api/v1/site", {"load_management": "active"})
        await limit(stage, box, 10.0, mark)
        await they_charge_on(place)
        assert [event["current_a"] for event in box.all_of("limit", mark)] == [16.0, 10.0]


def set_profiles(box: Program, since: int) -> list[Any]:
    """The payload of every SetChargingProfile that the wallbox received."""
    frames = [json.loads(event["text"]) for event in box.all_of("received", since)]
    return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == "SetChargingProfile"]
