"""An EVSE by its registers: what load management is told of it, and what it can do to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_fuse import Fuse
from tests.support.site_text import Value
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.phase_selection import Obstacle
from wattgate.ports.evse import Confirmation, EvseReading, LimitOutcome
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.station.station_evse import PhasesSelected
from wattgate.runtime.supervisor import Supervisor


@asynccontextmanager
async def a_site(
    *, plugged: bool = True, box: ModbusBox | None = None, **fields: Value
) -> AsyncIterator[tuple[Fuse, EvseModbus]]:
    fuse = Fuse({"A": box or ModbusBox(hardware_a=16.0)}, fields=fields)
    async with Supervisor() as tasks:
        await fuse.start(tasks, *("A" if plugged else ""))
        assert fuse.world.manager is not None
        state = fuse.world.manager.evse("A")
        assert state is not None
        assert isinstance(state.evse, EvseModbus)
        yield fuse, state.evse
    await fuse.world.kill()


def reading(evse: EvseModbus) -> EvseReading:
    return evse.reading(asyncio.get_running_loop().time())


@in_virtual_time()
async def test_its_draw_is_what_its_meter_says_on_the_phases_of_the_site() -> None:
    async with a_site(phase_rotation="STR") as (fuse, evse):
        fuse.boxes["A"].says = {"current_l1": 9, "current_l2": 8, "current_l3": 0}
        await asyncio.sleep(6)
        draw = reading(evse).draw
        assert draw is not None
        assert (draw.most_a, draw.on_site_a) == (9, (0, 9, 8))
        assert asyncio.get_running_loop().time() - draw.at < 4


@in_virtual_time()
async def test_where_it_only_measures_power_that_may_flow_on_one_phase_or_on_all() -> None:
    async with a_site() as (fuse, evse):
        fuse.boxes["A"].says = {"meter_flags": 0, "power": 6900}
        await asyncio.sleep(6)
        draw = reading(evse).draw
        assert draw is not None
        assert (draw.least_a, draw.most_a) == (10, 30)


@in_virtual_time()
async def test_without_a_meter_nobody_knows_what_it_draws() -> None:
    async with a_site() as (fuse, evse):
        fuse.boxes["A"].says = {"has_meter": 0}
        await asyncio.sleep(6)
        assert reading(evse).draw is None


@in_virtual_time()
async def test_it_is_idle_while_it_says_that_no_car_is_there() -> None:
    async with a_site(plugged=False) as (fuse, evse):
        assert reading(evse).idle
        assert reading(evse).ready
        fuse.boxes["A"].plugged = True
        await asyncio.sleep(4)
        assert not reading(evse).idle
        fuse.boxes["A"].plugged = False
        await asyncio.sleep(30)
        assert reading(evse).idle
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(30)
        assert not reading(evse).idle
        assert not reading(evse).ready
        assert reading(evse).silent_s > 20


@in_virtual_time()
async def test_who_was_never_reached_is_not_known_to_hang_on_the_fuse() -> None:
    boxes = {"A": ModbusBox(hardware_a=16), "B": ModbusBox(hardware_a=16)}
    fuse = Fuse(boxes, limit_a=20)
    fuse.lines["A"].is_cut = True
    async with Supervisor() as tasks:
        await fuse.start(tasks, "B")
        await asyncio.sleep(300)
        assert boxes["B"].drawn_a == 16
        await fuse.world.kill()
        await fuse.world.start()
        await asyncio.sleep(300)
        assert boxes["B"].drawn_a == 16
    await fuse.world.kill()


@in_virtual_time()
async def test_its_limit_counts_for_as_long_as_its_own_fail_safe_lasts() -> None:
    async with a_site(fail_safe_s=600) as (fuse, evse):
        assert evse.lifetime_s == 600
        fuse.boxes["A"].says = {"fail_safe_duration": 60}
        await asyncio.sleep(6)
        assert evse.lifetime_s == 60


@in_virtual_time()
async def test_the_last_resort_ends_its_transaction_where_the_site_allows_it_r100b() -> None:
    async with a_site() as (fuse, evse):
        assert fuse.boxes["A"].drawn_a == 16
        assert await evse.stop_charging() is LimitOutcome.ACCEPTED
        await asyncio.sleep(10)
        assert (evse.transaction, fuse.boxes["A"].drawn_a) == (None, 0)
        assert await evse.stop_charging() is LimitOutcome.UNSENT


@in_virtual_time()
async def test_the_last_resort_is_refused_where_the_site_forbids_it_r100b() -> None:
    async with a_site(last_resort_stop=False) as (fuse, evse):
        assert await evse.stop_charging() is LimitOutcome.REFUSED
        await asyncio.sleep(10)
        assert fuse.boxes["A"].drawn_a == 16


@in_virtual_time()
async def test_taking_over_overwrites_what_others_wrote() -> None:
    async with a_site() as (fuse, evse):
        assert fuse.world.manager is not None
        assert evse.may_be_cleared
        assert await fuse.world.manager.operations.adopt(evse) is LimitOutcome.ACCEPTED
        assert evse.was_swept
        assert fuse.boxes["A"].drawn_a == 16


@in_virtual_time()
async def test_there_is_one_way_to_tell_it_and_its_fail_safe_is_read_back() -> None:
    async with a_site() as (_, evse):
        assert "power-brain" in evse.method
        assert not evse.next_method()
        assert not evse.counts_by_transaction
        assert evse.standing_confirmation is Confirmation.REGISTERS
        assert evse.profile_writes == 2


@pytest.mark.parametrize("box", [ModbusBox(hardware_a=16, says={"fail_safe_duration": 0})])
@in_virtual_time()
async def test_of_one_without_a_fail_safe_nothing_is_confirmed(box: ModbusBox) -> None:
    async with a_site(box=box) as (_, evse):
        assert evse.standing_confirmation is Confirmation.NONE
        assert reading(evse).fail_safe is None


@in_virtual_time()
async def test_only_a_car_that_waits_is_woken_and_not_twice_at_once() -> None:
    async with a_site(plugged=False) as (fuse, evse):
        box, manager = fuse.boxes["A"], fuse.world.manager
        assert manager is not None
        wake = manager.operations.wake
        assert await wake(evse) is LimitOutcome.REFUSED
        box.car_a = 0
        box.plugged = True
        await asyncio.sleep(30)
        assert await wake(evse) is LimitOutcome.ACCEPTED
        box.says = {"disconnect_cp": 4}
        await asyncio.sleep(4)
        assert await wake(evse) is LimitOutcome.REFUSED
        box.says, box.car_a = {}, 16
        await asyncio.sleep(30)
        assert await wake(evse) is LimitOutcome.REFUSED
        assert box.pilot_cuts == [5]
        await manager.patch_site({"load_management": "observe"})
        await asyncio.sleep(30)
        assert await wake(evse) is LimitOutcome.UNSENT


@in_virtual_time()
async def test_phases_are_selected_where_the_wallbox_says_that_it_can_do_it_now() -> None:
    async with a_site(plugged=False) as (fuse, evse):
        box, manager = fuse.boxes["A"], fuse.world.manager
        assert manager is not None
        select = manager.operations.select_phases
        box.says = {"capabilities": 0x200}
        await asyncio.sleep(4)
        assert (await select(evse, 1)).obstacle is Obstacle.NO_RELAY
        box.says = {"capabilities": 0x600}
        await asyncio.sleep(4)
        assert await select(evse, 1) == PhasesSelected(LimitOutcome.ACCEPTED)
        assert box.relay == 1
        box.plugged = True
        await asyncio.sleep(4)
        assert (await select(evse, 3)).obstacle is Obstacle.CAR_PLUGGED
        assert box.relay == 1
        box.says = {"capabilities": 0x700}
        await asyncio.sleep(4)
        assert await select(evse, 3) == PhasesSelected(LimitOutcome.ACCEPTED)
        assert box.relay == 0


@in_virtual_time()
async def test_on_one_phase_it_counts_on_all_of_its_phases_as_before() -> None:
    async with a_site(plugged=False) as (fuse, evse):
        before = reading(evse).view.phases
        assert (await evse.select_phases(1)).outcome is LimitOutcome.ACCEPTED
        fuse.boxes["A"].plugged = True
        fuse.boxes["A"].says = {"current_l2": 0, "current_l3": 0}
        await asyncio.sleep(30)
        assert evse.device.values is not None
        assert evse.device.values.phases == 1
        assert reading(evse).view.phases == before == {0, 1, 2}


@in_virtual_time()
async def test_one_that_is_counted_on_one_phase_never_charges_on_three() -> None:
    async with a_site(plugged=False, phases=1) as (fuse, evse):
        fuse.boxes["A"].relay = 1
        assert (await evse.select_phases(3)).obstacle is Obstacle.NOT_COUNTED
        assert fuse.boxes["A"].relay == 1
        assert (await evse.select_phases(1)).outcome is LimitOutcome.ACCEPTED


@pytest.mark.parametrize("lost", [True, False])
@in_virtual_time()
async def test_phases_are_left_to_whoever_leads_it_and_nothing_is_sent_to_one_that_is_lost(
    lost: bool,
) -> None:
    async with a_site(plugged=False) as (fuse, evse):
        manager = fuse.world.manager
        assert manager is not None
        if lost:
            fuse.lines["A"].is_cut = True
        else:
            await manager.patch_site({"load_management": "observe"})
        await asyncio.sleep(30)
        assert await evse.select_phases(1) == PhasesSelected(LimitOutcome.UNSENT)
        assert fuse.boxes["A"].relay == 0


@in_virtual_time()
async def test_its_obedience_is_judged_by_what_it_draws_r100a() -> None:
    async with a_site() as (fuse, _):
        manager = fuse.world.manager
        assert manager is not None
        fuse.boxes["A"].is_broken, fuse.boxes["A"].car_a = True, 16
        await manager.patch_site({"max_current_a": 10.0})
        await asyncio.sleep(120)
        state = manager.evse("A")
        assert state is not None
        assert "does not obey" in state.safety.obedience.words
