"""Every definition that comes with Wattgate, driven by the manager's own code."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.defined_box import DefinedBox
from tests.support.modbus_driver import a_book
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.adapters.modbus.definition_files import shipped
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.wallbox_values import SetFailSafe
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import SharedLine
from wattgate.runtime.modbus.wallbox import ModbusWallbox
from wattgate.runtime.supervisor import Supervisor

SHIPPED = shipped()
KEBA, HEIDELBERG = SHIPPED["keba-p30"], SHIPPED["heidelberg-energy-control"]
CYCLE_S = 3.0

LONG_S = 720.0
"""Four times the longest fail-safe time."""

every_shipped = pytest.mark.parametrize("definition", SHIPPED.values(), ids=SHIPPED)


class Loop:
    """A control loop that only lives, while `lives`."""

    def __init__(self, wallbox: ModbusWallbox) -> None:
        self.wallbox = wallbox
        self.lives = True

    async def run(self) -> None:
        while True:
            if self.lives:
                self.wallbox.alive(asyncio.get_running_loop().time())
            await asyncio.sleep(CYCLE_S)


@asynccontextmanager
async def driving(box: DefinedBox, *, after_s: int = 180) -> AsyncIterator[Loop]:
    async with Supervisor() as tasks:
        clock = FakeClock()
        unit = box.definition.unit
        device = ModbusDevice(box.definition, SharedLine(box), unit, clock)
        wallbox = ModbusWallbox("e1", device, clock, tasks, a_book("e1", tasks))
        wallbox.fail_safe_wanted = lambda: SetFailSafe(after_s, 6.0)
        loop = Loop(wallbox)
        tasks.spawn(loop.run(), name="control loop")
        await asyncio.sleep(CYCLE_S)
        yield loop


@every_shipped
@in_virtual_time()
async def test_it_is_told_lowered_stopped_and_raised(definition: Definition) -> None:
    box = DefinedBox(definition)
    async with driving(box) as loop:
        wallbox = loop.wallbox
        for current_a in (16.0, 10.2, 0.0, 6.0, 13.0):
            assert await wallbox.limit(current_a) is LimitOutcome.ACCEPTED
            await asyncio.sleep(20)
            assert box.offered_a == pytest.approx(current_a)
            assert wallbox.values is not None
            assert wallbox.values.pilot is (Pilot.C if current_a else Pilot.B)
            assert wallbox.values.currents_a == pytest.approx((current_a,) * 3)


@every_shipped
@in_virtual_time()
async def test_between_two_limits_it_never_has_more_than_the_larger(definition: Definition) -> None:
    box = DefinedBox(definition, limit_a=32.0, is_enabled=definition.write.enable is None)
    async with driving(box) as loop:
        for before_a, after_a in ((6.0, 0.0), (0.0, 10.0), (10.0, 8.0)):
            await loop.wallbox.limit(before_a)
            await asyncio.sleep(20)
            seen = []
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(loop.wallbox.limit(after_a))
                while not telling.done():
                    seen.append(box.offered_a)
                    await asyncio.sleep(0.005)
            assert max(seen) <= max(before_a, after_a)


@every_shipped
@in_virtual_time()
async def test_its_watch_is_set_and_fed_and_falls_when_the_loop_stalls(
    definition: Definition,
) -> None:
    box = DefinedBox(definition)
    async with driving(box) as loop:
        await loop.wallbox.limit(16)
        await asyncio.sleep(LONG_S)
        after_s = 180 if definition is KEBA else 65
        assert (box.fail_safe_s, box.fail_safe_a) == (after_s, 6)
        assert (box.offered_a, box.falls) == (16, 0)
        loop.lives = False
        await asyncio.sleep(after_s + 5)
        assert (box.offered_a, box.falls) == (6, 1)


@in_virtual_time()
async def test_one_that_listens_to_writes_only_is_written_no_more_often_than_it_needs() -> None:
    box = DefinedBox(KEBA)
    async with driving(box) as loop:
        await loop.wallbox.limit(16)
        await asyncio.sleep(60)
        written = len(box.wrote)
        await asyncio.sleep(LONG_S)
        assert 2 * LONG_S / 180 <= len(box.wrote) - written <= 2 * (3 * LONG_S / 180 + 1)
        pauses = [two - one for one, two in zip(box.wrote_at, box.wrote_at[1:], strict=False)]
        assert min(pauses) >= KEBA.write_pause_s


@in_virtual_time()
async def test_one_that_hears_every_request_is_written_nothing_twice() -> None:
    box = DefinedBox(HEIDELBERG)
    async with driving(box) as loop:
        await loop.wallbox.limit(16)
        await asyncio.sleep(LONG_S)
        assert box.wrote == [
            (258, (4,)),
            (259, (1,)),
            (261, (160,)),
            (262, (60,)),
            (257, (65_000,)),
        ]


@in_virtual_time()
async def test_while_nobody_leads_it_nothing_is_written_to_keep_it_fed() -> None:
    box = DefinedBox(KEBA, fail_safe_s=60)
    async with driving(box):
        await asyncio.sleep(LONG_S)
        assert box.wrote == []


@pytest.mark.parametrize(
    ("definition", "lacks"),
    [
        (KEBA, {"card", "fail_safe_time", "fail_safe_current"}),
        (HEIDELBERG, {"energy", "firmware"}),
    ],
    ids=["keba", "heidelberg"],
)
@in_virtual_time()
async def test_firmware_without_some_registers_is_served_without_them(
    definition: Definition, lacks: set[str]
) -> None:
    box = DefinedBox(definition, lacks=frozenset(lacks))
    async with driving(box) as loop:
        assert await loop.wallbox.limit(16) is LimitOutcome.ACCEPTED
        assert loop.wallbox.is_connected
        values = loop.wallbox.values
        assert values is not None
        assert values.pilot is Pilot.C
        if "energy" in lacks:
            assert values.energy_wh is None
        else:
            assert (values.card, values.fail_safe_s) == ("", None)


@every_shipped
@in_virtual_time()
async def test_what_it_cannot_do_without_is_missed_at_once(definition: Definition) -> None:
    box = DefinedBox(definition, lacks=frozenset({"state"}))
    async with driving(box) as loop:
        await asyncio.sleep(30)
        assert not loop.wallbox.is_connected


@in_virtual_time()
async def test_an_unplugged_one_is_free() -> None:
    for definition in SHIPPED.values():
        box = DefinedBox(replace(definition), plugged=False)
        async with driving(box) as loop:
            assert loop.wallbox.values is not None
            assert loop.wallbox.values.pilot is Pilot.A
