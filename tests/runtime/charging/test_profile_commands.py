"""CALLs of load management: how they ended, and what of them is in the wallbox."""

import pytest
from tests.support.charging_bench import Bench, bench
from tests.support.virtual_time import in_virtual_time

from wattgate.core.charging.strategies import ProfileToSet
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.profile_commands import (
    CLEARED,
    Commands,
    clear_profiles,
    set_profile,
    verdict,
)
from wattgate.runtime.charging.turn import Turn
from wattgate.runtime.peer import NoAnswer, Outcome

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
