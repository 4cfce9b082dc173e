"""What a person reads of a wallbox on Modbus that answers badly: each news once (P16)."""

from structlog.testing import capture_logs
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.runtime.modbus.health import MOST_REASONS, Health


@in_virtual_time()
async def test_the_log_says_once_that_a_wallbox_is_away_whatever_the_reasons() -> None:
    health = Health("a", FakeClock())
    with capture_logs() as logs:
        health.answered()
        for number in range(1000):
            health.failed(("no answer", "no route", "no host")[number % 3])
        health.answered()
    assert [line["event"] for line in logs] == [
        "wallbox answers",
        "wallbox lost",
        *["wallbox does not answer"] * 2,
        "wallbox answers",
    ]


@in_virtual_time()
async def test_reasons_that_are_never_the_same_do_not_fill_the_log() -> None:
    health = Health("a", FakeClock())
    with capture_logs() as logs:
        for number in range(1000):
            health.failed(f"reason {number}")
    assert len(logs) == MOST_REASONS
    assert health.trouble is not None
    assert health.trouble.reason == "reason 999"


@in_virtual_time()
async def test_a_frame_that_gets_lost_now_and_then_is_counted_and_not_told() -> None:
    health = Health("a", FakeClock())
    health.answered()
    with capture_logs() as logs:
        for _ in range(100):
            assert not health.failed("no answer")
            health.answered()
    assert logs == []
    assert (health.failures, health.polls) == (100, 101)


@in_virtual_time()
async def test_what_was_told_of_one_absence_is_told_of_the_next() -> None:
    health = Health("a", FakeClock())
    with capture_logs() as logs:
        for _ in range(2):
            health.failed("no route")
            health.answered()
            health.failed("no answer")
            assert health.failed("no answer")
    assert [line["event"] for line in logs] == [
        "wallbox does not answer",
        "wallbox answers",
        "wallbox lost",
    ] * 2


@in_virtual_time()
async def test_somebody_who_always_raises_the_limit_is_told_less_and_less_often() -> None:
    health = Health("a", FakeClock())
    with capture_logs() as logs:
        for _ in range(1000):
            health.overruled(16, 6)
    assert [line["times"] for line in logs] == [2**power for power in range(10)]
