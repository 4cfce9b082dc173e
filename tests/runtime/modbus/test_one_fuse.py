"""Wallboxes on Modbus on one fuse: whatever is lost, refused or overwritten, the fuse holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.modbus_box import ModbusBox
from tests.support.modbus_fuse import Fuse, an_ocpp_box
from tests.support.site_text import Value
from tests.support.virtual_time import in_virtual_time

from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.points import TimeTarget
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.wallbox.transactions import STILL_S
from wattgate.ports.evse import Confirmation, LimitOutcome
from wattgate.runtime.load.control_loop import ControlLoop
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.supervisor import Supervisor

SEEN_S = 4.0
"""s in which what nobody could know beforehand is over: a poll, and a command."""


@asynccontextmanager
async def a_fuse(
    *names: str,
    plugged: bool = True,
    limit_a: float = 32.0,
    ocpp: bool = False,
    mode: str = "active",
    one_line: bool = False,
    definition: Definition = POWER_BRAIN_DEFINITION,
    **fields: Value,
) -> AsyncIterator[Fuse]:
    boxes = {name: ModbusBox(hardware_a=16.0) for name in names}
    fuse = Fuse(
        boxes, limit_a, an_ocpp_box() if ocpp else None, mode, one_line=one_line, fields=fields
    )
    fuse.world.definition = definition
    async with Supervisor() as tasks:
        await fuse.start(tasks, *(names if plugged else ()))
        yield fuse
    await fuse.world.kill()


def evse_of(fuse: Fuse, name: str) -> StationEvse:
    assert fuse.world.manager is not None
    state = fuse.world.manager.evse(name)
    assert state is not None
    return state.evse


def drawn(fuse: Fuse) -> dict[str, float]:
    return {name: round(box.drawn_a, 1) for name, box in fuse.boxes.items()}


@in_virtual_time()
async def test_who_is_to_have_less_is_lowered_before_another_gets_more_whatever_speaks_it() -> None:
    async with a_fuse("A", "B", ocpp=True) as fuse:
        assert drawn(fuse) == {"A": 16, "B": 16}
        assert fuse.ocpp is not None
        await fuse.ocpp.start()
        await asyncio.sleep(60)
        assert fuse.used_a == pytest.approx(32, abs=0.4)
        assert min(drawn(fuse).values()) > 10
        await fuse.ocpp.stop()
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 16, "B": 16}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_what_slow_lines_delay_delays_the_others_and_the_fuse_holds() -> None:
    async with a_fuse("A", "B", ocpp=True) as fuse:
        fuse.lines["A"].takes_s = 0.7
        assert fuse.ocpp is not None
        await fuse.ocpp.start()
        await asyncio.sleep(90)
        assert fuse.used_a == pytest.approx(32, abs=0.4)
        assert fuse.over_s == 0


@pytest.mark.parametrize("lost", ["loses_requests", "loses_answers", "is_cut"])
@in_virtual_time()
async def test_a_lost_wallbox_counts_at_what_it_was_offered_until_it_has_surely_fallen(
    lost: str,
) -> None:
    async with a_fuse("A", "B", "D", limit_a=30) as fuse:
        assert drawn(fuse) == {"A": 10, "B": 10, "D": 10}
        setattr(fuse.lines["A"], lost, True)
        await asyncio.sleep(170)
        assert drawn(fuse) == {"A": 10, "B": 10, "D": 10}
        await asyncio.sleep(130)
        assert drawn(fuse) == {"A": 6, "B": 12, "D": 12}
        setattr(fuse.lines["A"], lost, False)
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 10, "B": 10, "D": 10}
        assert fuse.over_s == 0


@pytest.mark.story
@in_virtual_time(within_s=7200)
async def test_a_line_that_comes_and_goes_never_costs_the_fuse() -> None:
    async with a_fuse("A", "B", limit_a=26) as fuse:
        for away_s, here_s in [(5, 1), (50, 4), (200, 2), (215, 3), (240, 1), (100, 20), (600, 9)]:
            for lost in ("loses_requests", "loses_answers"):
                setattr(fuse.lines["A"], lost, True)
                await asyncio.sleep(away_s)
                setattr(fuse.lines["A"], lost, False)
                await asyncio.sleep(here_s)
        await asyncio.sleep(300)
        assert drawn(fuse) == {"A": 13, "B": 13}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_cannot_be_led_because_it_says_nothing_of_use_is_let_fall() -> None:
    """Its meter may be broken: whoever goes on asking keeps it at its last limit for ever."""
    async with a_fuse("A", "B", limit_a=26) as fuse:
        box = fuse.boxes["A"]
        assert drawn(fuse) == {"A": 13, "B": 13}
        box.refuses_reads = ModbusCode.SERVER_DEVICE_FAILURE
        await asyncio.sleep(20 + 180)
        assert drawn(fuse) == {"A": 6, "B": 13}
        await asyncio.sleep(600)
        assert drawn(fuse)["A"] == 6
        box.refuses_reads = None
        await asyncio.sleep(300)
        assert drawn(fuse) == {"A": 13, "B": 13}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_without_a_fail_safe_a_silent_wallbox_counts_at_its_hardware_maximum() -> None:
    boxes = {
        "A": ModbusBox(hardware_a=16, says={"fail_safe_duration": 0}),
        "B": ModbusBox(hardware_a=16),
    }
    fuse = Fuse(boxes, limit_a=24)
    async with Supervisor() as tasks:
        await fuse.start(tasks, "A", "B")
        assert drawn(fuse) == {"A": 12, "B": 12}
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(80)
        assert drawn(fuse)["B"] == 8
        await asyncio.sleep(600)
        assert drawn(fuse)["B"] == 8
    await fuse.world.kill()


@in_virtual_time()
async def test_a_pause_of_one_that_falls_upwards_counts_at_its_fail_safe_current() -> None:
    async with a_fuse("A", "B", limit_a=16) as fuse:
        assert drawn(fuse) == {"A": 8, "B": 8}
        fuse.boxes["A"].plugged = False
        await asyncio.sleep(30)
        assert drawn(fuse)["B"] == 16
        fuse.lines["A"].is_cut = True  # it may draw 6 A once it has fallen: B has to leave them
        await asyncio.sleep(175)
        fuse.boxes["A"].plugged = True
        await asyncio.sleep(120)
        assert fuse.over_s == 0
        assert drawn(fuse) == {"A": 6, "B": 10}


@in_virtual_time()
async def test_a_restart_in_mid_charge_is_limited_anew_within_a_poll() -> None:
    async with a_fuse("A", "B", limit_a=20) as fuse:
        fuse.boxes["A"].restart()
        await asyncio.sleep(60)
        assert fuse.over_s <= SEEN_S
        fuse.forgive()
        await asyncio.sleep(60)
        assert (drawn(fuse), fuse.over_s) == ({"A": 10, "B": 10}, 0)


@in_virtual_time()
async def test_who_goes_on_drawing_without_a_session_counts_at_what_it_draws() -> None:
    """Nothing compares what it draws with its limit then, but that it was told 0 A."""
    async with a_fuse("A", "B", limit_a=26) as fuse:
        box, evse = fuse.boxes["A"], evse_of(fuse, "A")
        box.is_broken, box.car_a = True, 16
        assert await evse.stop_charging() is LimitOutcome.ACCEPTED
        await asyncio.sleep(STILL_S + evse.settle_s + 10)
        assert evse.transaction is None
        assert drawn(fuse) == {"A": 16, "B": 10}
        fuse.forgive()
        writes = len(box.writes)
        await asyncio.sleep(600)
        assert drawn(fuse) == {"A": 16, "B": 10}
        assert len(box.writes) - writes <= 2 * 600 / 90
        box.is_broken = False
        await asyncio.sleep(30)
        assert (drawn(fuse), box.told_a) == ({"A": 0, "B": 16}, 0)
        assert fuse.over_s == 0


def forgetful() -> Definition:
    """Of a make that loses its fail-safe with a restart, and tells neither limit nor starts."""
    read, write = POWER_BRAIN_DEFINITION.read, POWER_BRAIN_DEFINITION.write
    assert isinstance(write.fail_safe_time, TimeTarget)
    volatile = replace(write.fail_safe_time, stored=False)
    return replace(
        POWER_BRAIN_DEFINITION,
        read=replace(read, limit=None, enable=None, restarts=None),
        write=replace(write, fail_safe_time=volatile),
    )


@in_virtual_time()
async def test_one_that_may_lose_its_fail_safe_counts_at_its_maximum_while_it_is_silent() -> None:
    async with a_fuse("A", "B", limit_a=26, definition=forgetful(), max_current_a=16) as fuse:
        assert drawn(fuse) == {"A": 13, "B": 13}
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(80)
        assert drawn(fuse)["B"] == 10
        fuse.boxes["A"].restart()
        fuse.boxes["A"].fail_safe_s = 0
        await asyncio.sleep(600)
        assert drawn(fuse) == {"A": 16, "B": 10}
        fuse.lines["A"].is_cut = False
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 13, "B": 13}
        assert fuse.boxes["A"].fail_safe_s == 180
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_tells_no_restart_may_have_had_one_whenever_it_was_away() -> None:
    async with a_fuse("A", "B", limit_a=26, definition=forgetful(), max_current_a=16) as fuse:
        fuse.boxes["A"].says["has_meter"] = 0
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(20)
        fuse.boxes["A"].restart()
        fuse.lines["A"].is_cut = False
        fuse.boxes["A"].refuses_writes = ModbusCode.SERVER_DEVICE_BUSY  # it is still starting
        fuse.forgive()
        await asyncio.sleep(40)
        assert drawn(fuse) == {"A": 16, "B": 10}
        assert fuse.over_s <= SEEN_S


@in_virtual_time()
async def test_what_another_master_raises_is_counted_and_taken_back() -> None:
    async with a_fuse("A", "B", limit_a=20) as fuse:
        for _ in range(5):
            fuse.boxes["A"].foreign_write(16)
            await asyncio.sleep(20)
            assert drawn(fuse)["A"] == 10
        await asyncio.sleep(60)
        assert fuse.over_s <= SEEN_S
        assert drawn(fuse) == {"A": 10, "B": 10}


@in_virtual_time()
async def test_who_cannot_be_taken_back_from_another_master_counts_at_what_that_one_wrote() -> None:
    async with a_fuse("A", "B", limit_a=26) as fuse:
        fuse.boxes["A"].overwrites = 16
        fuse.boxes["A"].foreign_write(16)
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 16, "B": 10}
        assert fuse.over_s <= 2 * SEEN_S


@pytest.mark.parametrize("refuses", [None, ModbusCode.SERVER_DEVICE_BUSY])
@in_virtual_time()
async def test_what_another_master_raises_once_more_counts_though_ours_was_never_taken(
    refuses: ModbusCode | None,
) -> None:
    async with a_fuse("A", "B", limit_a=26) as fuse:
        box = fuse.boxes["A"]
        box.says["has_meter"] = 0  # nothing but its registers tells
        box.overwrites = 14
        box.foreign_write(14)
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 14, "B": 12}
        box.overwrites, box.refuses_writes = 16, refuses
        box.foreign_write(16)
        fuse.forgive()
        await asyncio.sleep(40)
        assert drawn(fuse) == {"A": 16, "B": 10}
        assert fuse.over_s <= SEEN_S


@in_virtual_time()
async def test_a_register_that_holds_more_than_the_evse_can_draw_costs_nobody_more() -> None:
    async with a_fuse("A", "B", limit_a=32, max_current_a=16) as fuse:
        fuse.boxes["A"].overwrites = 63
        fuse.boxes["A"].foreign_write(63)
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 16, "B": 16}


@in_virtual_time()
async def test_who_refuses_counts_at_what_it_had_and_the_others_make_room() -> None:
    async with a_fuse("A", "B", ocpp=True) as fuse:
        fuse.boxes["A"].refuses_writes = ModbusCode.SERVER_DEVICE_BUSY
        assert fuse.ocpp is not None
        await fuse.ocpp.start()
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 16, "B": 8}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_ten_on_one_slow_line_are_all_polled_and_lowered_in_time() -> None:
    """A request takes 50 ms there: four to a poll, 2 s for all of them."""
    names = [f"E{number}" for number in range(10)]
    async with a_fuse(*names, limit_a=160, one_line=True) as fuse:
        line = fuse.lines["E0"]
        line.takes_s = 0.05
        assert set(drawn(fuse).values()) == {16}
        assert fuse.world.manager is not None
        await fuse.world.manager.patch_site({"max_current_a": 70.0})
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(6)
        assert fuse.used_a <= 70
        await asyncio.sleep(60)
        assert set(drawn(fuse).values()) == {7}
        polls = {unit for at, unit, what in line.asked if what == "read" and at > began + 50}
        assert polls == set(range(1, 11))


@pytest.mark.parametrize(("on_deactivation", "left_a"), [("stop", 0), ("minimum", 6)])
@in_virtual_time()
async def test_a_deactivated_one_keeps_what_the_site_says_p15(
    on_deactivation: str, left_a: float
) -> None:
    async with a_fuse("A", "B") as fuse:
        manager = fuse.world.manager
        assert manager is not None
        await manager.patch_site({"on_deactivation": on_deactivation})
        await manager.operations.deactivate(evse_of(fuse, "A"))
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": left_a, "B": 16}
        assert (fuse.boxes["A"].fail_safe_s, fuse.boxes["A"].fail_safe_a) == (180, left_a)
        assert fuse.over_s == 0


@in_virtual_time()
async def test_a_released_one_stays_free_also_after_its_restart_and_counts_at_its_maximum() -> None:
    async with a_fuse("A", "B", limit_a=24) as fuse:
        manager = fuse.world.manager
        assert manager is not None
        cleared = await manager.operations.release(evse_of(fuse, "A"))
        assert cleared.outcome is LimitOutcome.ACCEPTED
        assert cleared.confirmation is Confirmation.REGISTERS
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 16, "B": 8}
        assert fuse.boxes["A"].fail_safe_s == 0
        fuse.boxes["A"].restart()
        writes = len(fuse.boxes["A"].writes)
        await asyncio.sleep(60)
        assert len(fuse.boxes["A"].writes) == writes
        await manager.operations.activate(evse_of(fuse, "A"))
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 12, "B": 12}
        assert fuse.boxes["A"].fail_safe_s == 180
        assert fuse.over_s == 0


@in_virtual_time()
async def test_from_active_to_observe_nothing_of_ours_is_left_and_back_again_p19() -> None:
    async with a_fuse("A", "B", limit_a=20) as fuse:
        manager = fuse.world.manager
        assert manager is not None
        await manager.patch_site({"load_management": "observe"})
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 16, "B": 16}
        assert fuse.boxes["A"].fail_safe_s == 0
        writes = len(fuse.boxes["A"].writes)
        fuse.boxes["A"].foreign_write(8)
        await asyncio.sleep(60)
        assert len(fuse.boxes["A"].writes) == writes
        await manager.patch_site({"load_management": "active"})
        await asyncio.sleep(60)
        fuse.forgive()
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 10, "B": 10}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_a_loop_that_fails_to_decide_feeds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_fuse("A", "B") as fuse:

        def fails(*_: object) -> None:
            raise RuntimeError("nothing can be decided")

        assert fuse.world.manager is not None
        await fuse.world.manager.patch_site({"cycle_s": 30.0})
        await asyncio.sleep(35)
        monkeypatch.setattr(ControlLoop, "cycle", fails)
        await asyncio.sleep(211)
        assert drawn(fuse) == {"A": 6, "B": 6}
        monkeypatch.undo()
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 16, "B": 16}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_after_a_restart_of_the_manager_nobody_counts_for_less_than_it_may_have() -> None:
    async with a_fuse("A", "B", limit_a=20) as fuse:
        await fuse.world.kill()
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(10)
        await fuse.world.start()
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 10, "B": 10}
        await asyncio.sleep(300)
        assert drawn(fuse)["A"] == 6
        assert fuse.over_s == 0
        fuse.lines["A"].is_cut = False
        await asyncio.sleep(60)
        assert drawn(fuse) == {"A": 10, "B": 10}
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_falls_upwards_is_counted_also_by_a_manager_that_never_heard_it() -> None:
    async with a_fuse("A", "B", limit_a=20) as fuse:
        fuse.boxes["A"].plugged = False
        await asyncio.sleep(30)
        assert drawn(fuse) == {"A": 0, "B": 16}
        await fuse.world.kill()
        fuse.lines["A"].is_cut = True
        await asyncio.sleep(10)
        await fuse.world.start()
        fuse.boxes["A"].plugged = True
        await asyncio.sleep(300)
        assert drawn(fuse)["A"] == 6
        assert fuse.over_s == 0


@in_virtual_time()
async def test_one_that_refused_the_low_limit_and_is_lost_again_falls_again() -> None:
    async with a_fuse("A", "B", limit_a=26) as fuse:
        evse, line = evse_of(fuse, "A"), fuse.lines["A"]
        assert isinstance(evse, EvseModbus)
        line.is_cut = True
        await asyncio.sleep(300)
        assert drawn(fuse) == {"A": 6, "B": 16}
        fuse.boxes["A"].refuses_writes = ModbusCode.SERVER_DEVICE_BUSY
        line.is_cut = False
        for _ in range(1_500):
            await asyncio.sleep(0.01)
            line.is_cut = line.is_cut or not evse.device.has_fallen(fuse.now)
        assert line.is_cut
        assert drawn(fuse) == {"A": 13, "B": 13}
        await asyncio.sleep(300)
        assert drawn(fuse) == {"A": 6, "B": 16}
        assert fuse.over_s <= SEEN_S
