"""A wallbox on Modbus that is lost, restarts or is released, and what it does without us."""

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_driver import driving, is_led_at
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.lifeline import MARGIN_S, MOST_UNANSWERED
from wattgate.core.modbus.requests import ModbusCode
from wattgate.ports.evse import LimitOutcome

# Its fail-safe


@in_virtual_time()
async def test_the_fail_safe_is_written_once_where_it_differs() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        await driver.passes(60)
        assert (driver.box.fail_safe_s, driver.box.fail_safe_a) == (180, 6)
        assert driver.wallbox.stored_writes == 2
        assert driver.wallbox.fail_safe.setting.after_s == 180


@in_virtual_time()
async def test_a_fail_safe_that_is_right_is_left_alone() -> None:
    async with driving(ModbusBox(fail_safe_s=180, fail_safe_a=6)) as driver:
        await is_led_at(driver, 16)
        await driver.passes(60)
        assert driver.wallbox.stored_writes == 0


@in_virtual_time()
async def test_a_fail_safe_that_it_does_not_keep_is_not_written_again_and_again() -> None:
    box = ModbusBox(says={"fail_safe_duration": 60})
    async with driving(box) as driver:
        await is_led_at(driver, 16)
        await driver.passes(600)
        assert driver.wallbox.stored_writes == 2
        assert driver.wallbox.fail_safe.setting.after_s == 60  # what it says counts


@in_virtual_time(within_s=3600)
async def test_a_line_that_comes_and_goes_does_not_wear_the_flash_of_one_that_keeps_another() -> (
    None
):
    async with driving(ModbusBox(says={"fail_safe_current": 8})) as driver:
        await is_led_at(driver, 16)
        for _ in range(20):
            driver.line.is_cut = True
            await driver.passes(10)
            driver.line.is_cut = False
            await driver.passes(20)
        assert driver.wallbox.connection > 20
        assert driver.wallbox.stored_writes == 2
        driver.box.fail_safe_s = 300  # somebody else has changed it
        driver.box.restart()
        await driver.passes(20)
        assert (driver.box.fail_safe_s, driver.wallbox.stored_writes) == (180, 4)


@in_virtual_time()
async def test_a_wallbox_without_a_fail_safe_is_asked_on_and_on() -> None:
    box = ModbusBox(says={"fail_safe_duration": 0})
    async with driving(box) as driver:
        await is_led_at(driver, 16)
        driver.line.loses_answers = True
        await driver.passes(1000)
        assert not driver.wallbox.has_fallen(driver.now)
        assert driver.line.asked[-1][0] > driver.now - 5


# Lost, and found again


@in_virtual_time()
async def test_a_poll_without_an_answer_is_nothing_and_two_are_a_loss() -> None:
    async with driving() as driver:
        await driver.passes(4)
        driver.line.loses_requests = True
        await driver.passes(3)
        assert driver.wallbox.is_connected
        await driver.passes(4)
        assert driver.events == ["found", "lost"]
        assert driver.wallbox.health.trouble is not None
        driver.line.loses_requests = False
        await driver.passes(4)
        assert driver.events == ["found", "lost", "found"]
        assert driver.wallbox.connection == 2
        assert not driver.wallbox.has_restarted
        assert driver.wallbox.silent_s(driver.now) == 0


@in_virtual_time()
@pytest.mark.parametrize("lost", ["loses_requests", "loses_answers"])
async def test_after_some_requests_in_vain_it_is_left_alone_until_it_has_fallen(lost: str) -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        began = len(driver.line.asked)
        setattr(driver.line, lost, True)
        await driver.passes(60)
        assert len(driver.line.asked) == began + MOST_UNANSWERED
        while not driver.wallbox.has_fallen(driver.now):
            assert len(driver.line.asked) == began + MOST_UNANSWERED
            await driver.passes(1)
        assert driver.box.drawn_a == 6
        last_at = driver.line.asked[began + MOST_UNANSWERED - 1][0] + driver.line.timeout_s
        assert driver.now == pytest.approx(last_at + 180 + MARGIN_S, abs=3)


@in_virtual_time()
async def test_the_first_word_to_one_that_has_fallen_is_a_low_limit() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        driver.line.loses_requests = True
        await driver.passes(300)
        assert driver.wallbox.has_fallen(driver.now)
        began = len(driver.line.asked)
        driver.line.loses_requests, driver.line.loses_answers = False, True
        await driver.passes(30)
        assert {what for _, _, what in driver.line.asked[began:]} == {"write"}
        assert driver.wallbox.has_fallen(driver.now)
        assert driver.box.offered_a == 6
        driver.line.loses_answers = False
        await driver.passes(12)
        assert driver.wallbox.is_connected
        assert (driver.box.told_a, driver.wallbox.has_fallen(driver.now)) == (6, False)


@in_virtual_time()
async def test_one_that_falls_to_0_a_is_stopped_before_anything_else_is_said() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        driver.wallbox.fail_safe_wanted = lambda: None
        await is_led_at(driver, 16)
        driver.line.loses_requests = True
        await driver.passes(600)
        driver.line.loses_requests = False
        await driver.passes(12)
        assert (driver.box.told_a, driver.box.limit_a) == (0, 16)


@in_virtual_time()
async def test_one_that_hears_the_low_limit_and_refuses_it_may_be_at_its_old_one() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        driver.line.loses_requests = True
        await driver.passes(300)
        driver.box.refuses_writes = ModbusCode.SERVER_DEVICE_BUSY
        began = driver.now
        driver.line.loses_requests = False
        while driver.wallbox.has_fallen(driver.now):
            await driver.passes(0.01)
        assert driver.wallbox.overruled_a == 16
        assert driver.box.drawn_a == 16
        assert driver.now - began < 12


@in_virtual_time()
async def test_one_that_has_fallen_is_tried_now_and_then_since_others_have_to_wait() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        driver.line.loses_requests = True
        await driver.passes(300)
        began = len(driver.line.asked)
        await driver.passes(120)
        assert 9 <= len(driver.line.asked) - began <= 12


@in_virtual_time()
async def test_where_nobody_can_be_connected_with_nothing_keeps_it_from_falling() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        driver.line.is_cut = True
        await driver.passes(180 + MARGIN_S - 5)
        assert not driver.wallbox.has_fallen(driver.now)
        await driver.passes(10)
        assert driver.wallbox.has_fallen(driver.now)


@in_virtual_time()
async def test_a_gateway_that_reaches_nobody_is_no_answer() -> None:
    async with driving(ModbusBox()) as driver:
        await is_led_at(driver, 16)
        driver.box.refuses = ModbusCode.GATEWAY_TARGET_SILENT
        await driver.passes(400)
        assert not driver.wallbox.is_connected
        assert driver.wallbox.has_fallen(driver.now)


# Restarts


@in_virtual_time()
async def test_a_restart_is_seen_and_what_it_was_told_is_said_again() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 10)
        driver.box.restart()
        assert driver.box.drawn_a == 32
        await driver.passes(4)
        assert (driver.wallbox.has_restarted, driver.wallbox.connection) == (True, 2)
        assert driver.box.drawn_a == 10


# Released


@in_virtual_time()
async def test_a_released_wallbox_may_draw_what_it_can_also_without_us() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 0)
        assert await driver.wallbox.release(32) is LimitOutcome.ACCEPTED
        assert (driver.box.told_a, driver.box.fail_safe_s) == (32, 0)
        driver.box.restart()
        driver.box.foreign_write(10)
        writes = len(driver.box.writes)
        await driver.passes(60)
        assert len(driver.box.writes) == writes


@in_virtual_time()
async def test_a_released_wallbox_still_keeps_to_its_backend() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        driver.wallbox.offer(10)
        await is_led_at(driver, 0)
        assert await driver.wallbox.release(32, 10) is LimitOutcome.ACCEPTED
        assert driver.box.told_a == 10
        driver.wallbox.offer(16)
        await driver.passes(1)
        assert driver.box.told_a == 16


@in_virtual_time()
async def test_one_that_cannot_wait_for_ever_is_to_allow_everything_after_its_longest_time() -> (
    None
):
    async with driving(ModbusBox(refuses_fail_safe_of_s=0)) as driver:
        await is_led_at(driver, 6)
        assert await driver.wallbox.release(32) is LimitOutcome.ACCEPTED
        assert (driver.box.fail_safe_s, driver.box.fail_safe_a) == (86_400, 32)


@in_virtual_time()
async def test_one_that_keeps_its_fail_safe_is_released_all_the_same() -> None:
    async with driving(ModbusBox(says={"fail_safe_duration": 60})) as driver:
        await is_led_at(driver, 6)
        driver.box.refuses_fail_safe_of_s = 0
        assert await driver.wallbox.release(32) is LimitOutcome.ACCEPTED
        assert driver.wallbox.fail_safe.is_there


@in_virtual_time()
async def test_a_release_that_cannot_be_sent_leaves_everything_as_it_was() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 6)
        driver.line.is_cut = True
        assert await driver.wallbox.release(32) is LimitOutcome.UNSENT
        assert driver.wallbox.is_led


@in_virtual_time()
async def test_load_management_may_leave_without_a_word() -> None:
    async with driving() as driver:
        await is_led_at(driver, 10)
        driver.wallbox.observe()
        writes = len(driver.box.writes)
        driver.box.foreign_write(32)
        await driver.passes(30)
        assert (len(driver.box.writes), driver.wallbox.is_led) == (writes, False)
