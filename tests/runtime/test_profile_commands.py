"""CALLs of load management: one after the other, the newest command only."""

import asyncio

import pytest
from tests.support.charging_bench import Bench, bench
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.load.strategies import ProfileToSet
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.profile_commands import (
    CLEARED,
    Commands,
    Turn,
    clear_ids,
    clear_profiles,
    set_profile,
    verdict,
)

VERDICTS: list[tuple[Outcome, LimitOutcome]] = [
    (CallResult("u", '{"status":"Accepted"}'), LimitOutcome.ACCEPTED),
    (CallResult("u", '{"status":"Unknown"}'), LimitOutcome.ACCEPTED),
    (CallResult("u", '{"status":"Rejected"}'), LimitOutcome.REFUSED),
    (CallResult("u", "{}"), LimitOutcome.REFUSED),
    (CallError("u", "NotSupported", "", "{}"), LimitOutcome.REFUSED),
    (NoAnswer("late", was_sent=True), LimitOutcome.UNANSWERED),
    (NoAnswer("away", was_sent=False), LimitOutcome.UNSENT),
]


@pytest.mark.parametrize(("outcome", "expected"), VERDICTS)
def test_how_a_call_ended_says_what_may_hold(outcome: Outcome, expected: LimitOutcome) -> None:
    assert verdict(outcome, CLEARED) is expected


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
async def test_every_profile_that_went_out_counts_as_a_write_accepted_or_not() -> None:
    async with bench() as here:
        commands, turn = a_turn(here)
        for answer in ({"status": "Accepted"}, {"status": "Rejected"}, None):
            here.box.answers["SetChargingProfile"] = lambda _, answer=answer: answer  # type: ignore[misc]  # closes over its row
            await turn.carry_out(turn.begin(), [SET], Priority.REDUCTION)
        await turn.carry_out(turn.begin(), [clear_profiles("{}")], Priority.REDUCTION)
        await here.go()
        await turn.carry_out(turn.begin(), [SET], Priority.REDUCTION)
        assert (commands.profile_writes, turn.profile_writes) == (3, 3)


@in_virtual_time()
async def test_a_profile_is_there_until_it_may_be_lost() -> None:
    async with bench() as here:
        commands, _ = a_turn(here)

        async def set_it() -> bool:
            await commands.take(SET, 1, Priority.REDUCTION)
            return commands.is_there(PROFILE)

        assert not commands.is_there(PROFILE)
        assert await set_it()
        other = ProfileToSet(1, 9101, TEXT.replace("6", "8"), once=True)
        assert not commands.is_there(other)
        await commands.take(clear_profiles('{"id":9111}'), 2, Priority.REDUCTION)
        assert not commands.is_there(PROFILE)
        assert await set_it()
        commands.doubt_profiles()
        assert not commands.is_there(PROFILE)
        assert await set_it()
        here.boot()
        assert not commands.is_there(PROFILE)
        here.says(SetChargingProfile=lambda _: {"status": "Rejected"})
        assert not await set_it()
