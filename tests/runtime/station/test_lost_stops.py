"""Transactions whose end the wallbox never tells (R77)."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    START,
    STOP,
    Literal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, status_of

from wattgate.core.station.transactions import TransactionStop
from wattgate.runtime.station.lost_stops import LOOK_EVERY_S

WAIT_S = 4 * 3600.0
LONG = in_virtual_time(within_s=16 * WAIT_S)
USUAL = ONE_BACKEND.replace("[site]", "[site]\ncycle_s = 60")
QUIET = USUAL.replace("[site]", "[site]\nlost_stop_h = 4")
TELLING = QUIET + "deliver_inferred = true\n"
URL = "ws://backend/CP1"
READING = meter_values("2026-05-15T12:00:30Z")
"""The register shows 51900 Wh."""


async def report(wallbox: Literal, status: str) -> None:
    await result(wallbox, "StatusNotification", status_of(1, status))


async def a_session(site_toml: str = QUIET, *, charges: bool = True) -> Site:
    """A car charges; its register was read once, at virtual second 30 or so."""
    site = await a_site(site_toml=site_toml)
    await report(site.wallbox, "Preparing")
    await result(site.wallbox, "StartTransaction", START)
    if charges:
        await report(site.wallbox, "Charging")
        await result(site.wallbox, "MeterValues", READING)
    await asyncio.sleep(60.0)
    return site


async def the_stop(world: World, transaction_id: int = 1) -> TransactionStop | None:
    record = await world.store.transaction("CP1", transaction_id)
    assert record is not None
    return record.stop


async def lost_session(site_toml: str = QUIET) -> Site:
    """The car has left, no end was told."""
    site = await a_session(site_toml)
    await report(site.wallbox, "Available")
    return site


async def is_waiting(world: World) -> bool:
    """Whether an end is noted as missing."""
    notes = (await world.store.recover()).notes
    return any(note.scope == "end missing CP1" for note in notes)


def in_use(world: World) -> bool:
    assert world.manager is not None
    (state,) = world.manager.evses()
    return state.evse.in_use


@LONG
async def test_an_end_that_is_never_told_is_waited_for_and_assumed_then_r77() -> None:
    site = await lost_session()
    await asyncio.sleep(WAIT_S - LOOK_EVERY_S)
    assert await the_stop(site.world) is None
    assert in_use(site.world)
    await asyncio.sleep(3 * LOOK_EVERY_S)
    stop = await the_stop(site.world)
    assert stop is not None
    assert (stop.meter_stop_wh, stop.reason, stop.inferred) == (51900, "Other", True)
    assert stop.stopped_at.startswith("2026-05-15T14:25:12")  # never before it began
    assert not in_use(site.world)
    await settled()
    assert site.backend.all_of("StopTransaction") == []
    assert not await is_waiting(site.world)
    await site.world.kill()


@LONG
async def test_a_backend_hears_of_an_assumed_end_where_the_site_wants_it_r77() -> None:
    site = await lost_session(TELLING)
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    assert site.backend.all_of("StopTransaction") == [
        {
            "transactionId": 9001,
            "meterStop": 51900,
            "timestamp": "2026-05-15T14:25:12Z",
            "reason": "Other",
        }
    ]
    await site.world.kill()


@in_virtual_time(within_s=2 * 86_400.0)
async def test_unless_the_site_says_otherwise_an_end_is_waited_for_a_day_r77() -> None:
    site = await lost_session(USUAL)
    await asyncio.sleep(86_400.0 - LOOK_EVERY_S)
    assert await the_stop(site.world) is None
    await asyncio.sleep(3 * LOOK_EVERY_S)
    assert await the_stop(site.world) is not None
    await site.world.kill()


@LONG
async def test_an_end_that_comes_within_the_wait_is_the_end_r77() -> None:
    site = await lost_session(TELLING)
    await asyncio.sleep(WAIT_S / 2)
    await result(site.wallbox, "StopTransaction", STOP)
    await asyncio.sleep(2 * WAIT_S)
    assert site.backend.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    stop = await the_stop(site.world)
    assert stop == TransactionStop(52000, str(STOP["timestamp"]), "Local")
    assert not await is_waiting(site.world)
    await site.world.kill()


@pytest.mark.parametrize(("site_toml", "told"), [(QUIET, False), (TELLING, True)])
@pytest.mark.parametrize("restarted", [False, True])
@LONG
async def test_an_end_that_comes_after_the_wait_is_kept_and_told_unless_one_was_told_r77(
    site_toml: str, told: bool, restarted: bool
) -> None:
    site = await lost_session(site_toml)
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    if restarted:
        await site.world.kill()
        await site.world.start()
        site.wallbox = literal_wallbox()
        await site.world.boot("CP1", site.wallbox)
    for _ in range(2):
        assert await result(site.wallbox, "StopTransaction", STOP) == {}
    await asyncio.sleep(60.0)
    stop = await the_stop(site.world)
    assert stop == TransactionStop(52000, str(STOP["timestamp"]), "Local")
    reasons = [
        sent["reason"] for sent in site.backend.all_of("StopTransaction") if "reason" in sent
    ]
    assert reasons == (["Other"] if told else [])
    assert len(site.backend.all_of("StopTransaction")) == 1
    assert len(await site.world.store.dead_letters()) == int(told)
    await site.world.kill()


# What goes on, and what only seems to


@pytest.mark.parametrize("status", ["Charging", "SuspendedEV", "SuspendedEVSE"])
@LONG
async def test_a_transaction_that_the_wallbox_goes_on_with_is_not_lost_r77(status: str) -> None:
    site = await lost_session()
    await asyncio.sleep(WAIT_S / 2)
    await report(site.wallbox, status)
    await asyncio.sleep(2 * WAIT_S)
    assert await the_stop(site.world) is None
    assert in_use(site.world)
    assert not await is_waiting(site.world)
    await site.world.kill()


@LONG
async def test_after_a_restart_meter_values_with_its_id_continue_a_transaction_r77() -> None:
    site = await lost_session()
    await asyncio.sleep(2 * LOOK_EVERY_S)
    await site.world.kill()
    await site.world.start()
    wallbox = literal_wallbox()
    site.world.plug_in("CP1", wallbox)
    await result(wallbox, "MeterValues", meter_values("2026-05-15T13:00:00Z"))
    await asyncio.sleep(3 * WAIT_S)
    assert await the_stop(site.world) is None
    assert in_use(site.world)
    await site.world.kill()


@LONG
async def test_late_values_do_not_bring_back_a_car_that_has_left_r76_r77() -> None:
    site = await lost_session()
    await asyncio.sleep(WAIT_S / 2)
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T12:00:40Z"))
    await asyncio.sleep(WAIT_S / 2 + 3 * LOOK_EVERY_S)
    assert await the_stop(site.world) is not None
    await site.world.kill()


@LONG
async def test_a_wallbox_that_is_away_may_have_the_end_queued_r77() -> None:
    site = await a_session()
    site.wallbox.hang_up()
    await asyncio.sleep(5 * WAIT_S)
    assert await the_stop(site.world) is None
    await site.world.boot("CP1", site.wallbox)
    await result(site.wallbox, "StopTransaction", STOP)
    assert (await the_stop(site.world)) == TransactionStop(52000, str(STOP["timestamp"]), "Local")
    await site.world.kill()


@LONG
async def test_a_transaction_that_the_next_one_follows_is_lost_too_r77() -> None:
    site = await a_session(TELLING)
    await result(site.wallbox, "StartTransaction", START | {"meterStart": 60000})
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T12:10:00Z", 2))
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    first, second = await the_stop(site.world), await the_stop(site.world, 2)
    assert first is not None
    assert (first.meter_stop_wh, first.inferred) == (51900, True)
    assert second is None
    assert in_use(site.world)
    (told,) = site.backend.all_of("StopTransaction")
    assert (told["transactionId"], told["meterStop"]) == (9001, 51900)
    await site.world.kill()


@LONG
async def test_without_any_reading_the_register_of_the_start_counts_r77() -> None:
    site = await a_session(charges=False)
    await report(site.wallbox, "Available")
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    stop = await the_stop(site.world)
    assert stop is not None
    assert stop.meter_stop_wh == START["meterStart"]
    await site.world.kill()


# Over restarts, clocks and a store that fails


@LONG
async def test_restarts_do_not_make_the_wait_longer_and_the_register_is_kept_r77() -> None:
    site = await lost_session()
    await asyncio.sleep(2 * LOOK_EVERY_S)
    for _ in range(4):
        await asyncio.sleep(WAIT_S / 4 - 60.0)
        await site.world.kill()
        await site.world.start()
        wallbox = literal_wallbox()
        await site.world.boot("CP1", wallbox)
    await asyncio.sleep(2 * LOOK_EVERY_S)
    stop = await the_stop(site.world)
    assert stop is not None
    assert stop.meter_stop_wh == 51900
    await site.world.kill()


@LONG
async def test_a_jump_of_our_clock_does_not_make_the_wait_shorter_or_endless() -> None:
    for jump_s in (100 * WAIT_S, -100 * WAIT_S):
        site = await lost_session()
        await asyncio.sleep(2 * LOOK_EVERY_S)
        site.world.clock.jump_wall(jump_s)
        await asyncio.sleep(WAIT_S - 4 * LOOK_EVERY_S)
        assert await the_stop(site.world) is None
        await asyncio.sleep(5 * LOOK_EVERY_S)
        assert await the_stop(site.world) is not None
        await site.world.kill()


@LONG
async def test_a_clock_that_begins_in_1970_does_not_make_the_wait_shorter() -> None:
    site = await lost_session()
    await asyncio.sleep(2 * LOOK_EVERY_S)
    await site.world.kill()
    years_s = 50 * 365 * 86_400.0
    site.world.clock.jump_wall(-years_s)
    await site.world.start()
    await site.world.boot("CP1", literal_wallbox())
    await asyncio.sleep(1.5 * LOOK_EVERY_S)
    site.world.clock.jump_wall(years_s)
    await asyncio.sleep(WAIT_S - 2 * LOOK_EVERY_S)
    assert await the_stop(site.world) is None
    await asyncio.sleep(4 * LOOK_EVERY_S)
    assert await the_stop(site.world) is not None
    await site.world.kill()


@LONG
async def test_an_end_that_comes_while_the_wait_is_called_off_stops_no_other_wait_r77() -> None:
    site = await lost_session()
    await asyncio.sleep(2 * LOOK_EVERY_S)
    await report(site.wallbox, "Charging")
    gate = site.world.store.gate = asyncio.Event()
    ending = asyncio.gather(result(site.wallbox, "StopTransaction", STOP))
    await asyncio.sleep(LOOK_EVERY_S)  # the note is to go, too
    gate.set()
    await ending
    assert (await the_stop(site.world)) == TransactionStop(52000, str(STOP["timestamp"]), "Local")
    await result(site.wallbox, "StartTransaction", START | {"meterStart": 60000})
    await asyncio.sleep(60.0)
    await report(site.wallbox, "Available")
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    assert await the_stop(site.world, 2) is not None
    await site.world.kill()


@LONG
async def test_an_assumed_end_is_told_although_the_wallbox_never_comes_back_r77() -> None:
    site = await lost_session(TELLING)
    await asyncio.sleep(2 * LOOK_EVERY_S)
    site.wallbox.hang_up()
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    (told,) = site.backend.all_of("StopTransaction")
    assert (told["transactionId"], told["meterStop"]) == (9001, 51900)
    assert site.backend.closed_with == (1000, "the wallbox is away")
    await site.world.kill()


@LONG
async def test_a_store_that_fails_is_tried_again_r77() -> None:
    site = await lost_session()
    site.world.store.failing = True
    await asyncio.sleep(3 * LOOK_EVERY_S)
    site.world.store.failing = False
    await asyncio.sleep(WAIT_S - 2 * LOOK_EVERY_S)
    site.world.store.failing = True
    await asyncio.sleep(6 * LOOK_EVERY_S)
    assert in_use(site.world)
    site.world.store.failing = False
    await asyncio.sleep(2 * LOOK_EVERY_S)
    assert await the_stop(site.world) is not None
    await site.world.kill()


@LONG
async def test_an_end_that_comes_while_one_is_assumed_is_the_only_one_told_r77() -> None:
    site = await lost_session(TELLING)
    await asyncio.sleep(WAIT_S - LOOK_EVERY_S)
    gate = site.world.store.gate = asyncio.Event()
    asking = asyncio.gather(result(site.wallbox, "StopTransaction", STOP))
    await asyncio.sleep(4 * LOOK_EVERY_S)  # both want the store now
    gate.set()
    await asking
    await asyncio.sleep(60.0)
    assert len(site.backend.all_of("StopTransaction")) == 1
    await site.world.kill()


@LONG
async def test_an_assumed_end_of_a_backend_that_the_site_has_no_more_stays_here_r77() -> None:
    site = await lost_session(TELLING)
    await site.world.kill()
    world = World(TELLING.replace("ws://backend/", "ws://new/"), store=site.world.store)
    new = world.dialer.backends["ws://new/CP1"] = literal_backend()
    await world.start()
    await asyncio.sleep(1.0)
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    assert await the_stop(world) is not None
    assert new.all_of("StopTransaction") == []
    await world.kill()


@pytest.mark.parametrize(("metered", "open_"), [(False, False), (True, True)])
@LONG
async def test_a_transaction_of_an_evse_that_the_site_has_no_more_lasts_while_it_is_metered_r77(
    metered: bool, open_: bool
) -> None:
    site = await a_session()
    await site.world.kill()
    world = World(QUIET.replace("stall-1", "renamed"), store=site.world.store)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox, "Charging")
    for number in range(12):
        await asyncio.sleep(LOOK_EVERY_S * 3)
        if metered:
            await result(wallbox, "MeterValues", meter_values(f"2026-05-15T12:{number:02}:00Z"))
    assert ((await the_stop(world)) is None) is open_
    await world.kill()


@LONG
async def test_after_a_restart_the_register_counts_as_it_was_read_before_r77() -> None:
    site = await a_session(TELLING)
    await site.world.kill()
    await site.world.start()
    await asyncio.sleep(60.0)
    await site.world.boot("CP1", literal_wallbox())
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    (told,) = site.backend.all_of("StopTransaction")
    assert (told["transactionId"], told["meterStop"]) == (9001, 51900)
    await site.world.kill()


@LONG
async def test_a_transaction_that_a_short_one_followed_is_lost_too_r77() -> None:
    site = await a_session()
    await asyncio.sleep(LOOK_EVERY_S)
    await result(site.wallbox, "StartTransaction", START | {"meterStart": 60000})
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 2, "meterStop": 61000})
    await asyncio.sleep(WAIT_S)
    assert await the_stop(site.world) is None
    await asyncio.sleep(4 * LOOK_EVERY_S)
    assert await the_stop(site.world) is not None
    assert (await the_stop(site.world, 2)) is not None
    await site.world.kill()


@pytest.mark.parametrize("named", [None, 0])
@LONG
async def test_values_that_name_no_transaction_tell_the_register_of_the_one_that_runs_r77(
    named: int | None,
) -> None:
    site = await a_session(TELLING, charges=False)
    await report(site.wallbox, "Charging")
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T12:00:30Z", named))
    await asyncio.sleep(60.0)
    await report(site.wallbox, "Available")
    later = meter_values("2026-05-15T12:20:00Z", named)
    later["meterValue"][0]["sampledValue"][0]["value"] = "99999"
    await result(site.wallbox, "MeterValues", later)  # nobody knows who drew that
    await asyncio.sleep(WAIT_S + 3 * LOOK_EVERY_S)
    (told,) = site.backend.all_of("StopTransaction")
    assert told["meterStop"] == 51900
    await site.world.kill()
