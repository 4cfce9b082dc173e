from math import inf

import pytest

from wattgate.core.gateway.profiles.courses import Course, Interval, intervals, least
from wattgate.core.ocpp.profiles import Period


def course(*limits: tuple[int, float]) -> Course:
    return tuple(Period(start_s, limit_a) for start_s, limit_a in limits)


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        ([course((0, 16.0))], course((0, 16.0))),
        ([course((0, 16.0)), course((0, 10.0), (60, 20.0))], course((0, 10.0), (60, 16.0))),
        ([course((0, 16.0), (30, 6.0)), course((0, 6.0), (30, 32.0))], course((0, 6.0))),
        ([course((0, inf), (10, 8.0)), course((0, inf))], course((0, inf), (10, 8.0))),
        ([course((0, 9.0), (5, 7.0)), course((0, 8.0), (6, 9.0))], course((0, 8.0), (5, 7.0))),
    ],
)
def test_the_least_of_all_holds_from_each_change_of_each(
    courses: list[Course], expected: Course
) -> None:
    assert least(courses) == expected
    assert least(reversed(courses)) == expected


def test_each_interval_names_all_who_allow_no_more() -> None:
    said = {
        "operator": course((0, inf), (60, 8.0), (120, 8.0)),
        "grid": course((0, inf), (60, 10.0), (90, 8.0), (150, inf)),
        "load": course((0, inf), (200, 8.0)),
    }
    assert intervals(said) == (
        Interval(0, inf, ()),
        Interval(60, 8.0, ("operator",)),
        Interval(90, 8.0, ("operator", "grid")),
        Interval(150, 8.0, ("operator",)),
        Interval(200, 8.0, ("operator", "load")),
    )
