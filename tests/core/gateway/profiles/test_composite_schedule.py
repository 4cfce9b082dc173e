import json
from typing import Any

import pytest
from tests.support.charging_profiles import NOON, a_profile, a_schedule, after_noon

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.allowances import Allowance
from wattgate.core.gateway.profiles.composite_schedule import LONGEST_S, composite_answer
from wattgate.core.gateway.profiles.profile_rules import MAX_PERIODS
from wattgate.core.ocpp.profiles import Kind, Profile, Recurrency
from wattgate.core.ocpp.schedules import ProfileStack

STEPS = a_profile(a_schedule((0, 32.0), (60, 10.0), start_at=NOON, duration_s=120))


def answer(request: str, *profiles: Profile, limit_a: float = 16.0) -> dict[str, Any]:
    """The answer where each of the profiles is another backend's."""
    allowances = [Allowance(ProfileStack().installed(1, each)) for each in profiles or (STEPS,)]
    text = composite_answer(allowances, request, after_noon(0.7), limit_a=limit_a, phases=3)
    decoded: dict[str, Any] = json.loads(text)
    return decoded


@pytest.mark.parametrize("connector", [0, 1])
def test_the_answer_is_the_lowest_of_profiles_and_limit_in_the_shape_of_16e_3_57(
    connector: int,
) -> None:
    assert answer(f'{{"connectorId":{connector},"duration":300}}') == {
        "status": "Accepted",
        "connectorId": connector,
        "scheduleStart": "2026-05-15T12:00:00Z",
        "chargingSchedule": {
            "duration": 300,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.0},
                {"startPeriod": 60, "limit": 10.0},
                {"startPeriod": 120, "limit": 16.0},
            ],
        },
    }


def test_every_change_of_every_backend_is_in_the_answer_and_the_least_holds_r99() -> None:
    other = a_profile(a_schedule((0, 20.0), (30, 12.0), (90, 6.0), (110, 32.0), start_at=NOON))
    schedule = answer('{"connectorId":1,"duration":150}', STEPS, other)["chargingSchedule"]
    assert [(p["startPeriod"], p["limit"]) for p in schedule["chargingSchedulePeriod"]] == [
        (0, 16.0),
        (30, 12.0),
        (60, 10.0),
        (90, 6.0),
        (110, 10.0),
        (120, 16.0),
    ]


def test_watts_are_those_of_all_phases() -> None:
    schedule = answer('{"connectorId":1,"duration":90,"chargingRateUnit":"W"}')["chargingSchedule"]
    assert schedule == {
        "duration": 90,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 11040.0},
            {"startPeriod": 60, "limit": 6900.0},
        ],
    }


def test_a_limit_has_one_decimal_and_is_never_rounded_up_r95() -> None:
    schedule = answer('{"connectorId":1,"duration":30}', limit_a=13.29)["chargingSchedule"]
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 13.2}]


def test_an_unknown_connector_is_rejected_r99() -> None:
    assert answer('{"connectorId":2,"duration":30}') == {"status": "Rejected"}


@pytest.mark.parametrize(("asked_s", "told_s"), [(0, 0), (10**12, LONGEST_S)])
def test_the_length_of_the_answer_is_bounded_and_told(asked_s: int, told_s: int) -> None:
    dull = a_profile(10.0)
    schedule = answer(f'{{"connectorId":1,"duration":{asked_s}}}', dull)["chargingSchedule"]
    assert schedule["duration"] == told_s
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10.0}]


def test_an_answer_with_too_many_periods_ends_earlier() -> None:
    busy = a_profile(
        a_schedule(*((at_s, 6.0 + at_s % 2) for at_s in range(60)), start_at=NOON),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
    )
    schedule = answer('{"connectorId":1,"duration":604800}', busy)["chargingSchedule"]
    assert len(schedule["chargingSchedulePeriod"]) == MAX_PERIODS
    assert 86_400 < schedule["duration"] < 2 * 86_400
    assert schedule["chargingSchedulePeriod"][-1]["startPeriod"] < schedule["duration"]


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        ('{"duration":30}', "OccurenceConstraintViolation"),
        ('{"connectorId":1,"duration":"30"}', "TypeConstraintViolation"),
        ('{"connectorId":1,"duration":-1}', "PropertyConstraintViolation"),
        ('{"connectorId":1,"duration":1,"chargingRateUnit":"kW"}', "PropertyConstraintViolation"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_r11(request_text: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        answer(request_text)
    assert refusal.value.code == code
