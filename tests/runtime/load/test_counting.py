"""What a wallbox counts for, by what its connection tells (R100a)."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.load.demand import EvseView
from wattgate.core.load.sensing import Draw
from wattgate.ports.evse import EvseReading
from wattgate.ports.store import GrantRecord, Recovered
from wattgate.runtime.load.counting import Counting
from wattgate.runtime.load.grant_lives import LAPSE_MARGIN_S, LONGEST_GRANT_S
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

HERE = EvseReading(
    view=EvseView("a", frozenset({0, 1, 2}), 6.0, 16.0),
    seen=True,
    ready=True,
    silent_s=0.0,
    connection=1,
    booted=False,
    idle=False,
    draw=None,
    waiting_since=0.0,
)
SILENT = replace(HERE, ready=False, silent_s=61.0)
PROVEN = replace(SILENT, is_harmless_when_silent=True)


async def _limits(tasks: Supervisor, *grants: GrantRecord) -> Limits:
    limits = Limits(MemoryStore(), Tools(FakeClock(), ScriptedIdentifiers()), tasks, lambda: None)
    await limits.recover(Recovered(grants=grants))
    return limits


def _granted(current_a: float) -> GrantRecord:
    return GrantRecord("a", current_a, None, FakeClock().wall())


@pytest.mark.parametrize(
    ("reading", "counted_a"),
    [
        (replace(HERE, seen=False), 10.0),
        (HERE, 10.0),
        (replace(HERE, draw=Draw(0.0, 14.0, 14.0)), 14.0),
        (replace(HERE, draw=Draw(0.0, 4.0, 14.0)), 14.0),
        (replace(HERE, draw=Draw(0.0, 40.0, 40.0)), 16.0),
        (replace(HERE, booted=True), 16.0),
        (replace(HERE, booted=True, idle=True), 0.0),
        (replace(HERE, ready=False, silent_s=59.0), 10.0),
        (SILENT, 16.0),
        (PROVEN, 10.0),
    ],
)
@in_virtual_time()
async def test_after_a_restart_a_wallbox_counts_at_its_grant_until_its_connection_says_more(
    reading: EvseReading, counted_a: float
) -> None:
    async with Supervisor() as tasks:
        limits = await _limits(tasks, _granted(10.0))
        Counting(["a"], limits).count("a", reading, 0.0, is_free=False)
        assert limits.position("a").worst_a == counted_a


@pytest.mark.parametrize(
    ("reading", "later_s", "counted_a"),
    [
        (PROVEN, LONGEST_GRANT_S, 10.0),
        (PROVEN, LONGEST_GRANT_S + LAPSE_MARGIN_S, 0.0),
        (replace(PROVEN, standing_a=6.0), LONGEST_GRANT_S + LAPSE_MARGIN_S, 6.0),
        (SILENT, LONGEST_GRANT_S + LAPSE_MARGIN_S, 16.0),
    ],
)
@in_virtual_time()
async def test_only_proven_expiry_makes_a_silent_wallbox_harmless_and_only_when_the_grant_is_over(
    reading: EvseReading, later_s: float, counted_a: float
) -> None:
    async with Supervisor() as tasks:
        limits = await _limits(tasks, _granted(10.0))
        counting = Counting(["a"], limits)
        for now in (0.0, later_s):
            counting.count("a", reading, now, is_free=False)
        assert limits.position("a").worst_a == counted_a


@in_virtual_time()
async def test_a_wallbox_that_holds_no_limit_of_ours_earns_no_credit_by_a_proof() -> None:
    async with Supervisor() as tasks:
        limits = await _limits(tasks, _granted(10.0))
        counting = Counting(["a"], limits)
        counting.count("a", replace(HERE, booted=True), 0.0, is_free=False)
        counting.count("a", PROVEN, 70.0, is_free=False)
        assert limits.position("a").worst_a == 16.0


@in_virtual_time()
async def test_a_released_evse_counts_at_its_maximum_idle_or_not() -> None:
    async with Supervisor() as tasks:
        limits = await _limits(tasks, _granted(0.0))
        Counting(["a"], limits).count("a", replace(HERE, idle=True), 0.0, is_free=True)
        assert limits.position("a").worst_a == 16.0


@in_virtual_time()
async def test_what_is_counted_for_a_boot_in_use_is_known_after_a_restart() -> None:
    """A manager that dies between a boot and the first accepted limit must not forget the boot."""
    store = MemoryStore()
    async with Supervisor() as tasks:
        tools = Tools(FakeClock(), ScriptedIdentifiers())
        limits = Limits(store, tools, tasks, lambda: None)
        await limits.recover(Recovered(grants=(_granted(6.0),)))
        Counting(["a"], limits).count("a", replace(HERE, booted=True), 0.0, is_free=False)
        await asyncio.sleep(0.01)
        [record] = (await store.recover()).grants
        assert record.committed_a == 16.0


@in_virtual_time()
async def test_a_silent_wallbox_that_connects_counts_at_its_maximum_until_it_had_time_to_boot() -> (
    None
):
    async with Supervisor() as tasks:
        limits = await _limits(tasks, _granted(10.0))
        counting = Counting(["a"], limits)
        counting.count("a", HERE, 0.0, is_free=False)
        counting.count("a", SILENT, 61.0, is_free=False)
        back = replace(HERE, connection=2)
        counting.count("a", replace(back, ready=False), 70.0, is_free=False)
        assert limits.position("a").worst_a == 16.0
        counting.count("a", back, 75.0, is_free=False)
        assert limits.position("a").worst_a == 10.0
