import asyncio
from datetime import UTC, timedelta

from wattgate.adapters.clock import SystemClock
from wattgate.adapters.time_servers import is_kept
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
