from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.gateway.link.backend_time import BackendTime, read_backend_time

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_a_backends_time_goes_on_by_the_clock_that_never_jumps_r48() -> None:
    time = read_backend_time('{"currentTime":"2026-05-15T12:00:00Z"}', now=100.0)
    assert time == BackendTime(NOON, 100.0)
    assert time.now(160.0) == NOON + timedelta(seconds=60)
    assert time.ahead_s(160.0, NOON) == 60


@pytest.mark.parametrize("text", ["{}", '{"currentTime":7}', '{"currentTime":"soon"}'])
def test_an_answer_without_a_time_tells_none(text: str) -> None:
    assert read_backend_time(text, 0.0) is None


@pytest.mark.parametrize(("off_s", "notable"), [(0, False), (5, False), (-5, False), (-6, True)])
def test_a_difference_of_more_than_5_s_is_worth_a_word_r48(off_s: float, notable: bool) -> None:
    assert BackendTime(NOON, 0.0).is_notable(0.0, NOON + timedelta(seconds=off_s)) is notable
