import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from tests.support.charging_profiles import NOON, a_profile, a_schedule, profiles

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.profile_text import parse_profile, parse_time, profile_text, time_text
from wattgate.core.ocpp.profiles import Kind, Profile, Purpose, RateUnit, Recurrency

SMALLEST: dict[str, Any] = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
    },
}


def changed(path: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The smallest profile with one place changed, or removed where the value is `...`."""
    profile = json.loads(json.dumps(SMALLEST))
    *way, last = path.split(".")
    place = profile
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(profile)


def test_every_field_is_read() -> None:
    text = """{"chargingProfileId": 9, "transactionId": 7, "stackLevel": 2,
        "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Recurring",
        "recurrencyKind": "Weekly", "validFrom": "2026-05-15T12:00:00Z",
        "validTo": "2026-05-15T14:00:00+02:00",
        "chargingSchedule": {"duration": 60, "startSchedule": "2026-05-15T12:00:00.000Z",
            "chargingRateUnit": "W", "minChargingRate": 4.1,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1, "numberPhases": 1},
                                       {"startPeriod": 30, "limit": 6}]}}"""
    assert parse_profile(text) == Profile(
        profile_id=9,
        stack_level=2,
        purpose=Purpose.TX,
        kind=Kind.RECURRING,
        schedule=a_schedule(
            (0, 8.1, 1), (30, 6.0), unit=RateUnit.W, start_at=NOON, duration_s=60, min_rate=4.1
        ),
        recurrency=Recurrency.WEEKLY,
        valid_from=NOON,
        valid_to=NOON,
        transaction_id=7,
    )


@pytest.mark.parametrize(
    "path",
    [
        "transactionId",
        "recurrencyKind",
        "validFrom",
        "validTo",
        "chargingSchedule.duration",
        "chargingSchedule.startSchedule",
        "chargingSchedule.minChargingRate",
        "chargingSchedule.chargingSchedulePeriod.0.numberPhases",
    ],
)
def test_a_null_is_as_good_as_nothing_r14(path: str) -> None:
    assert parse_profile(changed(path, None)) == parse_profile(json.dumps(SMALLEST))


def test_unknown_fields_are_ignored() -> None:
    assert parse_profile(changed("vendorField", {"a": [1]})) == parse_profile(json.dumps(SMALLEST))


def test_a_recurrency_without_a_recurring_kind_is_ignored() -> None:
    assert parse_profile(changed("recurrencyKind", "Daily")).recurrency is None


PERIODS = "chargingSchedule.chargingSchedulePeriod"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("stackLevel", ..., "OccurenceConstraintViolation"),
        ("chargingSchedule.chargingRateUnit", ..., "OccurenceConstraintViolation"),
        (f"{PERIODS}.0.limit", ..., "OccurenceConstraintViolation"),
        (PERIODS, [], "OccurenceConstraintViolation"),
        ("chargingProfileKind", "Recurring", "OccurenceConstraintViolation"),
        ("stackLevel", "0", "TypeConstraintViolation"),
        ("chargingSchedule", [], "TypeConstraintViolation"),
        ("validTo", 5, "TypeConstraintViolation"),
        (f"{PERIODS}.0.limit", "16", "TypeConstraintViolation"),
        ("chargingProfilePurpose", "Other", "PropertyConstraintViolation"),
        ("chargingProfileKind", "absolute", "PropertyConstraintViolation"),
        ("recurrencyKind", "Hourly", "PropertyConstraintViolation"),
        ("chargingSchedule.chargingRateUnit", "kW", "PropertyConstraintViolation"),
        ("validFrom", "yesterday", "PropertyConstraintViolation"),
        ("stackLevel", -1, "PropertyConstraintViolation"),
        ("chargingProfileId", 2**63, "PropertyConstraintViolation"),
        ("chargingSchedule.duration", -1, "PropertyConstraintViolation"),
        ("chargingSchedule.duration", 2**31, "PropertyConstraintViolation"),
        (f"{PERIODS}.0.limit", -0.1, "PropertyConstraintViolation"),
        (f"{PERIODS}.0.numberPhases", 4, "PropertyConstraintViolation"),
        (f"{PERIODS}.0.startPeriod", 1, "PropertyConstraintViolation"),
        (PERIODS, [{"startPeriod": 0, "limit": 1}] * 2, "PropertyConstraintViolation"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_the_code_of_r11(
    path: str,
    value: Any,  # noqa: ANN401 - any JSON value
    code: str,
) -> None:
    with pytest.raises(PeerError) as refusal:
        parse_profile(changed(path, value))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-05-15T12:00:00Z", NOON),
        ("2026-05-15T12:00:00", NOON),
        ("2026-05-15 12:00:00", NOON),
        ("2026-05-15T12:00Z", NOON),
        ("2026-05-15T14:00:00+02:00", NOON),
        ("2026-05-15T14:00:00.000+0200", NOON),
        ("2026-05-15T12:00:00.1Z", NOON.replace(microsecond=100_000)),
        ("2026-05-15T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 2, tzinfo=UTC)),
        (
            "9999-12-31T23:59:59-14:00",
            datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC),
        ),
    ],
)
def test_every_spelling_of_a_time_is_read_as_utc(text: str, read: datetime) -> None:
    assert parse_time(text) == read
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "12:00", "2026-02-30T00:00:00Z", "1778846400", "\ud800"])
def test_what_is_no_time_is_a_wrong_value(text: str) -> None:
    with pytest.raises(PeerError, match="is no time stamp") as refusal:
        parse_time(text)
    assert refusal.value.code == "PropertyConstraintViolation"


def test_a_time_is_written_with_z_and_without_needless_fractions() -> None:
    assert time_text(NOON) == "2026-05-15T12:00:00Z"
    assert time_text(NOON.replace(microsecond=500_000)) == "2026-05-15T12:00:00.500000Z"


def test_a_limit_is_cut_to_one_decimal_and_never_raised_r95() -> None:
    text = profile_text(
        a_profile(a_schedule((0, 13.29, 3), (60, 8.1), min_rate=6.66), kind=Kind.RELATIVE)
    )
    schedule = json.loads(text)["chargingSchedule"]
    assert schedule == {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 13.2, "numberPhases": 3},
            {"startPeriod": 60, "limit": 8.1},
        ],
        "minChargingRate": 6.6,
    }


def test_what_is_not_said_is_not_written() -> None:
    assert json.loads(profile_text(parse_profile(json.dumps(SMALLEST)))) == SMALLEST


@given(profiles())
def test_a_profile_written_is_the_profile_read(profile: Profile) -> None:
    assert parse_profile(profile_text(profile)) == profile
