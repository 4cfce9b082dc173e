"""Ends that name no transaction, or one that is over (R69, R70, R76)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    STALL,
    START,
    STOP,
    Site,
    a_site,
    a_two_sided_site,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.core.station.transactions import TransactionRecord

UNKNOWN_IDS = (-1, 0, 2, 9001, 2**62)


async def put_aside(world: World) -> list[tuple[str, str]]:
    """What lies among the dead letters: payload and reason, oldest first."""
    letters = reversed(await world.store.dead_letters())
    return [(letter.message.draft.payload_text, letter.reason) for letter in letters]


async def stored(site: Site, transaction_id: int = 1) -> TransactionRecord:
    record = await site.world.store.transaction("CP1", transaction_id)
    assert record is not None
    return record


@pytest.mark.parametrize("unknown", UNKNOWN_IDS)
@in_virtual_time()
async def test_a_stop_with_an_unknown_id_ends_the_only_transaction_that_fits_r69(
    unknown: int,
) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    text = f'{{ "transactionId":{unknown} ,"meterStop":52000,"timestamp":"2026-05-15T15:00:00Z"}}'
    assert await result(site.wallbox, "StopTransaction", text) == {}
    await site.backend.got("StopTransaction")
    told = text.replace(f":{unknown} ", ":9001 ")
    assert site.backend.payload_texts("StopTransaction") == [told]
    stop = (await stored(site)).stop
    assert stop is not None
    assert (stop.meter_stop_wh, stop.reason, stop.inferred) == (52000, "Local", True)
    assert site.world.manager is not None
    (state,) = site.world.manager.evses()
    assert not state.evse.in_use
    await site.world.kill()


@in_virtual_time()
async def test_a_repeated_stop_with_an_unknown_id_counts_once_r68_r69() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    for _ in range(3):
        assert await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 0}) == {}
    await settled()
    assert len(site.backend.all_of("StopTransaction")) == 1
    assert await put_aside(site.world) == []
    await site.world.kill()


@in_virtual_time()
async def test_a_repeated_stop_with_an_unknown_id_ends_no_other_transaction_r68_r69() -> None:
    site = await a_two_sided_site()
    await site.wallbox.ask("StartTransaction", START)
    stop = STOP | {"transactionId": 0}
    await result(site.wallbox, "StopTransaction", stop)
    await site.wallbox.ask("StartTransaction", START | {"connectorId": 2})
    await result(site.wallbox, "StopTransaction", stop)  # it fits the other connector by now
    assert site.world.manager is not None
    in_use = {state.evse.evse_id: state.evse.in_use for state in site.world.manager.evses()}
    assert in_use == {"left": False, "right": True}
    later = STOP | {"transactionId": 2, "meterStop": 53000}
    await result(site.wallbox, "StopTransaction", later)
    assert await site.two.got("StopTransaction") == later | {"transactionId": 2001}
    assert await put_aside(site.world) == []
    await site.world.kill()


@in_virtual_time()
async def test_an_end_that_overtakes_the_answer_to_its_start_leaves_the_evse_free_r69() -> None:
    site = await a_site(backend=literal_backend(StartTransaction=lambda _: None))
    starting = asyncio.gather(site.wallbox.ask("StartTransaction", START))
    await asyncio.sleep(5.0)
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 0})
    await starting
    await settled()
    assert (await stored(site)).stop is not None
    assert site.world.manager is not None
    (state,) = site.world.manager.evses()
    assert not state.evse.in_use
    await site.world.kill()


@pytest.mark.parametrize(
    "change",
    [
        {"meterStop": 51879},
        {"timestamp": "2026-05-15T14:25:11Z"},
        {"timestamp": "never"},
        {"idTag": "FFFF"},
    ],
)
@in_virtual_time()
async def test_a_stop_that_fits_nothing_is_answered_and_kept_aside_r59_r69(change: Json) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    odd = STOP | {"transactionId": -1} | change
    assert await result(site.wallbox, "StopTransaction", odd) == {}
    await settled()
    assert site.backend.all_of("StopTransaction") == []
    assert await put_aside(site.world) == [(json.dumps(odd), "stop of an unknown transaction")]
    await result(site.wallbox, "StopTransaction", STOP)
    assert await site.backend.got("StopTransaction") == STOP | {"transactionId": 9001}
    await site.world.kill()


@in_virtual_time()
async def test_of_two_transactions_that_fit_neither_is_ended_r69() -> None:
    site = await a_two_sided_site()
    for connector in (1, 2):
        await site.wallbox.ask("StartTransaction", START | {"connectorId": connector})
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 0})
    await settled()
    assert site.one.all_of("StopTransaction") == site.two.all_of("StopTransaction") == []
    assert len(await put_aside(site.world)) == 1
    await site.wallbox.ask("StopTransaction", STOP)
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 0, "meterStop": 53000})
    assert (await site.two.got("StopTransaction"))["transactionId"] == 2001
    await site.world.kill()


@in_virtual_time()
async def test_an_end_of_another_wallbox_is_never_attributed_s5_r69() -> None:
    world = World(ONE_BACKEND + STALL.replace("CP1", "CP2").replace("stall-1", "stall-2"))
    await world.start()
    owner, stranger = literal_wallbox(), literal_wallbox()
    await world.boot("CP1", owner)
    await world.boot("CP2", stranger)
    await owner.ask("StartTransaction", START)
    await result(stranger, "StopTransaction", STOP | {"transactionId": -1})
    record = await world.store.transaction("CP1", 1)
    assert record is not None
    assert record.stop is None
    await world.kill()


@in_virtual_time()
async def test_a_transaction_is_attributed_after_a_restart_too_r69_r77() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.world.kill()
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox)
    await result(wallbox, "StopTransaction", STOP | {"transactionId": 0})
    assert (await site.backend.got("StopTransaction"))["transactionId"] == 9001
    await site.world.kill()


@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_an_end_told_by_its_id_after_it_was_attributed_is_no_second_one_r69(
    restarted: bool,
) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StopTransaction", STOP | {"transactionId": 0})
    await site.backend.got("StopTransaction")
    if restarted:
        await site.world.kill()
        await site.world.start()
        site.wallbox = literal_wallbox()
        await site.world.boot("CP1", site.wallbox)
    for _ in range(2):
        assert await result(site.wallbox, "StopTransaction", STOP | {"meterStop": 52001}) == {}
    await asyncio.sleep(60.0)
    assert len(site.backend.all_of("StopTransaction")) == 1
    stop = (await stored(site)).stop
    assert stop is not None
    assert (stop.meter_stop_wh, stop.inferred) == (52001, False)
    ((_, reason),) = await put_aside(site.world)
    assert reason == "the end of transaction 1 had been told without it"
    await site.world.kill()


@in_virtual_time()
async def test_however_often_an_attributed_end_is_told_anew_the_backend_hears_of_one_r69() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StopTransaction", STOP | {"transactionId": 0})
    for meter_wh in (52001, 52002):
        await result(site.wallbox, "StopTransaction", STOP | {"meterStop": meter_wh})
    await asyncio.sleep(60.0)
    assert len(site.backend.all_of("StopTransaction")) == 1
    assert len(await put_aside(site.world)) == 2
    await site.world.kill()


@pytest.mark.parametrize("id_tag", [{}, {"idTag": "04A1"}])
@in_virtual_time()
async def test_an_omitted_reason_is_local_and_a_card_may_be_absent_r70(id_tag: Json) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await result(site.wallbox, "StopTransaction", STOP | id_tag)
    stop = (await stored(site)).stop
    assert stop is not None
    assert (stop.reason, stop.inferred) == ("Local", False)
    assert await site.backend.got("StopTransaction") == STOP | id_tag | {"transactionId": 9001}
    await site.world.kill()


@in_virtual_time()
async def test_values_after_the_end_do_not_revive_a_transaction_r76() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StopTransaction", STOP)
    await site.wallbox.ask("MeterValues", meter_values("2026-05-15T15:00:01Z"))
    assert (await site.backend.got("MeterValues"))["transactionId"] == 9001
    assert site.world.manager is not None
    (state,) = site.world.manager.evses()
    assert not state.evse.in_use
    assert (await site.world.store.recover()).open_transactions == ()
    await site.world.kill()
