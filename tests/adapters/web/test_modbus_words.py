"""A wallbox on Modbus as the API shows it: how it answers, its registers, what is wrong."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.support.paper_brain import PaperBrain
from tests.support.site_text import evse, site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.adapters.web.dto import Evse
from wattgate.adapters.web.metrics import SiteCollector
from wattgate.adapters.web.modbus_dto import ModbusFailSafe
from wattgate.adapters.web.presenting import evse_of
from wattgate.core.modbus.requests import ModbusCode

EVERYBODY = "Everybody may charge here: the EVSE has no backend, and the site has no [[card]]."


class Stubborn(PaperBrain):
    """Does not take any fail-safe."""

    def write(self, address: int, words: Sequence[int]) -> ModbusCode | None:
        """As any, but for that."""
        return ModbusCode.ILLEGAL_DATA_VALUE if address == 8083 else super().write(address, words)


def a_world(kind: type[PaperBrain] = PaperBrain) -> tuple[World, PaperBrain]:
    garage = evse(
        "garage", "192.0.2.50", device_type="power-brain", fallback_current_a=6.0, fail_safe_s=120
    )
    world = World(site(garage))
    return world, world.lines.put(kind(clock=world.clock))


def told(world: World) -> Evse:
    assert world.manager is not None
    (state,) = world.manager.evses()
    return evse_of(state)


def figures(world: World) -> dict[str, float]:
    assert world.manager is not None
    collector = SiteCollector(world.manager, 0, world.clock.monotonic())
    return {
        sample.name: sample.value
        for family in collector.collect()
        for sample in family.samples
        if sample.labels.get("evse") in (None, "garage")
    }


@in_virtual_time()
async def test_its_registers_and_how_it_answers_are_shown() -> None:
    world, brain = a_world()
    await world.start()
    await asyncio.sleep(30)
    evse = told(world)
    assert evse.connected and evse.modbus is not None
    modbus = evse.modbus
    assert (modbus.address, modbus.unit, modbus.definition) == ("192.0.2.50", 1, "power-brain")
    assert (modbus.answers, modbus.trouble, modbus.failures) == (True, None, 0)
    assert modbus.polls > 5
    assert (modbus.limit_a, modbus.is_enabled) == (brain.limit_a, brain.is_enabled)
    assert modbus.fail_safe == ModbusFailSafe(120, 6)
    assert evse.safety.is_harmless_when_silent
    assert evse.warnings == [EVERYBODY]
    counted = figures(world)
    assert counted["wattgate_modbus_polls_total"] == modbus.polls
    assert counted["wattgate_modbus_failures_total"] == 0
    assert counted["wattgate_wallboxes_connected"] == counted["wattgate_evse_connected"] == 1
    await world.kill()


@in_virtual_time()
async def test_one_that_never_answered_is_not_connected_and_why_is_told() -> None:
    world, brain = a_world()
    brain.is_reachable = False
    began = world.clock.wall()
    await world.start()
    await asyncio.sleep(30)
    evse = told(world)
    assert evse.modbus is not None and evse.modbus.trouble is not None
    assert not evse.connected and not evse.modbus.answers
    assert 0 <= (evse.modbus.trouble.since - began).total_seconds() < 10, "when it first failed"
    assert evse.modbus.failures >= 2
    assert (evse.modbus.limit_a, evse.modbus.is_enabled, evse.modbus.fail_safe) == (None,) * 3
    (_, warning) = evse.warnings
    assert warning.startswith("The wallbox has not answered on Modbus since ")
    assert evse.modbus.trouble.reason in warning
    assert "`wattgate modbus probe 192.0.2.50 --unit 1`" in warning
    counted = figures(world)
    assert counted["wattgate_modbus_failures_total"] == evse.modbus.failures
    assert counted["wattgate_wallboxes_connected"] == counted["wattgate_evse_connected"] == 0
    await world.kill()


@in_virtual_time()
async def test_somebody_else_who_raises_its_limit_is_a_warning() -> None:
    world, brain = a_world()
    await world.start()
    await asyncio.sleep(30)
    for expected in (1, 2, 3):
        assert told(world).warnings == [EVERYBODY], "once may be a trial"
        brain.limit_a, brain.is_enabled = 32.0, True
        await asyncio.sleep(10)
        modbus = told(world).modbus
        assert modbus is not None and modbus.raised_by_others == expected
        assert not brain.is_enabled, "taken back"
    (_, warning) = told(world).warnings
    assert warning.startswith("Somebody else has raised the limit of the wallbox 3 times")
    await world.kill()


@in_virtual_time()
async def test_one_without_fail_safe_is_said_to_count_for_its_maximum() -> None:
    world, brain = a_world(Stubborn)
    brain.fail_safe_s = 0.0
    await world.start()
    await asyncio.sleep(30)
    evse = told(world)
    assert evse.modbus is not None and evse.modbus.fail_safe is None
    (_, warning) = evse.warnings
    assert "has no fail-safe" in warning and "counts for its 16 A" in warning
    assert not evse.safety.is_harmless_when_silent
    await world.kill()


@pytest.mark.parametrize("mode", ["active", "observe"])
@in_virtual_time()
async def test_a_wallbox_that_speaks_ocpp_has_no_modbus_side(mode: str) -> None:
    world = World(site(evse("garage", "CP1"), load_management=mode))
    await world.start()
    assert told(world).modbus is None
    assert "wattgate_modbus_polls_total" not in figures(world)
    await world.kill()


@in_virtual_time()
async def test_a_single_answer_that_is_missing_is_shown_but_warns_nobody() -> None:
    world, brain = a_world()
    await world.start()
    await asyncio.sleep(30)
    brain.is_reachable = False
    shown = told(world)
    for _ in range(100):
        await asyncio.sleep(0.1)
        shown = told(world)
        if shown.modbus is not None and shown.modbus.trouble is not None:
            break
    assert shown.modbus is not None and shown.modbus.trouble is not None
    assert (shown.modbus.answers, shown.modbus.trouble.reason) == (True, "nobody there")
    assert shown.warnings == [EVERYBODY]
    brain.is_reachable = True
    await asyncio.sleep(10)
    modbus = told(world).modbus
    assert modbus is not None and (modbus.trouble, modbus.failures) == (None, 1)
    await world.kill()
