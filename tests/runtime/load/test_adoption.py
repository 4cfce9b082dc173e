"""A wallbox comes under load management while its car charges by somebody else's profiles."""

from collections.abc import Mapping

import pytest
from tests.support.observing import OBSERVING, changed_to, setting
from tests.support.shared_current import SITE, settle
from tests.support.simulated_box import Command, Manners, SimulatedBox
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, ScriptedDialer, World, a_backend

from wattgate.runtime.manager import Manager

OTHER = '[[evse]]\nid = "other"\naddress = "CP2"\n'
HOUSE = OBSERVING.replace("max_current_a = 63", "max_current_a = 20") + OTHER
ALFEN: Mapping[str, Json] = {**BOOT, "chargePointVendor": "Alfen BV"}


async def charging_by_others(
    box: SimulatedBox, purpose: str = "TxDefaultProfile", level: int = 5
) -> tuple[World, SimulatedBox]:
    """In observe both cars charge, and the backend has set 16 A in a profile that beats ours."""
    backend = a_backend()
    world = World(HOUSE, ScriptedDialer({"ws://backend/CP1": backend}))
    await world.start()
    other = SimulatedBox(station_id="CP2")
    for each in (box, other):
        await each.come(world)
        await each.plug()
    await settle()
    answer = await backend.ask("SetChargingProfile", setting(16, 5, purpose, level))
    assert answer[2] == {"status": "Accepted"}
    return world, other


def counted_a(manager: Manager | None, evse_id: str) -> float:
    assert manager is not None
    return manager.limits.position(evse_id).worst_a


@pytest.mark.parametrize(
    ("purpose", "level"), [("TxDefaultProfile", 5), ("TxProfile", 0), ("TxProfile", 7)]
)
@in_virtual_time()
async def test_what_others_set_is_removed_also_while_the_car_charges_R100(
    purpose: str, level: int
) -> None:
    box = SimulatedBox(configuration={"ChargeProfileMaxStackLevel": "8"})
    world, other = await charging_by_others(box, purpose, level)
    assert box.draw_a(1) == 16
    await changed_to(world, "active")
    await settle(20)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    assert counted_a(world.manager, "stall-1") == 10
    await world.kill()


@pytest.mark.parametrize("measures", [True, False])
@in_virtual_time()
async def test_until_it_is_removed_the_wallbox_counts_at_its_maximum(measures: bool) -> None:
    """Also where the backend set it in the last moment, and nothing is measured."""
    box = SimulatedBox(
        boot=ALFEN, configuration={"ChargeProfileMaxStackLevel": "8"}, measures=measures
    )
    world, other = await charging_by_others(box)
    await changed_to(world, "active")
    await settle(60)
    assert box.draw_a(1) == 16  # clearing would set it free altogether
    assert other.draw_a(1) == 0
    assert counted_a(world.manager, "stall-1") == 16
    await box.unplug()
    await settle(20)
    assert other.draw_a(1) == 16
    await box.plug()
    await settle(20)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    await world.kill()


@in_virtual_time()
async def test_one_that_cannot_be_swept_counts_at_what_it_accepted_if_nobody_set_more() -> None:
    world = World(f'{SITE}[[evse]]\nid = "A"\naddress = "A"\n'.replace("63", "32"))
    manager = await world.start()
    box = SimulatedBox(station_id="A", boot=ALFEN)
    await box.come(world)
    await box.plug()
    await settle(20)
    assert [counted_a(manager, "A"), box.draw_a(1)] == [16, 10]
    await settle(30)
    assert counted_a(manager, "A") == box.draw_a(1) == 10
    await world.kill()


@in_virtual_time()
async def test_a_sweep_that_is_not_answered_is_tried_again_after_30_s() -> None:
    box = SimulatedBox(configuration={"ChargeProfileMaxStackLevel": "1"})
    world, other = await charging_by_others(box, level=1)
    cleared: list[Command] = []

    def deaf_to_clearing(each: SimulatedBox, command: Command) -> None:
        if command.action == "ClearChargingProfile":
            cleared.append(command)
            each.manners = Manners.SECRETIVE if len(cleared) < 2 else Manners.PROMPT

    box.on_command.append(deaf_to_clearing)
    await changed_to(world, "active")
    await settle(20)
    box.manners = Manners.PROMPT
    assert other.draw_a(1) == 0
    await settle(60)
    assert [box.draw_a(1), other.draw_a(1)] == [10, 10]
    await world.kill()


@in_virtual_time()
async def test_a_clearing_that_is_not_supported_has_removed_nothing() -> None:
    box = SimulatedBox(configuration={"ChargeProfileMaxStackLevel": "8"}, measures=False)
    world, other = await charging_by_others(box)
    await box.unplug()
    box.clears = False
    await changed_to(world, "active")
    await settle(20)
    await box.plug()
    await settle(60)
    assert box.draw_a(1) == 16
    assert [other.draw_a(1), counted_a(world.manager, "stall-1")] == [0, 16]
    await world.kill()
