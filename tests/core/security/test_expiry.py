from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.security.expiry import SAID_DAILY, Stage, days_left, expiry_words, stage_of

END = datetime(2026, 5, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def before(days: float) -> datetime:
    return END - timedelta(days=days)


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (before(1000), Stage.FINE),
        (before(60) - SECOND, Stage.FINE),
        (before(60), Stage.SOON),
        (before(30) - SECOND, Stage.SOON),
        (before(30), Stage.NEAR),
        (before(7) - SECOND, Stage.NEAR),
        (before(7), Stage.URGENT),
        (END, Stage.URGENT),
        (END + SECOND, Stage.EXPIRED),
    ],
)
def test_a_certificate_nears_its_end_in_stages_of_60_30_and_7_days(
    now: datetime, stage: Stage
) -> None:
    assert stage_of(END, now) is stage


def test_from_a_week_before_the_end_it_is_said_every_day() -> None:
    assert [stage for stage in Stage if stage >= SAID_DAILY] == [Stage.URGENT, Stage.EXPIRED]


@pytest.mark.parametrize(
    ("now", "days", "words"),
    [
        (before(60), 60, "expires in 60 days, on 2026-05-27"),
        (before(12.9), 12, "expires in 12 days, on 2026-05-27"),
        (before(1), 1, "expires in 1 day, on 2026-05-27"),
        (before(0.9), 0, "expires within a day, on 2026-05-27"),
        (END, 0, "expires within a day, on 2026-05-27"),
        (END + SECOND, -1, "has expired on 2026-05-27"),
        (before(-10), -10, "has expired on 2026-05-27"),
    ],
)
def test_its_end_is_told_in_days_and_with_its_date(now: datetime, days: int, words: str) -> None:
    assert days_left(END, now) == days
    assert expiry_words(END, now) == words
