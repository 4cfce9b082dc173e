"""What is known of a connector: its demand, its draw and its transaction."""

import asyncio
from dataclasses import replace

from tests.support.boxes import Box
from tests.support.charging_bench import an_evse, bench, reading
from tests.support.shared_current import SITE, settle, site
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import World

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.measurements import Measurement
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.presence import Presence


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


@in_virtual_time()
async def test_the_feeder_caps_the_hardware() -> None:
    settings = EvseSettings(id="A", address="CP1", max_current_a=32)
    for feeder_a, hardware_a in ((None, 32), (20.0, 20), (63.0, 32)):
        wallbox = WallboxSettings(id="CP1", max_current_a=feeder_a)
        assert an_evse(settings, wallbox).hardware_a == hardware_a


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
