import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.commands.shared_answers import Answer, Combining, combined
from wattgate.core.gateway.profiles.profile_rules import MAX_PERIODS
from wattgate.core.ocpp.frames import CallError, CallResult

Json = Any

FAILED = CallError("1", "GenericError", "the wallbox is not connected", "{}")
START = "2026-05-15T12:00:00Z"


def status(word: str) -> CallResult:
    return CallResult("1", json.dumps({"status": word}))


def versions(*numbers: object) -> list[Answer]:
    return [CallResult("1", json.dumps({"listVersion": number})) for number in numbers]


def schedule(*periods: tuple[int, float], duration: int = 60, unit: str = "A") -> CallResult:
    return composite(
        {
            "chargingRateUnit": unit,
            "duration": duration,
            "chargingSchedulePeriod": [
                {"startPeriod": start, "limit": limit} for start, limit in periods
            ],
        }
    )


def composite(charging_schedule: Json, word: str = "Accepted") -> CallResult:
    answer = {
        "status": word,
        "connectorId": 1,
        "scheduleStart": START,
        "chargingSchedule": charging_schedule,
    }
    return CallResult("1", json.dumps(answer))


def said(answer: Answer) -> Json:
    assert isinstance(answer, CallResult)
    return json.loads(answer.payload_text)


@pytest.mark.parametrize(
    ("how", "answers", "one"),
    [
        (Combining.WORST, [status("Accepted"), status("Scheduled")], status("Scheduled")),
        (Combining.WORST, [status("Rejected"), status("Accepted")], status("Rejected")),
        (Combining.WORST, [status("Accepted"), status("Failed")], status("Failed")),
        (Combining.WORST, [status("RebootRequired"), status("Accepted")], status("RebootRequired")),
        (Combining.WORST, [status("Accepted"), FAILED], FAILED),
        (Combining.WORST, [status("Rejected"), status("Whatever")], status("Whatever")),
        (Combining.WORST, [status("Accepted"), status("Accepted")], status("Accepted")),
        (Combining.BEST, [status("Rejected"), status("Accepted")], status("Accepted")),
        (Combining.BEST, [FAILED, status("Accepted")], status("Accepted")),
        (Combining.BEST, [FAILED, status("Rejected")], status("Rejected")),
        (Combining.BEST, [FAILED, FAILED], FAILED),
        (Combining.ANY, [status("Unknown"), status("Accepted")], status("Accepted")),
        (Combining.ANY, [status("Unknown"), status("Unknown")], status("Unknown")),
        (Combining.ANY, [status("Accepted"), FAILED], FAILED),
        (Combining.SUM, [FAILED], FAILED),
        (Combining.SUM, [schedule((0, 6)), FAILED], FAILED),
        (Combining.COMMON, [FAILED, *versions(3)], FAILED),
    ],
)
def test_p16_several_answers_become_one(how: Combining, answers: list[Answer], one: Answer) -> None:
    assert combined(how, answers) == one


@pytest.mark.parametrize(
    ("numbers", "common"),
    [((3, 3), 3), ((3, 4), 0), ((-1, -1), -1), ((0, 3), 0), ((None, None), 0)],
)
def test_a_list_has_the_version_that_every_evse_has_r55(
    numbers: tuple[object, ...], common: int
) -> None:
    assert said(combined(Combining.COMMON, versions(*numbers))) == {"listVersion": common}


def test_r99_connector_0_may_draw_what_all_may_together() -> None:
    one = schedule((0, 16), (30, 6), (55, 9), duration=60)
    other = schedule((0, 10.1), (20, 0), (50, 32), duration=55)
    answer = said(combined(Combining.SUM, [one, other]))
    assert answer == {
        "status": "Accepted",
        "connectorId": 0,
        "scheduleStart": START,
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "duration": 55,
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 26.1},
                {"startPeriod": 20, "limit": 16.0},
                {"startPeriod": 30, "limit": 6.0},
                {"startPeriod": 50, "limit": 38.0},
            ],
        },
    }


@pytest.mark.parametrize(
    "answers",
    [
        [schedule((0, 6)), schedule((0, 4000), unit="W")],
        [schedule((0, 6)), status("Rejected")],
        [schedule((0, 6)), CallResult("1", '{"status":"Accepted"}')],
        [
            schedule((0, 6)),
            composite(
                json.loads(schedule((0, 6)).payload_text)["chargingSchedule"], word="Rejected"
            ),
        ],
    ],
    ids=["two units", "refused", "nothing said", "refused with a schedule"],
)
def test_r99_there_is_no_sum_of_what_is_not_known(answers: list[Answer]) -> None:
    assert said(combined(Combining.SUM, answers)) == {"status": "Rejected"}


def test_a_schedule_of_no_length_says_what_holds_at_its_start() -> None:
    answer = said(combined(Combining.SUM, [schedule((0, 6), duration=0), schedule((5, 8))]))
    periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
    assert periods == [{"startPeriod": 0, "limit": 6.0}]
    assert answer["chargingSchedule"]["duration"] == 0


def test_a_sum_has_no_more_periods_than_the_backend_was_told() -> None:
    one = schedule(*((2 * n, n) for n in range(MAX_PERIODS)), duration=1000)
    other = schedule(*((2 * n + 1, n) for n in range(MAX_PERIODS)), duration=1000)
    answer = said(combined(Combining.SUM, [one, other]))["chargingSchedule"]
    assert len(answer["chargingSchedulePeriod"]) == MAX_PERIODS
    assert answer["duration"] == MAX_PERIODS


PERIODS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 32)), max_size=5).map(
    lambda rest: (
        [(0, 6), *sorted(dict(rest).items())] if 0 not in dict(rest) else sorted(dict(rest).items())
    )
)


@given(st.lists(PERIODS, min_size=2, max_size=4), st.integers(0, 59))
def test_at_every_moment_the_sum_is_what_the_schedules_say(
    parts: list[list[tuple[int, int]]], moment: int
) -> None:
    answer = said(combined(Combining.SUM, [schedule(*part) for part in parts]))
    told = answer["chargingSchedule"]["chargingSchedulePeriod"]
    held = [each["limit"] for each in told if each["startPeriod"] <= moment][-1]
    assert held == sum([limit for start, limit in part if start <= moment][-1] for part in parts)
