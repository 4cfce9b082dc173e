"""A wallbox on Modbus alone: polled while the control loop lives, told, read back, found again."""

import asyncio

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_driver import a_book, driving, is_led_at
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.wallbox_values import CutPilot, SelectPhases
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import SharedLine
from wattgate.runtime.modbus.wallbox import ModbusWallbox

LIMIT, ENABLE, FAIL_SAFE = 8093, 8094, 8083


def limits_written(box: ModbusBox) -> list[int]:
    """First words of the writes that told it a limit."""
    return [words[0] for address, words in box.writes if address in (LIMIT, ENABLE)]


@in_virtual_time()
async def test_it_is_polled_in_each_cycle_and_says_what_it_is() -> None:
    async with driving(ModbusBox(plugged=True, card="04A2")) as driver:
        await driver.passes(10)
        assert driver.wallbox.model is not None
        assert driver.wallbox.model.serial == "PB-0001"
        assert [each.pilot for each in driver.heard] == [Pilot.C] * 4
        assert driver.events == ["found"]
        assert driver.box.writes == []


@in_virtual_time()
async def test_nothing_is_sent_once_the_control_loop_stalls_and_the_wallbox_falls_back() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        driver.lives = False
        await driver.passes(1)
        asked = len(driver.line.asked)
        driver.wallbox.offer(10)  # nobody else may feed its watch either
        await driver.passes(178)
        assert driver.box.drawn_a == 16
        await driver.passes(5)
        assert driver.box.drawn_a == 6
        assert len(driver.line.asked) == asked


@in_virtual_time()
async def test_a_limit_is_accepted_when_its_registers_say_so() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 10)
        assert (driver.box.limit_a, driver.box.enabled, driver.wallbox.holds_a) == (10, True, 10)
        assert await driver.wallbox.limit(0) is LimitOutcome.ACCEPTED
        assert (driver.box.told_a, driver.box.drawn_a) == (0, 0)


@in_virtual_time()
@pytest.mark.parametrize("current_a", [0.1, 3, 5.9])
async def test_less_than_6_a_is_a_pause_r100b(current_a: float) -> None:
    async with driving() as driver:
        await is_led_at(driver, current_a)
        assert driver.box.told_a == 0
        assert all(words >= 60 or words == 0 for words in limits_written(driver.box))


@in_virtual_time()
async def test_a_limit_that_another_master_overwrites_at_once_is_not_accepted() -> None:
    async with driving() as driver:
        await driver.passes(1)
        driver.box.overwrites = 32
        assert await driver.wallbox.limit(10) is LimitOutcome.REFUSED


@in_virtual_time()
async def test_a_wallbox_that_allows_less_than_it_was_told_has_accepted() -> None:
    async with driving(ModbusBox(hardware_a=16)) as driver:
        await is_led_at(driver, 32)
        writes = len(driver.box.writes)
        await driver.passes(30)
        assert driver.wallbox.holds_a == 16
        assert len(driver.box.writes) == writes


@in_virtual_time()
async def test_an_exception_is_a_refusal() -> None:
    async with driving() as driver:
        await driver.passes(1)
        driver.box.refuses_writes = ModbusCode.ILLEGAL_DATA_VALUE
        assert await driver.wallbox.limit(10) is LimitOutcome.REFUSED


@in_virtual_time()
@pytest.mark.parametrize("lost", ["loses_requests", "loses_answers"])
async def test_what_gets_no_answer_may_have_been_obeyed_or_not(lost: str) -> None:
    async with driving() as driver:
        await driver.passes(1)
        setattr(driver.line, lost, True)
        assert await driver.wallbox.limit(10) is LimitOutcome.UNANSWERED


@in_virtual_time()
async def test_a_limit_for_a_wallbox_out_of_reach_stays_unsent_and_is_not_sent_later() -> None:
    async with driving() as driver:
        await is_led_at(driver, 6)
        driver.line.is_cut = True
        assert await driver.wallbox.limit(16) is LimitOutcome.UNSENT
        await driver.passes(9)
        assert await driver.wallbox.limit(20) is LimitOutcome.UNSENT
        driver.line.is_cut = False
        await driver.passes(9)
        assert driver.box.told_a == 6


@in_virtual_time()
async def test_of_two_limits_that_wait_only_the_newer_is_sent() -> None:
    async with driving() as driver:
        await driver.passes(1)
        limit = driver.wallbox.limit
        *outdated, newest = await asyncio.gather(limit(16), limit(12), limit(8))
        assert newest is LimitOutcome.ACCEPTED
        assert outdated[1] is LimitOutcome.UNSENT
        assert 120 not in limits_written(driver.box)
        assert driver.box.told_a == 8


@in_virtual_time()
@pytest.mark.parametrize("tenths", range(0, 30, 2))
async def test_a_poll_that_a_limit_has_overtaken_says_nothing_of_it(tenths: int) -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        driver.line.takes_s = 0.5
        await driver.passes(6 + tenths / 10)
        assert await driver.wallbox.limit(10) is LimitOutcome.ACCEPTED
        for _ in range(10):
            await driver.passes(0.3)
            assert driver.wallbox.overruled_a is None
            assert driver.wallbox.values is not None
            assert driver.wallbox.values.limit_a == 10


@in_virtual_time()
@pytest.mark.parametrize("tenths", range(0, 30, 2))
async def test_what_a_release_has_overtaken_is_nobody_elses_wish(tenths: int) -> None:
    async with driving() as driver:
        await is_led_at(driver, 6)
        driver.line.takes_s = 0.5
        await driver.passes(6 + tenths / 10)
        assert await driver.wallbox.release(32, 16) is LimitOutcome.ACCEPTED
        driver.wallbox.offer(20)
        await driver.passes(10)
        assert driver.box.told_a == 20


# What its backend lets it have


@in_virtual_time()
async def test_a_led_wallbox_gets_the_least_of_both_r100i() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        for offer_a, told_a in [(10, 10), (0, 0), (32, 16), (None, 16)]:
            driver.wallbox.offer(offer_a)
            await driver.passes(0.5)
            assert driver.box.told_a == told_a
        driver.wallbox.offer(8)
        assert await driver.wallbox.limit(20) is LimitOutcome.ACCEPTED
        assert driver.box.told_a == 8


@in_virtual_time()
async def test_without_load_management_and_backend_nothing_is_ever_written() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await driver.passes(20)
        driver.box.restart()
        await driver.passes(20)
        driver.line.is_cut = True
        await driver.passes(700)
        driver.line.is_cut = False
        await driver.passes(20)
        assert driver.wallbox.is_connected
        assert driver.box.writes == []


@in_virtual_time()
async def test_while_load_management_observes_the_backends_offer_is_all_that_is_written() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        driver.wallbox.offer(0)
        await driver.passes(4)
        assert driver.box.drawn_a == 0
        driver.wallbox.offer(10)
        await driver.passes(1)
        assert driver.box.drawn_a == 10
        assert driver.box.fail_safe_s == 300


@in_virtual_time()
async def test_beside_another_controller_what_it_lowers_stays_and_what_is_too_much_goes() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        driver.wallbox.offer(16)
        await driver.passes(4)
        driver.box.foreign_write(8)
        await driver.passes(20)
        assert driver.box.told_a == 8
        driver.box.foreign_write(0, enabled=False)
        await driver.passes(20)
        assert driver.box.told_a == 0
        driver.box.foreign_write(32)
        await driver.passes(4)
        assert driver.box.told_a == 16


@in_virtual_time()
async def test_a_new_offer_need_not_wait_for_the_one_that_was_refused() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        driver.box.refuses_writes = ModbusCode.SERVER_DEVICE_BUSY
        driver.wallbox.offer(10)
        await driver.passes(1)
        driver.box.refuses_writes = None
        driver.wallbox.offer(0)
        await driver.passes(1)
        assert driver.box.told_a == 0


@in_virtual_time()
async def test_a_reduction_goes_before_the_raises_that_wait_on_its_line() -> None:
    async with driving() as driver:
        driver.line.boxes |= {2: ModbusBox(), 3: ModbusBox()}
        clock, tasks = FakeClock(), driver.tasks
        shared = SharedLine(driver.line)
        boxes = [
            ModbusWallbox(
                f"e{unit}",
                ModbusDevice(POWER_BRAIN_DEFINITION, shared, unit, clock),
                clock,
                tasks,
                a_book(f"e{unit}", tasks),
            )
            for unit in (1, 2, 3)
        ]
        driver.lives = False
        await driver.passes(5)
        for each in boxes:
            each.alive(driver.now)
        await driver.passes(5)
        began = len(driver.line.asked)
        await asyncio.gather(
            boxes[0].limit(16), boxes[1].limit(16), boxes[2].limit(6, reduction=True)
        )
        asked = driver.line.asked[began:]
        assert [unit for _, unit, what in asked if what == "write"] == [1, 3, 2]


# Others, while load management leads


@in_virtual_time()
async def test_who_raises_a_limit_of_ours_is_noticed_at_the_next_poll() -> None:
    async with driving() as driver:
        await is_led_at(driver, 10)
        driver.box.foreign_write(32)
        await driver.passes(3)
        assert driver.wallbox.overruled_a == 32
        assert await driver.wallbox.limit(10) is LimitOutcome.ACCEPTED
        assert driver.wallbox.overruled_a is None


@in_virtual_time()
async def test_what_others_lower_is_said_again() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        driver.box.foreign_write(6)
        await driver.passes(4)
        assert (driver.box.told_a, driver.wallbox.overruled_a) == (16, None)


# What it says, and what else it can do


@in_virtual_time()
async def test_values_that_make_no_sense_are_as_good_as_none() -> None:
    async with driving(ModbusBox(says={"power": 4_000_000_000})) as driver:
        await driver.passes(10)
        assert driver.wallbox.is_connected
        assert driver.heard[-1].power_w is None
        assert driver.heard[-1].energy_wh == 1_000


@in_virtual_time()
async def test_a_wallbox_that_refuses_to_be_read_is_not_there() -> None:
    async with driving(ModbusBox(refuses=ModbusCode.SERVER_DEVICE_BUSY)) as driver:
        await driver.passes(10)
        assert not driver.wallbox.is_connected
        assert driver.wallbox.health.failures == 4


@in_virtual_time()
async def test_a_sleeping_car_is_woken_and_phases_are_selected() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        assert await driver.wallbox.command(CutPilot(5)) is LimitOutcome.UNSENT
        await driver.passes(1)
        assert await driver.wallbox.command(CutPilot(5)) is LimitOutcome.ACCEPTED
        assert await driver.wallbox.command(SelectPhases(1)) is LimitOutcome.ACCEPTED
        assert (driver.box.pilot_cuts, driver.box.relay) == ([5], 1)
