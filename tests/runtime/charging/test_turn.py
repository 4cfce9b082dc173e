"""Commands of one connector: step by step, the newest only."""

import asyncio

import pytest
from tests.support.charging_bench import Bench, bench
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.charging.strategies import ProfileToSet
from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.profile_commands import (
    Commands,
    clear_ids,
    clear_profiles,
    set_profile,
)
from wattgate.runtime.charging.turn import Turn
from wattgate.runtime.peer import NoAnswer

SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
TEXT = '{"chargingProfileId":9101,"chargingSchedule":' + str(SCHEDULE).replace("'", '"') + "}"
PROFILE = ProfileToSet(1, 9101, TEXT, once=True)
SET, SAID = set_profile(PROFILE), "set 9101: 6"


def a_turn(here: Bench) -> tuple[Commands, Turn]:
    commands = Commands(here.presence)
    return commands, Turn(commands, 1)


Row = tuple[dict[str, Json], LimitOutcome, list[str]]
FAILURES: list[Row] = [
    ({}, LimitOutcome.ACCEPTED, ["clear 1", SAID, "clear 2"]),
    ({"SetChargingProfile": {}}, LimitOutcome.REFUSED, ["clear 1", SAID]),
    ({"SetChargingProfile": None}, LimitOutcome.UNANSWERED, ["clear 1", SAID]),
    ({"ClearChargingProfile": {}}, LimitOutcome.ACCEPTED, ["clear 1", SAID, "clear 2"]),
    ({"ClearChargingProfile": None}, LimitOutcome.UNANSWERED, ["clear 1"]),
]


@pytest.mark.parametrize(("answers", "outcome", "calls"), FAILURES)
@in_virtual_time()
async def test_the_first_step_that_fails_ends_a_command_unless_it_may_fail(
    answers: dict[str, Json], outcome: LimitOutcome, calls: list[str]
) -> None:
    async with bench() as here:
        for action, answer in answers.items():
            here.box.answers[action] = lambda _, answer=answer: answer  # type: ignore[misc]  # closes over its row
        _, turn = a_turn(here)
        first, last = clear_ids([1, 2], may_fail=True)
        steps = [first, SET, last]
        assert await turn.carry_out(turn.begin(), steps, Priority.REDUCTION) is outcome
        assert here.news() == calls


@in_virtual_time()
async def test_a_newer_command_takes_the_place_of_what_was_not_sent_yet() -> None:
    async with bench() as here:
        commands, turn = a_turn(here)
        here.says(Reset=lambda _: None)
        blocking = asyncio.get_running_loop().create_task(
            commands.send("Reset", "{}", Priority.BACKEND)
        )
        await asyncio.sleep(5)
        old = asyncio.get_running_loop().create_task(
            turn.carry_out(turn.begin(), [clear_profiles("{}"), SET], Priority.REDUCTION)
        )
        await asyncio.sleep(0.5)
        assert await turn.carry_out(turn.begin(), [SET], Priority.INCREASE) is LimitOutcome.ACCEPTED
        assert await old is LimitOutcome.UNSENT
        assert here.news() == ["Reset", SAID]
        assert await blocking == NoAnswer("no answer in time", was_sent=True)


@in_virtual_time()
async def test_a_command_that_was_sent_in_part_may_have_changed_something() -> None:
    async with bench() as here:
        _, turn = a_turn(here)
        begun: list[int] = []

        def overtaken(_: Json) -> Json:
            begun.append(turn.begin())
            return {"status": "Accepted"}

        here.says(SetChargingProfile=overtaken)
        outcome = await turn.carry_out(turn.begin(), [SET, SET], Priority.INCREASE)
        assert (outcome, begun) == (LimitOutcome.UNANSWERED, [2])
        assert await turn.carry_out(1, [SET], Priority.INCREASE) is LimitOutcome.UNSENT


@in_virtual_time()
async def test_who_waits_for_all_to_land_waits_for_the_last() -> None:
    async with bench() as here:
        _, turn = a_turn(here)
        await turn.all_landed()
        loop = asyncio.get_running_loop()
        with turn.under_way() as first:
            waiting = loop.create_task(turn.all_landed())
            with turn.under_way() as second:
                await asyncio.sleep(1)
            await asyncio.sleep(1)
            assert not waiting.done()
        await waiting
        assert [turn.is_newest(number) for number in (first, second)] == [False, True]
