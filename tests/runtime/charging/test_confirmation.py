"""Whether a wallbox says that it holds what it accepted."""

import json

import pytest
from tests.support.charging_bench import bench
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.ocpp.composite_reading import Composite
from wattgate.ports.evse import Confirmation
from wattgate.runtime.charging.confirmation import CompositeSchedules, of_clearing, of_limit
from wattgate.runtime.charging.profile_commands import Commands

S, C, N = Confirmation.SCHEDULE, Confirmation.CONTRADICTED, Confirmation.NONE


@pytest.mark.parametrize(
    ("composite", "confirmation"),
    [
        (None, N),
        (Composite(), C),  # no limit at all
        (Composite(0, 0), S),
        (Composite(6, 10), S),
        (Composite(6, 10.05), S),
        (Composite(6, 16), C),
    ],
)
def test_a_limit_holds_if_no_more_is_stated(
    composite: Composite | None, confirmation: Confirmation
) -> None:
    assert of_limit(composite, 10) is confirmation


@pytest.mark.parametrize(
    ("composite", "confirmation"),
    [
        (None, N),
        (Composite(), S),
        (Composite(16, 16), S),
        (Composite(32, 32), S),
        (Composite(15.95, 16), S),
        (Composite(0, 16), C),
    ],
)
def test_nothing_of_ours_is_left_if_nothing_below_the_maximum_is_stated_R100d(
    composite: Composite | None, confirmation: Confirmation
) -> None:
    assert of_clearing(composite, 16) is confirmation


SCHEDULE = {
    "status": "Accepted",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
    },
}

ANSWERS: list[tuple[Json, Composite | None, int]] = [
    (SCHEDULE, Composite(6, 6), 2),
    ({"status": "Rejected"}, None, 2),
    ({"status": "Accepted"}, None, 1),
    (None, None, 1),
]


@pytest.mark.parametrize(("answer", "composite", "questions"), ANSWERS)
@in_virtual_time()
async def test_a_wallbox_that_cannot_tell_is_not_asked_again_before_its_boot(
    answer: Json, composite: Composite | None, questions: int
) -> None:
    async with bench() as here:
        here.says(GetCompositeSchedule=lambda _: answer)
        schedules = CompositeSchedules(Commands(here.presence))
        for _ in range(2):
            assert await schedules.ask(1, 3) == composite
        assert (
            here.box.all_of("GetCompositeSchedule")
            == [{"connectorId": 1, "duration": 60}] * questions
        )
        schedules.forget()
        await schedules.ask(1, 3)
        assert len(here.box.all_of("GetCompositeSchedule")) == questions + 1


@in_virtual_time()
async def test_a_wallbox_that_does_not_know_the_question_is_not_asked_again() -> None:
    async with bench() as here:

        def refuse(_: Json) -> None:
            unique_id = json.loads(here.box.texts[-1])[1]
            here.box.send(json.dumps([4, unique_id, "NotSupported", "", {}]))

        here.says(GetCompositeSchedule=refuse)
        schedules = CompositeSchedules(Commands(here.presence))
        assert [await schedules.ask(1, 3) for _ in range(2)] == [None, None]
        assert here.news() == ["GetCompositeSchedule"]


@in_virtual_time()
async def test_no_schedule_is_no_limit_once_it_has_stated_one() -> None:
    async with bench() as here:
        schedules = CompositeSchedules(Commands(here.presence))
        answers = iter([SCHEDULE, {"status": "Accepted"}])
        here.says(GetCompositeSchedule=lambda _: next(answers))
        assert await schedules.ask(1, 3) == Composite(6, 6)
        assert await schedules.ask(1, 3) == Composite()


@in_virtual_time()
async def test_a_wallbox_that_was_away_is_asked_when_it_is_back() -> None:
    async with bench() as here:
        here.says(GetCompositeSchedule=lambda _: SCHEDULE)
        schedules = CompositeSchedules(Commands(here.presence))
        await here.go()
        assert await schedules.ask(1, 3) is None
        here.come()
        assert await schedules.ask(1, 3) == Composite(6, 6)
