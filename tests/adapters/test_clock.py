import asyncio
from datetime import UTC, timedelta

import pytest

from wattgate.adapters.clock import SystemClock, Timex, is_kept
from wattgate.ports.clock import Clock


def test_the_monotonic_clock_never_goes_back() -> None:
    clock: Clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_the_monotonic_clock_is_the_event_loops_own_time() -> None:
    async def between() -> bool:
        loop = asyncio.get_running_loop()
        return loop.time() <= SystemClock().monotonic() <= loop.time()

    assert asyncio.run(between())


def test_the_wall_clock_is_in_utc_and_says_so() -> None:
    wall = SystemClock().wall()
    assert wall.tzinfo is UTC
    assert wall.utcoffset() == timedelta(0)


def test_the_kernel_knows_whether_the_wall_clock_is_kept_r48() -> None:
    assert SystemClock().is_synchronised() is is_kept()


@pytest.mark.parametrize(
    ("state", "status", "kept"),
    [
        (0, 0x0001, True),
        (1, 0x0011, True),  # a leap second is due
        (5, 0x0001, False),
        (0, 0x0040, False),
        (5, 0x0040, False),
        (-1, 0, False),
    ],
)
def test_only_a_clock_that_the_kernel_knows_to_be_kept_counts_r48(
    state: int, status: int, kept: bool
) -> None:
    def adjtimex(timex: Timex) -> int:
        assert timex.modes == 0, "it would set the clock"
        timex.status = status
        return state

    assert is_kept(adjtimex) is kept


@pytest.mark.parametrize("failure", [AttributeError("adjtimex"), OSError("no C library")])
def test_where_nobody_can_be_asked_the_clock_is_not_kept_r48(failure: Exception) -> None:
    def adjtimex(_: Timex) -> int:
        raise failure

    assert not is_kept(adjtimex)


def test_the_kernel_of_this_machine_is_asked_without_harm() -> None:
    assert [is_kept() for _ in range(3)] in ([True] * 3, [False] * 3)
