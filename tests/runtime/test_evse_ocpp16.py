"""What load management reads of a connector, and what it has it do."""

import asyncio
from dataclasses import replace

from tests.support.boxes import Box
from tests.support.charging_bench import bench
from tests.support.shared_current import SITE, settle, site
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import BOOT, World

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.load.behaviour import Behaviour, Proof
from wattgate.core.load.methods import Method, Strategy
from wattgate.core.site.choices import StrategyChoice
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.measurements import Measurement
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import Cleared, EvseReading, LimitOutcome
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
    draw = reading(world).draw
    assert draw is not None
    assert (draw.least_a, draw.most_a) == (12.5, 12.5)
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
    assert await evse.release(whole=True) == Cleared(LimitOutcome.UNSENT)
    assert await evse.sweep() is LimitOutcome.UNSENT
    assert await evse.stop_charging() is LimitOutcome.UNSENT
    assert (evse.next_method(), evse.method) == (False, "")
    assert evse.granted_a() == 0


@in_virtual_time()
async def test_settings_count_as_they_are_now() -> None:
    settings = EvseSettings(id="A", address="CP1", fallback_current_a=6)
    evse = an_evse(settings, WallboxSettings(id="CP1"))
    assert (evse.standing_a, evse.settle_s, evse.lifetime_s) == (6, 30, 900)
    evse.settings = replace(settings, fallback_current_a=8)
    evse.wallbox = replace(evse.wallbox, settle_s=60, grant_lifetime_s=120)
    assert (evse.reading(0).standing_a, evse.settle_s, evse.lifetime_s) == (8, 60, 120)
    evse.settings = replace(settings, enabled=False)
    assert evse.reading(0).standing_a == 0


@in_virtual_time()
async def test_a_deactivated_evse_may_draw_what_the_site_says_P15() -> None:
    settings = EvseSettings(id="A", address="CP1", enabled=False, fallback_current_a=8)
    presence = Presence("CP1", FakeClock())
    evse = EvseOcpp16(
        settings,
        WallboxSettings(id="CP1"),
        ConnectorMap(1, alone=True),
        presence,
        SmartCharging(presence, alone=True),
        deactivated_standing=lambda each: each.min_current_a,
    )
    assert evse.standing_a == 6


@in_virtual_time()
async def test_the_fallback_is_what_a_grant_ends_in_P14() -> None:
    async with bench() as here:
        here.evse.settings = replace(here.evse.settings, fallback_current_a=6)
        here.start()
        for current_a in (16, 6, 0):
            await here.limit(current_a)
        sets = [line for line in here.news() if line.startswith("set")]
        assert sets == ["set 9101: 16 4500:6", "set 9101: 6", "set 9101: 0 4500:6"]


@in_virtual_time()
async def test_a_grant_may_be_shorter_than_usual() -> None:
    async with bench() as here:
        here.start()
        await here.evse.limit(16, reduction=False, afresh=False, lifetime_s=60)
        assert here.news()[1] == "set 9101: 16 3660:0"
        await here.evse.sweep()
        assert here.news()[-1] == "set 9101: 16 3660:0"


@in_virtual_time()
async def test_it_is_harmless_when_silent_only_if_that_was_proven_of_what_is_in_it_R100a() -> None:
    method = Method(Strategy.TWO_PERIODS)
    proven = Behaviour(
        obeyed=method, expiry=Proof.PROVEN, persistence=Proof.PROVEN, proved_with=method
    )
    async with bench() as here:
        harmless = [here.evse.reading(0).is_harmless_when_silent]
        await here.limit(0)
        harmless.append(here.evse.reading(0).is_harmless_when_silent)
        here.behaviours.learn(WallboxModel("Vendor", "Model", ""), proven)
        harmless.append(here.evse.reading(0).is_harmless_when_silent)
        here.evse.wallbox = replace(here.wallbox, strategy=StrategyChoice.TX_PROFILE)
        await here.limit(0)
        harmless.append(here.evse.reading(0).is_harmless_when_silent)
        assert harmless == [False, False, True, False]


@in_virtual_time()
async def test_the_draw_is_that_of_the_running_transaction_while_its_wallbox_is_here() -> None:
    async with bench() as here:
        await asyncio.sleep(100)

        def most_a(measured_at: float) -> float | None:
            measurement = Measurement(currents_a={0: 9.0}, currents_at=measured_at)
            here.evse.connector = replace(here.evse.connector, measurement=measurement)
            draw = here.evse.reading(100).draw
            return None if draw is None else draw.most_a

        assert most_a(100) is None
        here.start()
        assert (most_a(99), most_a(100)) == (None, 9)
        await here.go()
        assert most_a(100) is None


@in_virtual_time()
async def test_the_last_resort_ends_our_transaction_R100b() -> None:
    async with bench() as here:
        here.start(transaction_id=42)
        assert await here.evse.stop_charging() is LimitOutcome.ACCEPTED
        assert here.box.all_of("RemoteStopTransaction") == [{"transactionId": 42}]


@in_virtual_time()
async def test_a_relative_schedule_counts_from_the_start_of_the_transaction_R100() -> None:
    async with bench() as here:
        here.boot(chargePointVendor="Wall Box Chargers")
        here.start()
        await asyncio.sleep(100)
        await here.limit(16)
        assert here.news()[1] == "set 9101: 16 1000:0"
        assert here.evse.counts_by_transaction


@in_virtual_time()
async def test_a_transaction_whose_start_makes_no_sense_counts_as_new() -> None:
    async with bench() as here:
        here.boot(chargePointVendor="Wall Box Chargers")
        here.start()
        await asyncio.sleep(100)
        running = here.evse.transaction
        assert running is not None
        for started_at in ("1970-01-01T00:00:00Z", "2026-05-16T12:00:00Z", "noon"):
            start = replace(running.record.start, started_at=started_at)
            running.record = replace(running.record, start=start)
            await here.limit(16)
            assert "set 9101: 16 900:0" in here.news()


@in_virtual_time()
async def test_it_is_asked_to_measure_while_a_transaction_runs_and_nothing_is_heard() -> None:
    async with bench() as here:
        await here.limit(16)
        here.news()
        for asked in ([], ["TriggerMessage"]):
            here.evse.ask_for_measurement(here.tools.clock.monotonic())
            await asyncio.sleep(31)
            here.evse.ask_for_measurement(here.tools.clock.monotonic())
            await asyncio.sleep(1)
            assert here.news() == asked
            here.start()
        measurement = Measurement(currents_a={0: 9.0}, currents_at=here.tools.clock.monotonic())
        here.evse.connector = replace(here.evse.connector, measurement=measurement)
        await asyncio.sleep(31)
        here.evse.ask_for_measurement(here.tools.clock.monotonic())
        await asyncio.sleep(1)
        assert here.news() == []
