"""What makes other than the Power Brain want: pauses, preparations, repetitions, missing parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.support.modbus_driver import Driver, driving
from tests.support.modbus_words import WordLine
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.adapters.modbus.definition_files import shipped
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.lifeline import MARGIN_S
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import SetLimit
from wattgate.ports.evse import LimitOutcome
from wattgate.ports.modbus import ModbusSilent
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import SharedLine, Urgency
from wattgate.runtime.supervisor import Supervisor

KEBA, HEIDELBERG = shipped()["keba-p30"], shipped()["heidelberg-energy-control"]


@asynccontextmanager
async def a_wallbox(
    definition: Definition, line: WordLine | None = None
) -> AsyncIterator[tuple[Driver, WordLine]]:
    words = line or WordLine()
    async with driving(line=words, definition=definition) as driver:
        await driver.passes(2)
        yield driver, words


def told(line: WordLine, *addresses: int) -> list[tuple[int, int]]:
    """First words of the writes to these addresses, in order."""
    return [(address, words[0]) for _, address, words in line.writes if address in addresses]


@in_virtual_time()
async def test_a_make_that_wants_pauses_between_writes_gets_them() -> None:
    async with a_wallbox(KEBA) as (driver, line):
        limits = driver.wallbox.limit(16), driver.wallbox.limit(10)
        await asyncio.gather(*limits)
        await driver.passes(60)
        times = [at for at, _, _ in line.writes]
        assert len(times) >= 4
        assert all(b - a >= 5 for a, b in pairwise(times))


@in_virtual_time()
async def test_a_make_that_only_hears_writes_is_told_again_in_time() -> None:
    seconds = {(Table.HOLDING, 1603): 180, (Table.HOLDING, 1601): 6000}
    async with a_wallbox(KEBA, WordLine(seconds)) as (driver, line):
        await driver.wallbox.limit(10)
        await driver.passes(600)
        times = [at for at, address, _ in line.writes if address == 5004]
        assert all(b - a <= 70 for a, b in zip(times, [*times[1:], driver.now], strict=True))
        assert set(told(line, 5004)) == {(5004, 10_000)}


@in_virtual_time()
async def test_a_backends_offer_is_told_again_to_one_that_only_hears_writes() -> None:
    seconds = {(Table.HOLDING, 1603): 180, (Table.HOLDING, 1601): 6000}
    async with a_wallbox(KEBA, WordLine(seconds)) as (driver, line):
        driver.wallbox.offer(16)
        await driver.passes(600)
        times = [at for at, address, _ in line.writes if address == 5004]
        assert all(b - a <= 100 for a, b in pairwise([*times, driver.now]))
        assert len(times) < 20


@in_virtual_time()
async def test_to_one_that_hears_reads_a_limit_is_said_once() -> None:
    async with a_wallbox(HEIDELBERG) as (driver, line):
        await driver.wallbox.limit(10)
        await driver.passes(600)
        assert told(line, 261) == [(261, 100)]


@in_virtual_time()
async def test_what_it_needs_first_is_written_before_the_first_limit_and_not_before() -> None:
    async with a_wallbox(HEIDELBERG) as (driver, line):
        assert line.writes == []
        await driver.wallbox.limit(10)
        await driver.wallbox.limit(8)
        assert told(line, 258, 259, 261) == [(258, 4), (259, 1), (261, 100), (261, 80)]


@in_virtual_time()
async def test_one_that_refuses_to_be_prepared_is_told_its_limit_all_the_same() -> None:
    async with a_wallbox(HEIDELBERG, WordLine(fixed={258})) as (driver, line):
        assert await driver.wallbox.limit(10) is LimitOutcome.ACCEPTED
        assert told(line, 261) == [(261, 100)]


@in_virtual_time()
async def test_a_fail_safe_that_it_cannot_hold_is_written_as_far_as_it_can() -> None:
    async with a_wallbox(HEIDELBERG) as (driver, line):
        await driver.wallbox.limit(10)
        await driver.passes(30)
        assert told(line, 257, 262) == [(262, 60), (257, 65_000)]
        assert driver.wallbox.fail_safe.setting.after_s == 65


@in_virtual_time()
async def test_what_a_firmware_does_not_have_is_asked_for_once() -> None:
    async with a_wallbox(HEIDELBERG, WordLine(absent={17, 18, 203})) as (driver, line):
        await driver.passes(20)
        assert driver.heard[-1].energy_wh is None
        assert driver.wallbox.is_connected
        assert line.reads.count(17) == 1


@in_virtual_time()
async def test_one_that_is_busy_is_asked_again_for_everything() -> None:
    line = WordLine()
    async with a_wallbox(HEIDELBERG, line) as (driver, _):
        line.is_busy = True
        await driver.passes(4)
        line.is_busy = False
        await driver.passes(4)
        assert driver.heard[-1].energy_wh == 0


@in_virtual_time()
async def test_a_limit_that_wears_the_flash_is_written_only_where_it_differs() -> None:
    limit = HEIDELBERG.write.limit
    assert limit is not None
    worn = replace(HEIDELBERG, write=replace(HEIDELBERG.write, limit=replace(limit, stored=True)))
    async with a_wallbox(worn) as (driver, line):
        for current_a in (10, 10, 10, 8, 8):
            assert await driver.wallbox.limit(current_a) is LimitOutcome.ACCEPTED
        assert told(line, 261) == [(261, 100), (261, 80)]


@in_virtual_time()
async def test_what_is_cancelled_on_the_wire_may_have_been_heard() -> None:
    device = ModbusDevice(HEIDELBERG, SharedLine(WordLine()), 1, FakeClock())
    device.fails_safe_after(60)
    async with Supervisor() as tasks:
        poll = tasks.start(device.poll(Urgency.POLL), name="poll")
        await asyncio.sleep(0.005)
        assert not device.lifeline.has_fallen(1e9)
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
        assert (device.lifeline.unanswered, device.lifeline.under_way) == (1, False)
        assert device.lifeline.has_fallen(1e9)
        first = tasks.start(device.poll(Urgency.POLL), name="first")
        second = tasks.start(device.poll(Urgency.POLL), name="second")
        await asyncio.sleep(0)
        second.cancel()  # it has not had its turn: nobody can have heard it
        await first
        assert device.lifeline.unanswered == 0


@in_virtual_time()
async def test_one_that_lacks_what_its_make_has_cannot_be_used() -> None:
    async with a_wallbox(HEIDELBERG, WordLine(absent={5})) as (driver, _):
        await driver.passes(20)
        assert not driver.wallbox.is_connected


@in_virtual_time()
async def test_whatever_waits_while_it_falls_is_not_sent_any_more() -> None:
    line = WordLine()
    device = ModbusDevice(HEIDELBERG, SharedLine(line), 1, FakeClock())
    device.fails_safe_after(60)
    await asyncio.sleep(60 + MARGIN_S)
    with pytest.raises(ModbusSilent) as silent:
        await device.poll(Urgency.POLL)
    assert not silent.value.was_sent
    assert await device.send(SetLimit(16), Urgency.LIMIT) is LimitOutcome.UNSENT
    assert (line.reads, line.writes) == ([], [])
    assert await device.send(SetLimit(6), Urgency.PROBE, is_low=True) is LimitOutcome.ACCEPTED
