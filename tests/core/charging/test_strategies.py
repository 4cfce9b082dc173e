import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from tests.support.limit_methods import EVERY_METHOD, NOW, TERMS

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.strategies import ProfileToSet, changes_said, profiles_for
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import Kind, Period, Purpose, RateUnit

TWO, BESIDE, SINGLE, IN_TX, WHOLE = Strategy
RELATIVE = Kind.RELATIVE
NO_TRANSACTION = replace(TERMS, transaction_id=None, elapsed_s=None)


def test_two_periods_are_one_profile_as_the_rules_show_it() -> None:
    """R100, its example to the letter."""
    (only,) = profiles_for(Method(TWO), TERMS)
    assert (only.connector, only.profile_id, only.once) == (1, 9101, False)
    assert json.loads(only.profile_text) == {
        "chargingProfileId": 9101,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": "2026-05-15T13:25:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 13.2, "numberPhases": 3},
                {"startPeriod": 4500, "limit": 0.0, "numberPhases": 3},
            ],
        },
    }


LONG_AGO = "2026-05-13T00:00:00Z"
AN_HOUR_AGO = "2026-05-15T13:25:00Z"

Row = tuple[int, int, int, str, str | None, list[tuple[int, float]], int | None, bool]


def row(profile: ProfileToSet) -> Row:
    """Connector, id, level, purpose, start, periods, duration and whether it may stay."""
    read = json.loads(profile.profile_text)
    schedule = read["chargingSchedule"]
    periods = [(p["startPeriod"], p["limit"]) for p in schedule["chargingSchedulePeriod"]]
    assert read["chargingProfileId"] == profile.profile_id
    return (
        profile.connector,
        profile.profile_id,
        read["stackLevel"],
        read["chargingProfilePurpose"],
        schedule.get("startSchedule"),
        periods,
        schedule.get("duration"),
        profile.once,
    )


DEFAULT = "TxDefaultProfile"


@pytest.mark.parametrize(
    ("method", "terms", "expected"),
    [
        (
            Method(TWO),
            replace(TERMS, grant_a=None, standing_a=6.0),
            [(1, 9101, 0, DEFAULT, LONG_AGO, [(0, 6.0)], None, False)],
        ),
        (
            Method(TWO),
            replace(TERMS, grant_a=0.0, standing_a=6.0),
            [(1, 9101, 0, DEFAULT, AN_HOUR_AGO, [(0, 0.0), (4500, 6.0)], None, False)],
        ),
        (
            Method(TWO),
            replace(TERMS, grant_a=5.0),
            [(1, 9101, 0, DEFAULT, LONG_AGO, [(0, 0.0)], None, False)],
        ),
        (
            Method(TWO, kind=RELATIVE),
            TERMS,
            [(1, 9101, 0, DEFAULT, None, [(0, 13.2), (2100, 0.0)], None, False)],
        ),
        (
            Method(TWO, kind=RELATIVE),
            replace(TERMS, elapsed_s=-3),
            [(1, 9101, 0, DEFAULT, None, [(0, 13.2), (900, 0.0)], None, False)],
        ),
        (
            Method(TWO, kind=RELATIVE),
            NO_TRANSACTION,
            [(1, 9101, 0, DEFAULT, None, [(0, 0.0)], None, False)],
        ),
        (
            Method(BESIDE),
            replace(TERMS, standing_a=6.0, connector=2),
            [
                (2, 9111, 0, DEFAULT, LONG_AGO, [(0, 6.0)], None, True),
                (2, 9112, 1, DEFAULT, AN_HOUR_AGO, [(0, 13.2)], 4500, False),
            ],
        ),
        (
            Method(BESIDE),
            replace(TERMS, grant_a=None),
            [
                (1, 9101, 0, DEFAULT, LONG_AGO, [(0, 0.0)], None, True),
                (1, 9102, 1, DEFAULT, AN_HOUR_AGO, [(0, 0.0)], 4500, False),
            ],
        ),
        (
            Method(SINGLE),
            TERMS,
            [(1, 9101, 0, DEFAULT, LONG_AGO, [(0, 13.2)], None, False)],
        ),
        (
            Method(SINGLE, kind=RELATIVE),
            NO_TRANSACTION,
            [(1, 9101, 0, DEFAULT, None, [(0, 0.0)], None, False)],
        ),
        (
            Method(IN_TX),
            TERMS,
            [
                (1, 9101, 0, DEFAULT, LONG_AGO, [(0, 0.0)], None, True),
                (1, 9103, 0, "TxProfile", AN_HOUR_AGO, [(0, 13.2), (4500, 0.0)], None, False),
            ],
        ),
        (
            Method(IN_TX),
            replace(TERMS, periods=1),
            [
                (1, 9101, 0, DEFAULT, LONG_AGO, [(0, 0.0)], None, True),
                (1, 9103, 0, "TxProfile", AN_HOUR_AGO, [(0, 13.2)], 4500, False),
            ],
        ),
        (
            Method(IN_TX),
            NO_TRANSACTION,
            [(1, 9101, 0, DEFAULT, LONG_AGO, [(0, 0.0)], None, True)],
        ),
        (
            Method(IN_TX, kind=RELATIVE),
            TERMS,
            [
                (1, 9101, 0, DEFAULT, None, [(0, 0.0)], None, True),
                (1, 9103, 0, "TxProfile", None, [(0, 13.2), (2100, 0.0)], None, False),
            ],
        ),
        (
            Method(WHOLE),
            NO_TRANSACTION,
            [
                (
                    0,
                    9104,
                    0,
                    "ChargePointMaxProfile",
                    AN_HOUR_AGO,
                    [(0, 13.2), (4500, 0.0)],
                    None,
                    False,
                )
            ],
        ),
        (
            Method(WHOLE, RateUnit.W),
            replace(TERMS, grant_a=None, standing_a=6.0),
            [(0, 9104, 0, "ChargePointMaxProfile", LONG_AGO, [(0, 4140.0)], None, False)],
        ),
    ],
)
def test_each_method_has_its_profiles(method: Method, terms: Terms, expected: list[Row]) -> None:
    """R100"""
    assert [row(profile) for profile in profiles_for(method, terms)] == expected


LESS_FOR_A_WHILE = (Period(0, 20.0), Period(300, 10.0), Period(600, 4.0), Period(750, 32.0))


@pytest.mark.parametrize(
    ("strategy", "periods", "limits", "duration_s"),
    [
        (TWO, 2, [(0, 13.2), (3900, 0.0)], None),
        (TWO, 3, [(0, 13.2), (3900, 10.0), (4200, 0.0)], None),
        (TWO, 4, [(0, 13.2), (3900, 10.0), (4200, 0.0)], None),
        (TWO, 5, [(0, 13.2), (3900, 10.0), (4200, 0.0), (4350, 13.2), (4500, 0.0)], None),
        (BESIDE, 1, [(0, 13.2)], 3900),
        (BESIDE, 2, [(0, 13.2), (3900, 10.0)], 4200),
        (BESIDE, 24, [(0, 13.2), (3900, 10.0), (4200, 0.0), (4350, 13.2)], 4500),
        (SINGLE, 24, [(0, 13.2)], None),
        (IN_TX, 1, [(0, 13.2)], 3900),
        (IN_TX, 2, [(0, 13.2), (3900, 0.0)], None),
        (IN_TX, 3, [(0, 13.2), (3900, 10.0), (4200, 0.0)], None),
        (WHOLE, 3, [(0, 13.2), (3900, 10.0), (4200, 0.0)], None),
    ],
)
def test_a_grant_gives_way_to_what_the_backends_allow_or_ends_where_it_cannot_say_so(
    strategy: Strategy, periods: int, limits: list[tuple[int, float]], duration_s: int | None
) -> None:
    """R97: also when the manager is gone, never more than the backend allows at the time."""
    terms = replace(TERMS, periods=periods, caps=LESS_FOR_A_WHILE)
    said = [row(profile) for profile in profiles_for(Method(strategy), terms)][-1]
    assert said[5:7] == (limits, duration_s)


@pytest.mark.parametrize(
    ("caps", "limits"),
    [
        ((Period(0, 8.0),), [(0, 8.0), (4500, 0.0)]),
        ((Period(0, 8.0), Period(60, 16.0)), [(0, 8.0), (3660, 13.2), (4500, 0.0)]),
        ((Period(0, 5.0), Period(60, 7.0)), [(0, 0.0), (3660, 7.0), (4500, 0.0)]),
        ((Period(0, 16.0), Period(900, 6.0)), [(0, 13.2), (4500, 0.0)]),
        ((Period(0, 0.0), Period(60, 5.9)), [(0, 0.0)]),
    ],
)
def test_what_is_allowed_now_counts_and_what_comes_after_the_grant_does_not(
    caps: tuple[Period, ...], limits: list[tuple[int, float]]
) -> None:
    (said,) = profiles_for(Method(TWO), replace(TERMS, periods=24, caps=caps))
    assert row(said)[5] == limits


def test_a_relative_schedule_counts_the_changes_from_the_start_of_charging() -> None:
    terms = replace(TERMS, periods=24, caps=LESS_FOR_A_WHILE[:2])
    (said,) = profiles_for(Method(TWO, kind=RELATIVE), terms)
    assert row(said)[5] == [(0, 13.2), (1500, 10.0), (2100, 0.0)]


@pytest.mark.parametrize(
    ("strategy", "periods", "changes"),
    [(TWO, 1, 0), (TWO, 2, 0), (TWO, 3, 1), (BESIDE, 2, 1), (SINGLE, 24, 0), (IN_TX, 24, 22)],
)
def test_how_many_changes_fit_into_a_grant(strategy: Strategy, periods: int, changes: int) -> None:
    assert changes_said(strategy, periods) == changes


@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_a_profile_says_its_unit_its_kind_and_the_phases(method: Method) -> None:
    """R95"""
    for profile in profiles_for(method, replace(TERMS, phases=2, step_a=1.0)):
        read = parse_profile(profile.profile_text)
        assert (read.schedule.unit, read.kind) == (method.unit, method.kind)
        assert all(period.phases == 2 for period in read.schedule.periods)
        assert all(period.limit in (0, 13, 13 * 460) for period in read.schedule.periods)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_only_a_tx_profile_names_the_transaction(method: Method) -> None:
    """R92: by the id that the wallbox knows."""
    for profile in profiles_for(method, TERMS):
        read = parse_profile(profile.profile_text)
        assert read.transaction_id == (7 if read.purpose is Purpose.TX else None)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_what_may_be_left_out_has_the_same_text_all_day(method: Method) -> None:
    """R100: every write wears the flash."""
    today = {p.profile_text for p in profiles_for(method, TERMS) if p.once}
    later = replace(TERMS, wall_now=NOW + timedelta(hours=9), elapsed_s=9000, grant_a=7.0)
    assert {p.profile_text for p in profiles_for(method, later) if p.once} == today


@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_a_time_is_said_in_utc_and_whole_seconds(method: Method) -> None:
    local = NOW.replace(microsecond=999_999).astimezone(timezone(timedelta(hours=2)))
    assert profiles_for(method, replace(TERMS, wall_now=local)) == profiles_for(method, TERMS)
