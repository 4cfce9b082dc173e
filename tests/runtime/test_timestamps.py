from datetime import UTC, datetime, timedelta, timezone

import pytest

from wattgate.runtime.timestamps import ocpp_time, read_time

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_time_is_written_in_utc_with_milliseconds() -> None:
    in_rome = (NOON + timedelta(microseconds=1999)).astimezone(timezone(timedelta(hours=2)))
    assert ocpp_time(in_rome) == "2026-05-15T12:00:00.001Z"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-05-15T12:00:00Z", NOON),
        ("2026-05-15T14:00:00.000+02:00", NOON),
        ("2026-05-15T12:00:00", NOON),
        ("noon", None),
        ("", None),
    ],
)
def test_a_wallbox_may_write_its_time_in_several_ways(text: str, at: datetime | None) -> None:
    assert read_time(text) == at
