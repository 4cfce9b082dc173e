"""Whether a wallbox is here, and what its clock says."""

import asyncio
from datetime import timedelta

import pytest
from tests.support.virtual_time import WALL_START, FakeClock, in_virtual_time

from wattgate.runtime.station.presence import Presence


def hears(presence: Presence, clock: FakeClock, offset_s: float) -> None:
    """A message of a wallbox whose clock is ahead by so much."""
    presence.heard_time(clock.wall() + timedelta(seconds=offset_s))


@in_virtual_time()
async def test_a_clock_that_is_off_by_seconds_puts_nothing_in_doubt_r48() -> None:
    clock = FakeClock()
    presence = Presence("CP1", clock)
    presence.tell_time()
    unknown = presence.clock_offset_s
    for offset_s in (3.0, -20.0, 2.0, 40.0, -50.0):
        hears(presence, clock, offset_s)
        await asyncio.sleep(10)
    presence.heard_time(None)
    assert presence.connection == 0
    assert (unknown, presence.clock_offset_s) == (None, 40)
    assert presence.its_time() == clock.wall() + timedelta(seconds=40)


@pytest.mark.parametrize("offset_s", [-300.0, 300.0, -1_700_000_000.0])
@in_virtual_time()
async def test_a_clock_that_is_far_off_puts_its_schedules_in_doubt_once_r48(
    offset_s: float,
) -> None:
    clock = FakeClock()
    presence = Presence("CP1", clock)
    presence.tell_time()
    for _ in range(5):
        hears(presence, clock, offset_s)
        await asyncio.sleep(10)
        presence.tell_time()
        await asyncio.sleep(20)
    assert presence.connection == 1
    assert presence.clock_offset_s == offset_s


@pytest.mark.parametrize(
    ("offset_s", "is_known", "stamped_s", "was_s"),
    [
        (0.0, True, -60.0, -60.0),
        (-32_400.0, True, -32_460.0, -60.0),
        (7200.0, True, 7140.0, -60.0),
        (7200.0, False, 7140.0, 0.0),
        (-32_400.0, False, -32_460.0, -32_460.0),
    ],
)
@in_virtual_time()
async def test_what_its_clock_said_is_told_in_our_time_and_never_in_the_future_r48(
    offset_s: float, is_known: bool, stamped_s: float, was_s: float
) -> None:
    """What waited in the wallbox looks like a slow clock, until that has shown itself."""
    clock = FakeClock()
    presence = Presence("CP1", clock)
    for _ in range(2 if is_known else 1):
        hears(presence, clock, offset_s)
        await asyncio.sleep(20)
    now = clock.wall()
    told = presence.our_time_of(now + timedelta(seconds=stamped_s))
    assert told == now + timedelta(seconds=was_s)
    assert presence.our_time_of(None) == now


@in_virtual_time()
async def test_a_jump_of_our_own_clock_moves_its_time_only_when_it_is_told_r48() -> None:
    clock = FakeClock()
    presence = Presence("CP1", clock)
    presence.tell_time()
    clock.jump_wall(-3600)
    assert presence.its_time() == WALL_START
    assert presence.connection == 0
    presence.tell_time()
    assert presence.its_time() == WALL_START - timedelta(hours=1)
    assert presence.connection == 1


@in_virtual_time()
async def test_values_that_the_manager_alone_asked_for_are_its_own_r88() -> None:
    presence = Presence("CP1", FakeClock())
    presence.expect_own_trigger(1)
    assert presence.triggered_for(1) == frozenset()
    presence.expect_own_trigger(1)
    presence.backend_triggered("one", None)
    assert presence.triggered_for(1) == frozenset({"one"})


@in_virtual_time()
async def test_a_notice_is_for_who_triggered_it_r88() -> None:
    presence = Presence("CP1", FakeClock())
    presence.backend_triggered("one", None, "FirmwareStatusNotification")
    assert presence.notice_for("FirmwareStatusNotification") == {"one"}
    assert presence.notice_for("LogStatusNotification") == frozenset()
    assert presence.triggered_for(1) is None
