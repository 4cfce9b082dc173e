import asyncio
from datetime import timedelta
from typing import NoReturn

import pytest
from tests.support.virtual_time import (
    WALL_START,
    FakeClock,
    ScriptedIdentifiers,
    VirtualTimeError,
    in_virtual_time,
    run_virtual,
)

from wattgate.ports.clock import Clock
from wattgate.ports.identifiers import Identifiers


async def tick(seconds: float) -> None:
    await asyncio.sleep(seconds)


def test_a_day_passes_at_once_and_to_the_digit() -> None:
    async def scenario() -> float:
        for _ in range(24 * 60):
            await asyncio.sleep(60)
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario(), within_s=86_400) == 86_400.0


def test_a_wait_longer_than_the_loop_sleeps_in_one_go_ends_on_time() -> None:
    async def scenario() -> float:
        await asyncio.sleep(1e6)
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario(), within_s=1e6) == 1e6


def test_things_happen_in_the_order_they_would_have_happened() -> None:
    happened: list[tuple[float, str]] = []

    async def every(seconds: float, name: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            happened.append((asyncio.get_running_loop().time(), name))

    async def scenario() -> None:
        async with asyncio.timeout(6.5):
            await asyncio.gather(every(3, "three"), every(2, "two"))

    with pytest.raises(TimeoutError):
        run_virtual(scenario())
    assert happened == [(2, "two"), (3, "three"), (4, "two"), (6, "three"), (6, "two")]


def test_a_scenario_that_waits_for_nobody_fails_and_says_where() -> None:
    async def scenario() -> None:
        await asyncio.Event().wait()

    with pytest.raises(VirtualTimeError, match=r"nobody is going to do(.|\n)*scenario"):
        run_virtual(scenario())


def test_a_scenario_that_never_ends_fails_at_its_bound() -> None:
    async def scenario() -> NoReturn:
        while True:
            await tick(1)

    with pytest.raises(VirtualTimeError, match="not done after 30 virtual seconds"):
        run_virtual(scenario(), within_s=30)


def test_a_scenario_that_spins_fails() -> None:
    async def scenario() -> NoReturn:
        while True:
            await tick(0)

    with pytest.raises(VirtualTimeError, match="spins"):
        run_virtual(scenario())


def test_tasks_may_take_their_time_to_end_after_a_failure() -> None:
    ended: list[str] = []

    async def scenario() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(60)
            ended.append("in order")

    with pytest.raises(VirtualTimeError):
        run_virtual(scenario(), within_s=1)
    assert ended == ["in order"]


def test_an_error_that_no_task_shows_fails_the_scenario() -> None:
    def wrong() -> None:
        raise ValueError("seen by the loop only")

    async def scenario() -> None:
        asyncio.get_running_loop().call_soon(wrong)
        await asyncio.sleep(1)

    with pytest.raises(VirtualTimeError, match="seen by the loop only"):
        run_virtual(scenario())


def test_time_stands_still_while_a_thread_works() -> None:
    async def scenario() -> tuple[int, float]:
        async with asyncio.timeout(0.001):
            total = await asyncio.to_thread(sum, range(1_000_000))
        return total, asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == (499_999_500_000, 0.0)


@pytest.mark.parametrize("seconds", [1, 2])
@in_virtual_time(within_s=2)
async def test_a_decorated_test_keeps_its_rows(seconds: float) -> None:
    await asyncio.sleep(seconds)
    assert asyncio.get_running_loop().time() == seconds


@in_virtual_time()
async def test_the_fake_clock_shows_virtual_time_on_both_clocks() -> None:
    clock = FakeClock()
    as_port: Clock = clock
    await asyncio.sleep(90)
    assert as_port.monotonic() == 90
    assert as_port.wall() == WALL_START + timedelta(seconds=90)


@in_virtual_time()
async def test_the_clock_on_the_wall_may_jump_while_the_other_does_not() -> None:
    clock = FakeClock()
    clock.jump_wall(-3600)
    await asyncio.sleep(1)
    assert clock.wall() == WALL_START - timedelta(seconds=3599)
    assert clock.monotonic() == 1


def test_scripted_identifiers_come_in_order_and_then_count() -> None:
    identifiers: Identifiers = ScriptedIdentifiers(message_ids=["a"], fractions=[0.25])
    assert [identifiers.message_id() for _ in range(3)] == ["a", "message-1", "message-2"]
    assert [identifiers.fraction() for _ in range(2)] == [0.25, 0.0]
