"""What load management reads of a connector, and what it has it do."""

import asyncio
from dataclasses import replace

from tests.support.boxes import Box
from tests.support.charging_bench import an_evse, bench, reading
from tests.support.shared_current import site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, World

from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.site.choices import StrategyChoice
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.measurements import Measurement
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import Cleared, LimitOutcome


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
async def test_an_evse_whose_wallbox_was_never_there_can_be_told_nothing() -> None:
    evse = an_evse(EvseSettings(id="A", address="CP1"), WallboxSettings(id="CP1"))
    seen = evse.reading(10.0)
    assert (seen.seen, seen.ready, evse.transaction, evse.cap_a()) == (False, False, None, None)
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
