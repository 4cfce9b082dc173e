"""The tag that a wallbox sends by itself gives way to the fixed card (R57)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    START,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.relayed import DROP, a_relaying_world
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, a_backend, a_wallbox, status_of

from wattgate.ports.store import FrameWay

FREE = '[[wallbox]]\nid = "CP1"\nfree_tag = "FreeVend"\n'
STALL = """
[[evse]]
id = "stall-1"
address = "CP1"
fixed_rfid = "04A1"
"""
BILLED = HOUSE + FREE + STALL + '[[evse.gateway]]\nurl = "ws://backend/"\n'
OBSERVING = BILLED.replace("[site]", '[site]\nload_management = "observe"')

START_TEXT = '{ "connectorId":1,"idTag" : "FREEVEND","meterStart":1.0, "timestamp":"x\\/y"}'


async def recorded_cards(world: World) -> list[str]:
    assert world.manager is not None
    return [record.start.id_tag for record in await world.manager.transactions()]


@pytest.mark.parametrize("toml", [BILLED, OBSERVING])
@in_virtual_time()
async def test_the_backend_hears_the_fixed_card_and_else_the_same_to_the_letter_r57_r17(
    toml: str,
) -> None:
    site = await a_site(site_toml=toml)
    assert await result(site.wallbox, "Authorize", '{"idTag": "freevend" }') == ACCEPTED
    await result(site.wallbox, "StartTransaction", START_TEXT)
    stop = '{"transactionId":1, "idTag":"FreeVend","meterStop":2,"timestamp":"z"}'
    await result(site.wallbox, "StopTransaction", stop)
    await site.backend.got("StopTransaction")
    told = START_TEXT.replace("FREEVEND", "04A1")
    assert site.backend.payload_texts("Authorize") == ['{"idTag": "04A1" }']
    assert site.backend.payload_texts("StartTransaction") == [told]
    assert site.backend.payload_texts("StopTransaction") == [
        stop.replace("FreeVend", "04A1").replace(":1,", ":9001,")
    ]
    assert await recorded_cards(site.world) == ["04A1"]
    await site.world.kill()


@in_virtual_time()
async def test_what_came_from_the_wallbox_is_kept_as_evidence_as_it_came_r57_r122() -> None:
    site = await a_site(site_toml=BILLED)
    await result(site.wallbox, "StartTransaction", START_TEXT)
    await site.backend.got("StartTransaction")
    await settled()
    frames = await site.world.store.frames(1)
    received = [frame.text for frame in frames if frame.way is FrameWay.RECEIVED]
    sent = [frame.text for frame in frames if frame.way is FrameWay.SENT]
    assert [START_TEXT in text for text in received] == [True]
    assert [json.loads(text)[3]["idTag"] for text in sent] == ["04A1"]
    await site.world.kill()


@in_virtual_time()
async def test_a_card_that_was_presented_is_never_overwritten_r57() -> None:
    site = await a_site(site_toml=BILLED)
    for tag in ("BB01", "FreeVend "):
        await result(site.wallbox, "Authorize", {"idTag": tag})
    await result(site.wallbox, "StartTransaction", START | {"idTag": "BB01"})
    assert site.backend.all_of("Authorize") == [{"idTag": "BB01"}, {"idTag": "FreeVend "}]
    assert site.backend.all_of("StartTransaction") == [START | {"idTag": "BB01"}]
    await site.world.kill()


@pytest.mark.parametrize("toml", [BILLED.replace("04A1", ""), BILLED.replace("FreeVend", "")])
@in_virtual_time()
async def test_without_a_fixed_card_or_a_free_tag_nothing_is_replaced_r57(toml: str) -> None:
    site = await a_site(site_toml=toml)
    await result(site.wallbox, "Authorize", {"idTag": "FreeVend"})
    assert site.backend.all_of("Authorize") == [{"idTag": "FreeVend"}]
    await site.world.kill()


@in_virtual_time()
async def test_a_repeated_start_counts_once_r57_r68() -> None:
    site = await a_site(site_toml=BILLED)
    first = await result(site.wallbox, "StartTransaction", START_TEXT)
    assert await result(site.wallbox, "StartTransaction", START_TEXT) == first
    assert len(await recorded_cards(site.world)) == 1
    await site.world.kill()


@pytest.mark.parametrize("action", ["Authorize", "StartTransaction"])
@in_virtual_time()
async def test_without_a_backend_the_fixed_card_is_one_of_the_sites_r57(action: str) -> None:
    world = World(HOUSE + FREE + STALL + '[[card]]\nid_tag = "BB"\n')
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    verdicts = [
        await result(wallbox, action, START | {"idTag": tag}) for tag in ("FreeVend", "bb", "CC")
    ]
    assert [verdict["idTagInfo"]["status"] for verdict in verdicts] == [
        *("Accepted", "Accepted", "Invalid")
    ]
    await world.kill()


@in_virtual_time()
async def test_a_fixed_card_that_the_backend_blocked_stays_blocked_while_it_is_away_r57_r53() -> (
    None
):
    blocked = {"idTagInfo": {"status": "Blocked"}}
    site = await a_site(backend=literal_backend(Authorize=lambda _: blocked), site_toml=BILLED)
    assert await result(site.wallbox, "Authorize", {"idTag": "FreeVend"}) == blocked
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await settled()
    assert await result(site.wallbox, "Authorize", {"idTag": "FreeVend"}) == blocked
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_only_relayed_is_neither_started_nor_rewritten_r57() -> None:
    toml = FREE + DROP.replace('"CP1"', '"CP1"\nfixed_rfid = "04A1"')
    backend, wallbox = literal_backend(), literal_wallbox()
    world = a_relaying_world(backend, toml)
    await world.start()
    await world.boot("CP1", wallbox)
    await result(wallbox, "StatusNotification", status_of(1, "Preparing"))
    await asyncio.sleep(600)
    text = '{"idTag": "freevend" }'
    await result(wallbox, "Authorize", text)
    assert backend.payload_texts("Authorize") == [text]
    assert wallbox.all_of("RemoteStartTransaction") == []
    await world.kill()


async def two_connectors() -> tuple[World, Json, Json]:
    other = STALL.replace("stall-1", "stall-2").replace("04A1", "BB02")
    world = World(
        HOUSE
        + FREE
        + STALL
        + '[[evse.gateway]]\nurl = "ws://one/"\n'
        + other
        + 'connector = 2\n[[evse.gateway]]\nurl = "ws://two/"\n'
    )
    one, two = a_backend(1001), a_backend(2001)
    world.dialer.backends |= {"ws://one/CP1": one, "ws://two/CP1": two}
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(2, "Available"))
    await two.got("StatusNotification")
    await settled()
    return world, wallbox, two


@in_virtual_time()
async def test_each_connector_has_its_own_fixed_card_r57() -> None:
    world, wallbox, two = await two_connectors()
    await wallbox.ask("StartTransaction", START | {"idTag": "FreeVend", "connectorId": 2})
    stop = {"transactionId": 1, "meterStop": 1, "timestamp": "x", "idTag": "FreeVend"}
    await wallbox.ask("StopTransaction", stop | {"transactionId": 7})
    await wallbox.ask("StopTransaction", stop)
    assert (await two.got("StartTransaction"))["idTag"] == "BB02"
    assert (await two.got("StopTransaction"))["idTag"] == "BB02"
    assert await recorded_cards(world) == ["BB02"]
    await world.kill()
