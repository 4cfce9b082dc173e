"""What load management reads of a connector."""

import asyncio

from tests.support.boxes import Box
from tests.support.shared_current import SITE, settle, site
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import BOOT, World

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.ports.evse import EvseReading, LimitOutcome
from wattgate.runtime.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.presence import Presence
from wattgate.runtime.smart_charging import SmartCharging


def reading(world: World, evse_id: str = "CP1") -> EvseReading:
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    return state.evse.reading(asyncio.get_running_loop().time())


@in_virtual_time()
async def test_a_wallbox_takes_commands_after_its_boot_or_after_5_s_without_one() -> None:
    world = World(site("CP1"))
    await world.start()
    assert (reading(world).seen, reading(world).ready) == (False, False)
    box = Box()
    await box.come(world, boots=False)
    assert (reading(world).seen, reading(world).ready) == (True, False)
    await asyncio.sleep(5)
    assert reading(world).ready
    await box.go()
    await asyncio.sleep(30)
    assert not reading(world).ready
    assert 30 <= reading(world).silent_s < 31
    await box.come(world)
    assert (reading(world).ready, reading(world).silent_s) == (True, 0)
    await world.kill()


@in_virtual_time()
async def test_every_connection_and_every_boot_has_a_number_of_its_own() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    numbers = [reading(world).connection]
    await box.come(world, boots=False)
    numbers.append(reading(world).connection)
    await box.ask("BootNotification", BOOT)
    numbers.append(reading(world).connection)
    await box.go()
    await box.come(world, boots=False)
    numbers.append(reading(world).connection)
    assert numbers == sorted(set(numbers))
    await world.kill()


@in_virtual_time()
async def test_only_a_report_of_this_connection_and_no_transaction_is_idle() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    await box.come(world)
    assert reading(world).idle
    await box.go()
    await box.come(world, boots=False)
    assert not reading(world).idle
    await box.report(1, "Available")
    assert reading(world).idle
    await box.start()
    await box.report(1, "Available")  # there are wallboxes like that
    assert not reading(world).idle
    await world.kill()


@in_virtual_time()
async def test_a_refused_card_wants_nothing_and_its_current_is_not_counted_on() -> None:
    world = World(site("CP1") + '[[card]]\nid_tag = "04A1"\n')
    await world.start()
    box = Box()
    await box.come(world)
    await box.start(card="FFFF")
    assert not reading(world).view.transaction_open
    assert not reading(world).idle
    await world.kill()


@in_virtual_time()
async def test_the_largest_phase_current_is_what_it_draws() -> None:
    world = World(site("CP1"))
    await world.start()
    box = Box()
    await box.come(world)
    await box.start()
    values = [
        {"value": value, "measurand": "Current.Import", "phase": phase, "unit": "A"}
        for phase, value in (("L1", "9.1"), ("L2", "12.5"), ("L3", "0"))
    ]
    sample = {"timestamp": "2026-05-15T12:00:10Z", "sampledValue": values}
    await box.ask("MeterValues", {"connectorId": 1, "transactionId": 1, "meterValue": [sample]})
    assert reading(world).measured_a == 12.5
    await world.kill()


@in_virtual_time()
async def test_a_car_that_pauses_by_itself_gives_its_share_to_others_after_a_minute() -> None:
    world = World(site("A", "B", head=SITE.replace("63", "42")))
    await world.start()
    full, hungry = Box(station_id="A"), Box(station_id="B")
    for box in (full, hungry):
        await box.come(world)
        await box.start()
    await settle(12)
    assert hungry.limits_a()[-1] == 10
    await full.report(1, "SuspendedEV")
    assert reading(world, "A").view.suspended_ev_since is not None
    await settle(80)
    assert (full.limits_a()[-1], hungry.limits_a()[-1]) == (6, 14)
    await world.kill()


def an_evse(settings: EvseSettings, wallbox: WallboxSettings) -> EvseOcpp16:
    """An EVSE whose wallbox has never been here."""
    presence = Presence("CP1", FakeClock())
    charging = SmartCharging(presence, alone=True)
    return EvseOcpp16(settings, wallbox, ConnectorMap(1, alone=True), presence, charging)


@in_virtual_time()
async def test_the_feeder_caps_the_hardware() -> None:
    settings = EvseSettings(id="A", address="CP1", max_current_a=32)
    for feeder_a, hardware_a in ((None, 32), (20.0, 20), (63.0, 32)):
        wallbox = WallboxSettings(id="CP1", max_current_a=feeder_a)
        assert an_evse(settings, wallbox).hardware_a == hardware_a


@in_virtual_time()
async def test_an_evse_whose_wallbox_was_never_there_can_be_told_nothing() -> None:
    evse = an_evse(EvseSettings(id="A", address="CP1"), WallboxSettings(id="CP1"))
    seen = evse.reading(10.0)
    assert (seen.seen, seen.ready, evse.running, evse.cap_a()) == (False, False, None, None)
    assert await evse.limit(6.0, reduction=False, afresh=False) is LimitOutcome.UNSENT
    assert await evse.release() is LimitOutcome.UNSENT
    assert evse.granted_a() == 0
