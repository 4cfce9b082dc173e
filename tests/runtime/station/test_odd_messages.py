"""Transaction messages that are not made as OCPP 1.6 says are answered and kept (R59)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    START,
    STOP,
    Refusal,
    a_site,
    a_two_sided_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

INVALID = {"idTagInfo": {"status": "Invalid"}}
LOCAL = HOUSE + '[[evse]]\nid = "stall-1"\naddress = "CP1"\n'
ODD_STARTS = [
    "{}",
    START | {"connectorId": []},
    START | {"meterStart": 1e300},
    {key: value for key, value in START.items() if key != "timestamp"},
]
ODD_STOPS = [{}, {"meterStop": 52000}, STOP | {"transactionId": {}}]


def as_text(payload: Json | str) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload)


async def letters(world: World) -> list[str]:
    return [letter.message.draft.payload_text for letter in await world.store.dead_letters()]


@pytest.mark.parametrize("payload", ODD_STARTS)
@in_virtual_time()
async def test_an_odd_start_goes_to_the_backend_to_the_letter_and_nobody_charges_r59(
    payload: Json | str,
) -> None:
    site = await a_site(
        backend=literal_backend(StartTransaction=lambda _: Refusal("FormationViolation"))
    )
    assert await result(site.wallbox, "StartTransaction", payload) == INVALID | {"transactionId": 1}
    assert site.backend.payload_texts("StartTransaction") == [as_text(payload)]
    assert await letters(site.world) == [as_text(payload)]
    again = START | {"meterStart": 2}
    site.backend.answers["StartTransaction"] = lambda _: ACCEPTED | {"transactionId": 5}
    assert (await result(site.wallbox, "StartTransaction", again))["transactionId"] == 2
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_takes_an_odd_start_has_the_word_and_its_id_is_mapped_r59() -> None:
    site = await a_site()
    odd = {"connectorId": 1, "idTag": "04A1", "timestamp": "2026-05-15T14:25:12Z"}
    assert await result(site.wallbox, "StartTransaction", odd) == ACCEPTED | {"transactionId": 1}
    await result(site.wallbox, "StopTransaction", STOP)
    assert (await site.backend.got("StopTransaction"))["transactionId"] == 9001
    await site.world.kill()


@in_virtual_time()
async def test_an_odd_start_is_never_accepted_by_ourselves_r59() -> None:
    for text in (LOCAL, LOCAL.replace("[site]", '[site]\nload_management = "observe"')):
        world = World(text)
        await world.start()
        wallbox = literal_wallbox()
        await world.boot("CP1", wallbox)
        assert await result(wallbox, "StartTransaction", "{}") == INVALID | {"transactionId": 1}
        assert await result(wallbox, "StartTransaction", "{}") == INVALID | {"transactionId": 1}
        assert await letters(world) == ["{}"]
        assert (await result(wallbox, "StartTransaction", START))["transactionId"] == 2
        await world.kill()


@pytest.mark.parametrize("payload", ODD_STOPS)
@in_virtual_time()
async def test_an_odd_stop_without_a_usable_id_goes_to_the_backend_as_it_is_r59(
    payload: Json,
) -> None:
    site = await a_site()
    for _ in range(2):
        assert await result(site.wallbox, "StopTransaction", payload) == {}
    await settled()
    assert site.backend.payload_texts("StopTransaction") == [as_text(payload)]
    await site.world.kill()


@in_virtual_time()
async def test_an_id_that_no_store_can_keep_goes_as_minus_one_r59_r64() -> None:
    site = await a_site()
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": 10**30})
    assert await site.backend.got("StopTransaction") == STOP | {"transactionId": -1}
    await site.world.kill()


@in_virtual_time()
async def test_an_odd_stop_of_a_known_transaction_ends_it_under_the_backends_id_r59() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    odd = {"transactionId": "1", "reason": "EVDisconnected"}
    assert await result(site.wallbox, "StopTransaction", odd) == {}
    assert await site.backend.got("StopTransaction") == odd | {"transactionId": 9001}
    record = await site.world.store.transaction("CP1", 1)
    assert record is not None
    assert record.stop is not None
    assert (record.stop.meter_stop_wh, record.stop.reason) == (51880, "EVDisconnected")
    assert record.stop.inferred
    await site.world.kill()


@pytest.mark.parametrize("payload", [{"transactionId": 77}, {"transactionId": -1}])
@in_virtual_time()
async def test_an_odd_stop_of_an_unknown_transaction_is_kept_aside_r59_r69(payload: Json) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    assert await result(site.wallbox, "StopTransaction", payload) == {}
    await settled()
    assert site.backend.all_of("StopTransaction") == []
    assert await letters(site.world) == [as_text(payload)]
    await site.world.kill()


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"meterValue": []}, {"meterValue": []}),
        ({"connectorId": []}, {"connectorId": []}),
        ({"connectorId": {}, "transactionId": 4711}, {"connectorId": {}, "transactionId": -1}),
        ({"connectorId": {}, "transactionId": 1}, {"connectorId": {}, "transactionId": 9001}),
    ],
)
@in_virtual_time()
async def test_odd_meter_values_go_to_the_backend_as_far_as_their_ids_can_be_mapped_r59(
    payload: Json, told: Json
) -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    for _ in range(2):
        assert await result(site.wallbox, "MeterValues", payload) == {}
    await settled()
    assert site.backend.all_of("MeterValues") == [told]
    await site.world.kill()


@pytest.mark.parametrize("action", ["StartTransaction", "StopTransaction", "MeterValues"])
@in_virtual_time()
async def test_what_names_no_connector_is_not_given_to_any_of_several_backends_r59(
    action: str,
) -> None:
    site = await a_two_sided_site()
    answer = await result(site.wallbox, action, '{"x":1}')
    assert answer == (INVALID | {"transactionId": 1} if action == "StartTransaction" else {})
    await asyncio.sleep(60.0)
    assert site.one.all_of(action) == site.two.all_of(action) == []
    assert await letters(site.world) == ['{"x":1}']
    await site.world.kill()


@in_virtual_time()
async def test_odd_meter_values_are_answered_where_there_is_no_backend_r59() -> None:
    world = World(LOCAL)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    assert await result(wallbox, "MeterValues", "{}") == {}
    assert await letters(world) == []
    await world.kill()


@in_virtual_time()
async def test_an_odd_message_that_cannot_be_stored_is_asked_for_again() -> None:
    site = await a_site()
    for action in ("StartTransaction", "StopTransaction", "MeterValues"):
        site.world.store.failing = True
        assert (await site.wallbox.ask(action, "{}"))[2] == "InternalError"
        site.world.store.failing = False
        assert (await site.wallbox.ask(action, "{}"))[0] == 3
    await site.world.kill()
