from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.charging.said_caps import SaidCaps
from wattgate.core.ocpp.profiles import Period

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


def caps(*limits: tuple[int, float]) -> tuple[Period, ...]:
    return tuple(Period(start_s, limit_a) for start_s, limit_a in limits)


SAID = SaidCaps(16.0, NOON, 900, caps((0, 20.0), (300, 10.0), (600, 20.0)))


@pytest.mark.parametrize(
    ("after_s", "present", "is_outdated"),
    [
        (0, caps((0, 20.0), (300, 10.0), (600, 20.0)), False),
        (100, caps((0, 20.0), (200, 10.0), (500, 20.0)), False),
        (100, caps((0, 16.0), (200, 10.0), (500, 32.0)), False),
        (300, caps((0, 10.0), (300, 20.0)), False),
        (400, caps((0, 10.0), (200, 20.0)), False),
        (600, caps((0, 20.0)), False),
        (700, caps((0, 20.0), (200, 6.0)), False),
        (700, caps((0, 20.0), (199, 6.0)), True),
        (400, caps((0, 12.0), (200, 20.0)), True),
        (400, caps((0, 8.0), (200, 20.0)), True),
        (-60, caps((0, 20.0), (360, 10.0), (660, 20.0)), False),
        (-60, caps((0, 20.0), (300, 10.0), (600, 20.0)), True),
        (100, caps((0, 20.0)), True),
        (100, caps((0, 20.0), (200, 9.0), (500, 20.0)), True),
        (100, caps((0, 20.0), (201, 10.0), (500, 20.0)), True),
        (100, caps((0, 20.0), (200, 10.0)), True),
    ],
)
def test_what_was_said_is_outdated_where_the_backends_let_the_rest_take_another_course(
    after_s: int, present: tuple[Period, ...], is_outdated: bool
) -> None:
    """R97: within the life of the grant, and of what it says above."""
    assert SAID.is_outdated(present, NOON + timedelta(seconds=after_s)) is is_outdated


def test_what_cannot_be_said_is_no_change() -> None:
    """R100b: below 6 A it is a pause, however much below."""
    said = SaidCaps(16.0, NOON, 900, caps((0, 20.0), (300, 5.0)))
    assert not said.is_outdated(caps((0, 20.0), (300, 0.0), (400, 4.0)), NOON)
    paused = SaidCaps(0.0, NOON, 900, caps((0, 20.0)))
    assert not paused.is_outdated(caps((0, 20.0), (300, 8.0)), NOON)
