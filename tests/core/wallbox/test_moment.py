from datetime import datetime, timedelta, timezone

import pytest

from wattgate.core.wallbox.moment import stamp


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-05-15T12:00:00+00:00", "2026-05-15T12:00:00.000Z"),
        ("2026-05-15T12:00:00.123999+00:00", "2026-05-15T12:00:00.123Z"),
    ],
)
def test_a_time_is_written_in_utc_to_the_millisecond(at: str, text: str) -> None:
    assert stamp(datetime.fromisoformat(at)) == text


def test_a_time_of_another_zone_is_taken_to_utc() -> None:
    summer = timezone(timedelta(hours=2))
    assert stamp(datetime(2026, 5, 15, 14, tzinfo=summer)) == "2026-05-15T12:00:00.000Z"
