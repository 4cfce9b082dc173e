"""Transactions while the backend is away or the store stumbles: kept first, then confirmed."""

import asyncio

import pytest
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    ONE_BACKEND,
    START,
    STOP,
    Literal,
    a_site,
    error,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import Json, World

from wattgate.ports.store import RememberTag, TagRecord


def now() -> float:
    return asyncio.get_running_loop().time()


async def timed(asked: Literal, action: str, payload: Json | str) -> tuple[Json, float]:
    """The answer's payload, and the virtual seconds it took."""
    began = now()
    return await result(asked, action, payload), round(now() - began, 6)


# Offline


@pytest.mark.parametrize(
    ("known", "cards", "verdict"),
    [
        ('{"status":"Accepted"}', "", "Accepted"),
        ('{"status":"Blocked"}', '[[card]]\nid_tag="04A1"', "Blocked"),
        ('{"status":"Accepted","expiryDate":"2026-05-15T11:00:00Z"}', "", "Expired"),
        (None, '[[card]]\nid_tag="04a1"', "Accepted"),
        (None, "", "Invalid"),
    ],
)
@in_virtual_time()
async def test_offline_the_cache_then_the_cards_then_nobody_decide_r53(
    known: str | None, cards: str, verdict: str
) -> None:
    world = World(ONE_BACKEND + cards)
    if known is not None:
        tag = TagRecord("stall-1 CP1@backend", "04A1", known, WALL_START)
        await world.store.commit(RememberTag(tag))
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    answer, took_s = await timed(wallbox, "Authorize", {"idTag": "04A1"})
    assert (answer, took_s) == ({"idTagInfo": {"status": verdict}}, 0.0)
    answer, took_s = await timed(wallbox, "StartTransaction", START)
    assert (answer, took_s) == ({"idTagInfo": {"status": verdict}, "transactionId": 1}, 0.0)
    await world.kill()


@in_virtual_time()
async def test_a_site_without_backend_and_cards_takes_everybody() -> None:
    world = World(HOUSE + '[[evse]]\nid = "stall-1"\naddress = "CP1"\n')
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    assert await result(wallbox, "StartTransaction", START) == ACCEPTED | {"transactionId": 1}
    assert await result(wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z")) == {}
    assert await result(wallbox, "StopTransaction", STOP) == {}
    await world.kill()


@pytest.mark.story
@in_virtual_time(within_s=3 * 86_400)
async def test_two_days_of_outage_arrive_in_order_with_the_backends_ids_r58_r63() -> None:
    site = await a_site(site_toml=ONE_BACKEND.replace("[site]", "[site]\ncycle_s = 60"))
    lost = site.world.dialer.backends.pop("ws://backend/CP1")
    site.backend.hang_up()
    await settled()
    calls = len(site.backend.calls)
    expected: list[tuple[str, Json]] = []
    for number in range(1, 61):
        start = START | {"meterStart": number}
        answer = await result(site.wallbox, "StartTransaction", start)
        assert answer["transactionId"] == number
        reading = meter_values(f"2026-05-15T14:30:00Z #{number}", number)
        assert await result(site.wallbox, "MeterValues", reading) == {}
        stop = STOP | {"transactionId": number, "meterStop": number}
        assert await result(site.wallbox, "StopTransaction", stop) == {}
        theirs = {"transactionId": 9000 + number}
        expected += [
            ("StartTransaction", start),
            ("MeterValues", reading | theirs),
            ("StopTransaction", stop | theirs),
        ]
        await asyncio.sleep(2 * 86_400 / 60)
    site.world.dialer.backends["ws://backend/CP1"] = lost
    await site.backend.got("StopTransaction", times=60)
    carried = [call for call in site.backend.calls[calls:] if call[0] != "Heartbeat"]
    assert [action for action, _ in carried[:2]] == ["BootNotification", "StatusNotification"]
    assert carried[2:] == expected
    await site.world.kill()


@in_virtual_time()
async def test_messages_of_a_backend_away_survive_the_end_of_the_manager_r71() -> None:
    site = await a_site()
    site.backend.hang_up()
    site.world.dialer.backends.clear()
    await settled()
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "StopTransaction", STOP)
    await site.world.kill()
    site.world.dialer.backends["ws://backend/CP1"] = site.backend
    await site.world.start()  # the wallbox does not come back: the queue is reason enough (R50)
    assert await site.backend.got("StopTransaction") == STOP | {"transactionId": 9001}
    await site.world.kill()


# Stored first


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", START | {"meterStart": 1}),
        ("MeterValues", meter_values("2026-05-15T14:30:00Z")),
        ("StopTransaction", STOP),
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
        ("SecurityEventNotification", {"type": "x", "timestamp": "2026-05-15T14:30:00Z"}),
    ],
)
@in_virtual_time()
async def test_nothing_is_confirmed_before_it_is_stored(action: str, payload: Json) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    gate = site.world.store.gate = asyncio.Event()
    asking = asyncio.gather(site.wallbox.ask(action, payload))
    await asyncio.sleep(60.0)
    assert not asking.done()
    gate.set()
    ((kind, *_),) = await asking
    assert kind == 3
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StartTransaction", START | {"meterStart": 1}),
        ("MeterValues", meter_values("2026-05-15T14:30:00Z")),
        ("StopTransaction", STOP),
        ("SecurityEventNotification", {"type": "x", "timestamp": "2026-05-15T14:30:00Z"}),
    ],
)
@in_virtual_time()
async def test_what_could_not_be_stored_is_not_confirmed_but_asked_for_again(
    action: str, payload: Json
) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    site.world.store.failing = True
    assert await error(site.wallbox, action, payload) == "InternalError"
    site.world.store.failing = False
    await result(site.wallbox, action, payload)
    await asyncio.sleep(20.0)
    if action != "StartTransaction":
        taken = site.backend.all_of(action)
        own = {"StartupOfTheDevice"}
        assert len([each for each in taken if each.get("type") not in own]) == 1
    await site.world.kill()


@in_virtual_time()
async def test_a_failing_store_does_not_end_delivery() -> None:
    site = await a_site(backend=literal_backend(MeterValues=lambda _: None))
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("MeterValues", meter_values("2026-05-15T14:30:00Z"))
    await site.wallbox.ask("StopTransaction", STOP)
    del site.backend.answers["MeterValues"]
    (unique_id,) = site.backend.held["MeterValues"]
    site.world.store.failing = True
    site.backend.send(f'[3,"{unique_id}",{{}}]')
    await asyncio.sleep(60.0)
    assert site.backend.all_of("StopTransaction") == []
    site.world.store.failing = False
    await site.backend.got("StopTransaction")
    assert len(site.backend.all_of("MeterValues")) == 1
    await site.world.kill()
