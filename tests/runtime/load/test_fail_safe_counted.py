"""What an EVSE counts for that watches over its master, instead of having grants that end."""

from dataclasses import replace

import pytest
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.load.demand import EvseView
from wattgate.ports.evse import EvseReading, FailSafe
from wattgate.ports.store import GrantRecord, Recovered
from wattgate.runtime.load.counting import Counting
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

GRANT_A, HARDWARE_A = 10.0, 16.0

HERE = EvseReading(
    view=EvseView("a", frozenset({0, 1, 2}), 6.0, HARDWARE_A),
    seen=True,
    ready=True,
    silent_s=0.0,
    connection=1,
    booted=False,
    idle=False,
    draw=None,
    waiting_since=0.0,
    fail_safe=FailSafe(6.0, has_fallen=False),
)
SILENT = replace(HERE, ready=False, silent_s=61.0)
FALLEN = replace(SILENT, fail_safe=FailSafe(6.0, has_fallen=True))


async def counted_a(reading: EvseReading, *, unknown: bool = False, is_free: bool = False) -> float:
    async with Supervisor() as tasks:
        tools = Tools(FakeClock(), ScriptedIdentifiers())
        limits = Limits(MemoryStore(), tools, tasks, lambda: None)
        grant = GrantRecord("a", GRANT_A, None, FakeClock().wall())
        await limits.recover(Recovered(grants=(grant,)))
        counting = Counting(["a"], limits)
        counting.count("a", HERE, 0.0, is_free=False)
        if unknown:
            limits.not_known("a")
        counting.count("a", reading, 0.0, is_free=is_free)
        return limits.position("a").worst_a


@pytest.mark.parametrize(
    ("reading", "current_a"),
    [
        (HERE, GRANT_A),
        (SILENT, GRANT_A),
        (replace(SILENT, silent_s=9_999.0), GRANT_A),
        (FALLEN, 6.0),
        (replace(FALLEN, silent_s=41.0), 6.0),
        (replace(FALLEN, fail_safe=FailSafe(0.0, has_fallen=True)), 0.0),
        (replace(FALLEN, fail_safe=FailSafe(14.0, has_fallen=True)), 14.0),
        (replace(HERE, fail_safe=FailSafe(14.0, has_fallen=False)), 14.0),
        (replace(SILENT, fail_safe=None), HARDWARE_A),
        (replace(HERE, overruled_a=13.0), 13.0),
        (replace(HERE, overruled_a=8.0), GRANT_A),
        (replace(SILENT, overruled_a=13.0), 13.0),
    ],
)
@in_virtual_time()
async def test_what_it_was_told_last_counts_until_it_has_surely_fallen(
    reading: EvseReading, current_a: float
) -> None:
    assert await counted_a(reading) == current_a


@pytest.mark.parametrize(("reading", "current_a"), [(SILENT, HARDWARE_A), (FALLEN, 6.0)])
@in_virtual_time()
async def test_one_that_may_hold_anything_counts_at_its_maximum_until_it_has_fallen(
    reading: EvseReading, current_a: float
) -> None:
    assert await counted_a(reading, unknown=True) == current_a


@pytest.mark.parametrize("reading", [HERE, SILENT, FALLEN, replace(HERE, overruled_a=13.0)])
@in_virtual_time()
async def test_a_released_one_counts_at_its_maximum_whatever_it_says(reading: EvseReading) -> None:
    assert await counted_a(reading, is_free=True) == HARDWARE_A
