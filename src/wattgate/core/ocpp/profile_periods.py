"""When one charging profile says what (R94)."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

from wattgate.core.ocpp.profiles import Kind, Period, Profile, Purpose, Recurrency, Running

LAST_INSTANT: Final = datetime.max.replace(tzinfo=UTC)
"""Where the calendar ends: what would start later never starts."""

CYCLES: Final = {Recurrency.DAILY: timedelta(days=1), Recurrency.WEEKLY: timedelta(days=7)}

_A_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_NO_TIME: Final = timedelta()
_SECOND: Final = timedelta(seconds=1)


def later(at: datetime, by: timedelta) -> datetime:
    """Add without leaving the calendar: at most LAST_INSTANT."""
    return at + by if by <= LAST_INSTANT - at else LAST_INSTANT


def concerns(profile: Profile, running: Running | None) -> bool:
    """Whether the profile counts for what runs: a TxProfile does for its own alone (R92)."""
    if profile.purpose is not Purpose.TX:
        return True
    return running is not None and profile.transaction_id in (None, running.transaction_id)


def period_at(profile: Profile, at: datetime, running: Running | None) -> Period | None:
    """The period that holds at an instant; None while the profile says nothing."""
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    elapsed = _elapsed(profile, at, running)
    duration_s = profile.schedule.duration_s
    if elapsed < _NO_TIME or (duration_s is not None and elapsed >= timedelta(seconds=duration_s)):
        return None
    periods = profile.schedule.periods
    return periods[bisect_right(periods, elapsed // _SECOND, key=lambda p: p.start_s) - 1]


def periods_ahead(profile: Profile, now: datetime) -> Iterator[Period]:
    """The periods that may hold now or later; all of a schedule that can start anew (R94)."""
    if profile.valid_to is not None and now >= profile.valid_to:
        return
    start = _fixed_start(profile) if profile.recurrency is None else None
    if start is None:
        yield from profile.schedule.periods
        return
    ends = [*_offsets(profile)[1:], LAST_INSTANT - start]
    for period, end in zip(profile.schedule.periods, ends, strict=False):
        if later(start, end) > now:
            yield period


def marks(
    profile: Profile, running: Running | None, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Every instant in (after, until] at which `period_at` may change, in any order.

    A Recurring profile gives its cycles' marks only for the stretch asked for: keep it short.
    """
    recurring = _cycle_marks(profile, after, until)
    return (at for at in chain(once(profile, running), recurring) if after < at <= until)


def once(profile: Profile, running: Running | None) -> Iterator[datetime]:
    """The instants at which `period_at` may change that no cycle repeats, in any order."""
    yield from (at for at in (profile.valid_from, profile.valid_to) if at is not None)
    start = _start(profile, running)
    if start is None:
        return
    if profile.recurrency is not None:
        yield start
        return
    yield from (later(start, offset) for offset in _offsets(profile))


def _cycle_marks(profile: Profile, after: datetime, until: datetime) -> Iterator[datetime]:
    if profile.recurrency is None:
        return
    cycle = CYCLES[profile.recurrency]
    start = _recurring_start(profile)
    turn = start + max(after - start, _NO_TIME) // cycle * cycle
    offsets = [offset for offset in _offsets(profile) if offset < cycle]
    while turn <= until:
        yield from (later(turn, offset) for offset in offsets)
        if turn == LAST_INSTANT:
            return
        turn = later(turn, cycle)


def _offsets(profile: Profile) -> list[timedelta]:
    """Where, counted from its start, the schedule changes its word."""
    offsets = [timedelta(seconds=period.start_s) for period in profile.schedule.periods]
    if profile.schedule.duration_s is not None:
        offsets.append(timedelta(seconds=profile.schedule.duration_s))
    return offsets


def _elapsed(profile: Profile, at: datetime, running: Running | None) -> timedelta:
    """The place in the schedule at an instant; below zero before the schedule starts.

    What counts from the start of charging stands at its beginning until charging starts, so that
    a car is promised its first period, never more.
    """
    start = _start(profile, running)
    if start is None:
        return _NO_TIME
    if profile.recurrency is not None:
        return (at - start) % CYCLES[profile.recurrency] if at >= start else at - start
    if _fixed_start(profile) is None:
        return max(at - start, _NO_TIME)
    return at - start


def _start(profile: Profile, running: Running | None) -> datetime | None:
    """What the schedule counts from; None before a transaction that it counts from."""
    if profile.recurrency is not None:
        return _recurring_start(profile)
    fixed = _fixed_start(profile)
    if fixed is not None or running is None:
        return fixed
    return running.started_at


def _fixed_start(profile: Profile) -> datetime | None:
    """The point in time an Absolute schedule counts from.

    R94 demands startSchedule, backends leave it out. Then the schedule counts from validFrom and,
    without that, from the start of charging (OCPP 1.6 §7.14 on an absent startSchedule).
    """
    if profile.kind is Kind.RELATIVE:
        return None
    return profile.schedule.start_at or profile.valid_from


def _recurring_start(profile: Profile) -> datetime:
    """A cycle without a start begins at midnight UTC, a weekly one on Monday."""
    return _fixed_start(profile) or _A_MONDAY
