"""Charging profiles for tests: short to write, and drawn at random."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from wattgate.core.ocpp.profiles import (
    Kind,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Recurrency,
    Running,
    Schedule,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
"""A Friday."""


def after_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_schedule(
    *periods: tuple[int, float] | tuple[int, float, int],
    unit: RateUnit = RateUnit.A,
    **more: Any,  # noqa: ANN401 - the other fields of Schedule
) -> Schedule:
    return Schedule(unit, tuple(Period(*period) for period in periods), **more)


def a_profile(
    schedule: Schedule | float = 16.0,
    *,
    profile_id: int = 1,
    stack_level: int = 0,
    purpose: Purpose = Purpose.TX_DEFAULT,
    kind: Kind = Kind.ABSOLUTE,
    **more: Any,  # noqa: ANN401 - the other fields of Profile
) -> Profile:
    """A profile; a number in place of the schedule is one limit in A for ever since noon."""
    if not isinstance(schedule, Schedule):
        schedule = a_schedule((0, schedule), start_at=NOON)
    return Profile(profile_id, stack_level, purpose, kind, schedule, **more)


_instants = st.integers(-2 * 86_400, 9 * 86_400).map(after_noon)
_limits = st.integers(0, 320).map(lambda tenths: tenths / 10)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    starts = draw(st.sets(st.integers(1, 200_000), max_size=4))
    return Schedule(
        unit=draw(st.sampled_from(RateUnit)),
        periods=tuple(
            Period(start_s, draw(_limits), draw(st.none() | st.integers(1, 3)))
            for start_s in sorted({0, *starts})
        ),
        start_at=draw(st.none() | _instants),
        duration_s=draw(st.none() | st.integers(0, 200_000)),
        min_rate=draw(st.none() | _limits),
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    kind = draw(st.sampled_from(Kind))
    return Profile(
        profile_id=draw(st.integers(1, 6)),
        stack_level=draw(st.integers(0, 3)),
        purpose=draw(st.sampled_from(Purpose)),
        kind=kind,
        schedule=draw(schedules()),
        recurrency=draw(st.sampled_from(Recurrency)) if kind is Kind.RECURRING else None,
        valid_from=draw(st.none() | _instants),
        valid_to=draw(st.none() | _instants),
        transaction_id=draw(st.none() | st.integers(7, 8)),
    )


transactions = st.none() | st.builds(Running, transaction_id=st.just(7), started_at=_instants)
entries = st.lists(st.tuples(st.integers(0, 2), profiles()), max_size=6)
