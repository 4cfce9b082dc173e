"""The fail-safe of a wallbox while nobody knows whether it has taken a new one."""

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_driver import driving, is_led_at
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.wallbox_values import SetFailSafe
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.fail_safe_book import FailSafeSetting


@pytest.mark.parametrize(
    ("wanted", "worse"),
    [
        (SetFailSafe(60, 0.0), FailSafeSetting(180, 6)),
        (SetFailSafe(600, 10.0), FailSafeSetting(600, 10)),
        (SetFailSafe(60, 10.0), FailSafeSetting(180, 10)),
    ],
)
@in_virtual_time()
async def test_the_worse_of_both_counts_until_it_has_said_which_it_keeps(
    wanted: SetFailSafe, worse: FailSafeSetting
) -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        driver.line.loses_answers = True
        assert await driver.wallbox.fail_safe.keep(wanted, 1) is LimitOutcome.UNANSWERED
        assert driver.wallbox.fail_safe.is_in_doubt
        assert driver.wallbox.fail_safe.setting == worse
        assert driver.device.lifeline.fail_safe_s == worse.after_s


@in_virtual_time()
async def test_what_was_never_sent_leaves_it_as_it_was() -> None:
    async with driving() as driver:
        await is_led_at(driver, 16)
        driver.line.is_cut = True
        assert await driver.wallbox.fail_safe.keep(SetFailSafe(60, 0), 1) is LimitOutcome.UNSENT
        assert not driver.wallbox.fail_safe.is_in_doubt
        assert driver.wallbox.fail_safe.setting == FailSafeSetting(180, 6)


@in_virtual_time()
async def test_what_it_was_asked_before_or_while_it_was_set_anew_counts_for_nothing() -> None:
    async with driving(ModbusBox(plugged=True)) as driver:
        await is_led_at(driver, 16)
        keeper, values = driver.wallbox.fail_safe, driver.wallbox.values
        assert values is not None
        before = keeper.writes
        driver.line.loses_requests = True
        driver.tasks.spawn(keeper.keep(SetFailSafe(600, 10.0), 1), name="keep")
        await driver.passes(0.5)
        keeper.learn(values, keeper.writes)  # half of it may be written
        assert keeper.setting == FailSafeSetting(600, 10)
        await driver.passes(1)
        keeper.learn(values, before)  # asked before, answered late
        assert keeper.setting == FailSafeSetting(600, 10)
        keeper.learn(values, keeper.writes)
        assert keeper.setting == FailSafeSetting(180, 6)
