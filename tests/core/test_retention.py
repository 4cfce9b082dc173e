from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.retention import (
    JUMP,
    LONGEST_OFF,
    RECEIPTS_KEPT,
    AgeLimits,
    Retention,
    SteadyClock,
    retention,
)
from wattgate.core.site.storage import StorageSettings

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(seconds=1)
TRUSTED = SteadyClock(NOW, RECEIPTS_KEPT)


def test_a_clock_is_trusted_once_it_has_run_as_long_as_receipts_are_kept_r68() -> None:
    clock = SteadyClock(NOW)
    for hour in range(1, 8 * 24 + 2):
        assert not clock.is_trusted
        clock = clock.after(HOUR, NOW + hour * HOUR)
        if hour == 8 * 24:
            break
    assert clock.is_trusted
    assert clock.after(HOUR, clock.seen_at + HOUR).steady == RECEIPTS_KEPT


@pytest.mark.parametrize(
    ("jump", "is_trusted"),
    [
        (timedelta(0), True),
        (JUMP, True),
        (-JUMP, True),
        (JUMP + MOMENT, False),
        (-JUMP - MOMENT, False),
        (timedelta(days=365), False),
        (timedelta(days=-365), False),
        (timedelta(days=56 * 365), False),
    ],
)
def test_a_clock_that_jumps_by_more_than_a_day_is_trusted_no_longer(
    jump: timedelta, *, is_trusted: bool
) -> None:
    assert TRUSTED.after(HOUR, NOW + HOUR + jump).is_trusted is is_trusted


@pytest.mark.parametrize(
    ("apart", "is_trusted"),
    [
        (timedelta(0), True),
        (-JUMP, True),
        (-JUMP - MOMENT, False),
        (LONGEST_OFF, True),
        (LONGEST_OFF + MOMENT, False),
        (timedelta(days=56 * 365), False),
    ],
)
def test_a_machine_may_have_been_off_for_a_month_and_no_longer(
    apart: timedelta, *, is_trusted: bool
) -> None:
    assert TRUSTED.after_restart(NOW + apart).is_trusted is is_trusted


@given(st.lists(st.integers(-400, 400), min_size=1, max_size=20))
def test_whenever_the_clock_is_trusted_all_from_before_its_last_jump_is_old_r68(
    jumps_days: list[int],
) -> None:
    clock, offset, truly = SteadyClock(NOW), timedelta(0), timedelta(0)
    last_jump = truly
    for days in jumps_days:
        for _ in range(5):
            truly += timedelta(days=2)
            clock = clock.after(timedelta(days=2), NOW + truly + offset)
            assert not clock.is_trusted or truly - last_jump >= RECEIPTS_KEPT
        offset += timedelta(days=days)
        if abs(days) > 1:
            last_jump = truly


def test_a_trusted_clock_tells_ages() -> None:
    settings = StorageSettings(
        transaction_days=100, transactions=5000, evidence_days=10, evidence_frames=7
    )
    assert retention(settings, TRUSTED) == Retention(
        transactions=5000,
        frames=7,
        ages=AgeLimits(
            receipts_since=NOW - RECEIPTS_KEPT,
            receipts_until=NOW + JUMP,
            transactions_since=NOW - timedelta(days=100),
            frames_since=NOW - timedelta(days=10),
        ),
    )


def test_a_clock_that_is_not_trusted_tells_none() -> None:
    assert retention(StorageSettings(), SteadyClock(NOW)).ages is None


def test_a_hundred_years_before_1970_are_no_error() -> None:
    clock = SteadyClock(datetime(1, 1, 9, tzinfo=UTC), RECEIPTS_KEPT)
    ages = retention(StorageSettings(transaction_days=36_500), clock).ages
    assert ages is not None
    assert ages.transactions_since == datetime(1, 1, 1, tzinfo=UTC)
