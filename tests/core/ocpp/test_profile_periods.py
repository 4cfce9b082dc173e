import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.charging_profiles import (
    NOON,
    a_profile,
    a_schedule,
    after_noon,
    profiles,
    transactions,
)

from wattgate.core.ocpp.profile_periods import (
    LAST_INSTANT,
    concerns,
    later,
    marks,
    once,
    period_at,
)
from wattgate.core.ocpp.profiles import Kind, Profile, Purpose, Recurrency, Running

DAY_S = 86_400
STEPS = ((0, 10.0), (60, 20.0))
SINCE_NOON = Running(7, NOON)

OPEN_ENDED = a_profile(a_schedule(*STEPS, start_at=NOON))
CUT = a_profile(a_schedule(*STEPS, start_at=NOON, duration_s=30))
LONGER = a_profile(a_schedule(*STEPS, start_at=NOON, duration_s=120))
RELATIVE = a_profile(a_schedule(*STEPS, start_at=NOON, duration_s=120), kind=Kind.RELATIVE)
DAILY = a_profile(
    a_schedule(*STEPS, start_at=NOON, duration_s=120),
    kind=Kind.RECURRING,
    recurrency=Recurrency.DAILY,
)
WEEKLY = a_profile(
    a_schedule(*STEPS, start_at=NOON), kind=Kind.RECURRING, recurrency=Recurrency.WEEKLY
)
MIDNIGHTLY = a_profile(
    a_schedule(*STEPS), kind=Kind.RECURRING, recurrency=Recurrency.DAILY, valid_to=after_noon(1e6)
)
MONDAYS = a_profile(a_schedule(*STEPS), kind=Kind.RECURRING, recurrency=Recurrency.WEEKLY)
TWO_HOURS = a_profile(10.0, valid_from=after_noon(3600), valid_to=after_noon(10_800))
FROM_VALID = a_profile(a_schedule(*STEPS), valid_from=NOON)
FROM_CHARGING = a_profile(a_schedule(*STEPS))


@pytest.mark.parametrize(
    ("profile", "at_s", "running", "limit"),
    [
        (OPEN_ENDED, -1, None, None),
        (OPEN_ENDED, 0, None, 10.0),
        (OPEN_ENDED, 59.999, None, 10.0),
        (OPEN_ENDED, 60, None, 20.0),
        (OPEN_ENDED, 365 * DAY_S, None, 20.0),
        (CUT, 29, None, 10.0),
        (CUT, 30, None, None),
        (LONGER, 119, None, 20.0),
        (LONGER, 120, None, None),
        (RELATIVE, -99, None, 10.0),
        (RELATIVE, 99, None, 10.0),
        (RELATIVE, -1, SINCE_NOON, 10.0),
        (RELATIVE, 60, SINCE_NOON, 20.0),
        (RELATIVE, 120, SINCE_NOON, None),
        (DAILY, -1, None, None),
        (DAILY, 3 * DAY_S, None, 10.0),
        (DAILY, 3 * DAY_S + 60, None, 20.0),
        (DAILY, 3 * DAY_S + 120, None, None),
        (WEEKLY, 6 * DAY_S, None, 20.0),
        (WEEKLY, 7 * DAY_S, None, 10.0),
        (MIDNIGHTLY, DAY_S / 2 - 1, None, 20.0),
        (MIDNIGHTLY, DAY_S / 2, None, 10.0),
        (MONDAYS, 2.5 * DAY_S - 1, None, 20.0),
        (MONDAYS, 2.5 * DAY_S, None, 10.0),
        (TWO_HOURS, 3599, None, None),
        (TWO_HOURS, 3600, None, 10.0),
        (TWO_HOURS, 10_799, None, 10.0),
        (TWO_HOURS, 10_800, None, None),
        (FROM_VALID, 60, SINCE_NOON, 20.0),
        (FROM_CHARGING, 60, None, 10.0),
        (FROM_CHARGING, 60, SINCE_NOON, 20.0),
    ],
)
def test_the_period_that_holds_is_that_of_r94(
    profile: Profile, at_s: float, running: Running | None, limit: float | None
) -> None:
    period = period_at(profile, after_noon(at_s), running)
    assert (None if period is None else period.limit) == limit


@pytest.mark.parametrize(
    ("purpose", "transaction_id", "running", "counts"),
    [
        (Purpose.TX, 7, SINCE_NOON, True),
        (Purpose.TX, None, SINCE_NOON, True),
        (Purpose.TX, 8, SINCE_NOON, False),
        (Purpose.TX, None, None, False),
        (Purpose.TX_DEFAULT, 8, None, True),
        (Purpose.CHARGE_POINT_MAX, None, None, True),
    ],
)
def test_a_tx_profile_counts_for_its_own_transaction_alone_r92(
    purpose: Purpose, transaction_id: int | None, running: Running | None, counts: bool
) -> None:
    profile = a_profile(purpose=purpose, transaction_id=transaction_id)
    assert concerns(profile, running) is counts


def test_what_no_cycle_repeats_is_told_once() -> None:
    assert sorted(once(LONGER, None)) == [NOON, after_noon(60), after_noon(120)]
    assert sorted(once(TWO_HOURS, None)) == [NOON, after_noon(3600), after_noon(10_800)]
    assert list(once(DAILY, None)) == [NOON]
    assert list(once(FROM_CHARGING, None)) == []
    assert list(once(FROM_CHARGING, SINCE_NOON)) == [NOON, after_noon(60)]


def test_a_cycle_is_told_for_the_stretch_that_was_asked_for() -> None:
    day = [DAY_S, DAY_S + 60, DAY_S + 120]
    assert sorted(marks(DAILY, None, after_noon(200), after_noon(DAY_S + 200))) == [
        after_noon(at_s) for at_s in day
    ]
    assert list(marks(DAILY, None, after_noon(-DAY_S), after_noon(-1))) == []


def test_what_lies_behind_a_cycle_is_cut_by_the_next_one() -> None:
    profile = a_profile(
        a_schedule((0, 1.0), (DAY_S, 2.0), start_at=NOON),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
    )
    assert set(marks(profile, None, NOON, after_noon(2 * DAY_S))) == {
        after_noon(DAY_S),
        after_noon(2 * DAY_S),
    }


def test_the_calendar_is_never_left() -> None:
    end = datetime(9999, 12, 30, tzinfo=UTC)
    assert later(end, timedelta(days=3)) == LAST_INSTANT
    assert later(NOON, timedelta(seconds=1)) == after_noon(1)
    profile = a_profile(
        a_schedule((0, 1.0), (60, 2.0), start_at=end),
        kind=Kind.RECURRING,
        recurrency=Recurrency.DAILY,
    )
    assert max(marks(profile, None, end, LAST_INSTANT)) == LAST_INSTANT


@given(profiles(), transactions, st.integers(0, 9 * DAY_S), st.integers(1, 2 * DAY_S))
def test_between_two_marks_nothing_changes(
    profile: Profile, running: Running | None, after_s: int, length_s: int
) -> None:
    start, end = after_noon(after_s), after_noon(after_s + length_s)
    edges = [start, *sorted(marks(profile, running, start, end)), end]
    for edge, following in itertools.pairwise(edges):
        if edge < following:
            last = following - timedelta(microseconds=1)
            assert period_at(profile, edge, running) == period_at(profile, last, running)
