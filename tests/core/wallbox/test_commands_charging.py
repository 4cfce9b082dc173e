from typing import Any

import pytest
from tests.support.wallboxes import Wallbox, charging, configured, online, playing, set_limit

from wattgate.core.wallbox.quirks import Quirk

REJECTED = "Rejected"
TX: dict[str, Any] = {"chargingProfilePurpose": "TxProfile"}
MOST = {"chargingProfilePurpose": "ChargePointMaxProfile"}


@pytest.mark.parametrize(
    ("connector", "fields", "status"),
    [
        (0, {}, "Accepted"),
        (1, {}, "Accepted"),
        (2, {}, "PropertyConstraintViolation"),
        (-1, {}, "PropertyConstraintViolation"),
        (0, MOST, "Accepted"),
        (1, MOST, REJECTED),
        (1, TX, "Accepted"),
        (0, TX, REJECTED),
        (1, {**TX, "transactionId": 77}, "Accepted"),
        (1, {**TX, "transactionId": 78}, REJECTED),
        (1, {"stackLevel": 11}, REJECTED),
        (1, {"chargingProfilePurpose": "Foo"}, "PropertyConstraintViolation"),
        (1, {"chargingSchedule": {}}, "OccurenceConstraintViolation"),
    ],
)
def test_a_profile_is_taken_only_where_it_may_be_r92(
    connector: int, fields: dict[str, Any], status: str
) -> None:
    assert set_limit(charging(), 10.0, connector, **fields) == status


def test_a_tx_profile_without_transaction_is_rejected_r92() -> None:
    assert set_limit(online(), 10.0, **TX) == REJECTED


@pytest.mark.parametrize(
    ("allowed", "unit", "status"),
    [
        ("Current", "W", "PropertyConstraintViolation"),
        ("Power", "W", "Accepted"),
        ("W", "W", "Accepted"),
        ("Power", "A", "PropertyConstraintViolation"),
    ],
)
def test_a_unit_that_is_not_allowed_is_refused_r95(allowed: str, unit: str, status: str) -> None:
    wallbox = online(**configured(ChargingScheduleAllowedChargingRateUnit=allowed))
    assert set_limit(wallbox, 4000.0, unit=unit) == status


def test_a_wallbox_that_knows_watts_only_refuses_amperes_r95() -> None:
    wallbox = online(**playing(Quirk.WATTS_ONLY))
    assert set_limit(wallbox, 10.0) == "PropertyConstraintViolation"
    assert set_limit(wallbox, 6900.0, unit="W") == "Accepted"


def test_too_many_periods_are_rejected() -> None:
    wallbox = online(**configured(ChargingScheduleMaxPeriods="1"))
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 6}]
    assert set_limit(wallbox, 0, periods=periods) == REJECTED


def test_too_many_profiles_are_rejected_but_replacing_is_fine() -> None:
    wallbox = online(**configured(MaxChargingProfilesInstalled="1"))
    assert set_limit(wallbox, 10.0) == "Accepted"
    assert set_limit(wallbox, 11.0) == "Accepted"
    assert set_limit(wallbox, 12.0, chargingProfileId=2, stackLevel=1) == REJECTED


@pytest.mark.parametrize(
    ("request_", "status", "limit_a"),
    [
        ({}, "Accepted", 16.0),
        ({"id": 1}, "Accepted", 16.0),
        ({"id": 9}, "Unknown", 10.0),
        ({"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"}, "Accepted", 16.0),
        ({"chargingProfilePurpose": "TxProfile"}, "Unknown", 10.0),
        ({"stackLevel": 3}, "Unknown", 10.0),
    ],
)
def test_clearing_removes_what_matches_r98(
    request_: dict[str, object], status: str, limit_a: float
) -> None:
    wallbox = charging()
    set_limit(wallbox, 10.0)
    assert wallbox.command("ClearChargingProfile", request_) == {"status": status}
    assert wallbox.state()["offered_a"] == limit_a


@pytest.mark.parametrize(
    ("quirks", "status", "limit_a"),
    [((), "Unknown", 10.0), ((Quirk.CLEAR_TAKES_ALL,), "Accepted", 16.0)],
)
def test_clearing_one_takes_all_on_some(
    quirks: tuple[Quirk, ...], status: str, limit_a: float
) -> None:
    wallbox = charging(**playing(*quirks))
    set_limit(wallbox, 10.0)
    assert wallbox.command("ClearChargingProfile", {"id": 9}) == {"status": status}
    assert wallbox.state()["offered_a"] == limit_a


def composite(wallbox: Wallbox, **request: object) -> object:
    return wallbox.command("GetCompositeSchedule", {"connectorId": 1, "duration": 600, **request})


def test_the_composite_schedule_is_what_will_be_obeyed_r94() -> None:
    wallbox = charging()
    periods = [{"startPeriod": 0, "limit": 10.05}, {"startPeriod": 3660, "limit": 32}]
    set_limit(wallbox, 0, periods=periods)
    assert composite(wallbox) == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2026-05-15T12:00:00.000Z",
        "chargingSchedule": {
            "duration": 600,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 10.0},
                {"startPeriod": 60, "limit": 16.0},
            ],
        },
    }


@pytest.mark.parametrize(
    ("connector", "unit", "limit"), [(1, "W", 11_040.0), (0, "A", 32.0), (0, "W", 22_080.0)]
)
def test_without_profiles_the_composite_is_the_hardware(
    connector: int, unit: str, limit: float
) -> None:
    answer = composite(online(connectors=2), connectorId=connector, chargingRateUnit=unit)
    assert isinstance(answer, dict)
    assert answer["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": limit}
    ]


def test_a_composite_may_be_accepted_and_empty() -> None:
    assert composite(online(**playing(Quirk.COMPOSITE_EMPTY))) == {"status": "Accepted"}


@pytest.mark.parametrize(
    "request_", [{"connectorId": 2}, {"connectorId": -1}, {"duration": -1}, {"duration": 2**31}]
)
def test_a_composite_of_nothing_is_rejected(request_: dict[str, object]) -> None:
    assert composite(online(), **request_) == {"status": REJECTED}
