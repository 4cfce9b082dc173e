"""What several who have a say in an EVSE's current allow it over a stretch of time (R99)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wattgate.core.ocpp.profiles import Period

Course = tuple[Period, ...]
"""Limits in A per phase, the first from 0 s on, in ascending order; infinity where none is set."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start_s` on, `limit_a` A per phase hold, and those named in `by` allow no more.

    Where nobody limits anything, `limit_a` is infinite and `by` empty.
    """

    start_s: int
    limit_a: float
    by: tuple[str, ...]


def intervals(courses: Mapping[str, Course]) -> tuple[Interval, ...]:
    """What all of them together allow, by their names, neighbours that are alike merged."""
    merged: list[Interval] = []
    for start_s, limits_a in _steps(courses):
        limit_a = min(limits_a.values())
        by = tuple(name for name, each_a in limits_a.items() if each_a == limit_a)
        interval = Interval(start_s, limit_a, by if limit_a < float("inf") else ())
        if not merged or (merged[-1].limit_a, merged[-1].by) != (limit_a, interval.by):
            merged.append(interval)
    return tuple(merged)


def least(courses: Iterable[Course]) -> Course:
    """The least of several courses, one at least, at every time."""
    named = {str(number): course for number, course in enumerate(courses)}
    periods: list[Period] = []
    for start_s, limits_a in _steps(named):
        limit_a = min(limits_a.values())
        if not periods or periods[-1].limit != limit_a:
            periods.append(Period(start_s, limit_a))
    return tuple(periods)


def _steps(courses: Mapping[str, Course]) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Every start of a period of any of them, with what each allows from there on."""
    starts = [
        (period.start_s, name, period.limit)
        for name, course in courses.items()
        for period in course
    ]
    limits_a = dict.fromkeys(courses, float("inf"))
    starts.sort(key=lambda start: start[0])
    for place, (start_s, name, limit_a) in enumerate(starts, 1):
        limits_a[name] = limit_a
        if place == len(starts) or starts[place][0] > start_s:
            yield start_s, limits_a
