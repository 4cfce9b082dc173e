"""Evidence: the frames of a transaction, as they came and as the backend took them."""

import json

from tests.support.frames import (
    HOUSE,
    ONE_BACKEND,
    STALL,
    START,
    STOP,
    Literal,
    Site,
    a_site,
    a_two_sided_site,
    literal_wallbox,
    meter_values,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

from wattgate.ports.store import FrameRecord, FrameWay

ODD_METER = (
    r'{ "connectorId" : 1 , "transactionId":1, "meterValue":[ {"sampledValue":[{"format":'
    r'"SignedData","value":"OCMF|{\"RV\":1.10,\"GV\":\"\u00e4ä\/\u002F\"}|{\"SD\" : \"30\"}"} ] ,'
    r'"timestamp":"2026-05-15T12:00:00.000Z"}], "v" :1E3}'
)


async def send(wallbox: Literal, text: str) -> None:
    """Send a CALL as it stands, and wait for the answer to it."""
    unique_id = json.loads(text)[1]
    wallbox.send(text)
    while not any(json.loads(each)[1] == unique_id for each in wallbox.texts):
        await settled()


def frame(number: int, action: str, payload: Json | str) -> str:
    """A CALL written as no program of ours would write it."""
    text = payload if isinstance(payload, str) else json.dumps(payload, indent=1)
    return f'[ 2,"raw-{number}" , "{action}",\t{text} ]'


STORY = [
    frame(1, "StartTransaction", START),
    frame(2, "MeterValues", ODD_METER),
    frame(3, "StopTransaction", STOP | {"transactionData": []}),
]


async def texts(world: World, way: FrameWay, transaction_id: int = 1) -> list[str]:
    """What is kept of a transaction one way."""
    return [each.text for each in await kept(world, transaction_id) if each.way is way]


async def kept(world: World, transaction_id: int = 1) -> tuple[FrameRecord, ...]:
    return await world.store.frames(transaction_id)


def sent_of(backend: Literal) -> list[str]:
    """The CALLs of a transaction that the backend got, whole and verbatim."""
    billed = ("StartTransaction", "MeterValues", "StopTransaction")
    return [text for text in backend.texts if json.loads(text)[2] in billed]


async def tell_story(site: Site) -> None:
    for text in STORY:
        await send(site.wallbox, text)
        await settled()


@in_virtual_time()
async def test_every_frame_of_a_transaction_is_kept_as_it_came_and_as_it_was_sent_r122() -> None:
    site = await a_site()
    await tell_story(site)
    assert await texts(site.world, FrameWay.RECEIVED) == STORY
    sent = await texts(site.world, FrameWay.SENT)
    assert len(sent) == 3
    assert sent == sent_of(site.backend)
    assert ODD_METER.replace(":1, ", ":9001, ") in sent[1]
    records = await kept(site.world)
    assert [each.action for each in records] == [
        action
        for action in ("StartTransaction", "MeterValues", "StopTransaction")
        for _ in (FrameWay.RECEIVED, FrameWay.SENT)
    ]
    assert {(each.way, each.end) for each in records} == {
        (FrameWay.RECEIVED, "CP1"),
        (FrameWay.SENT, "stall-1 CP1@backend"),
    }
    await site.world.kill()


@in_virtual_time()
async def test_a_repetition_adds_nothing_to_the_evidence_r68_r122() -> None:
    site = await a_site()
    for number, text in enumerate([STORY[0], STORY[0], STORY[1], STORY[1], STORY[2], STORY[2]]):
        await send(site.wallbox, text.replace("raw-", f"raw-{number}-"))
        await settled()
    assert len(await texts(site.world, FrameWay.RECEIVED)) == 3
    assert len(await texts(site.world, FrameWay.SENT)) == 3
    await site.world.kill()


@in_virtual_time()
async def test_evidence_is_complete_over_an_outage_and_a_kill_r122() -> None:
    site = await a_site()
    del site.world.dialer.backends["ws://backend/CP1"]
    site.backend.hang_up()
    await settled()
    await tell_story(site)
    assert await texts(site.world, FrameWay.RECEIVED) == STORY
    assert await texts(site.world, FrameWay.SENT) == []
    told = next(text for text in site.wallbox.texts if '"raw-1"' in text)
    assert await texts(site.world, FrameWay.ANSWERED) == [told]  # no backend has said so

    await site.world.kill()
    site.world.dialer.backends["ws://backend/CP1"] = site.backend
    await site.world.start()
    await site.backend.got("StopTransaction")
    await settled()
    assert await texts(site.world, FrameWay.SENT) == sent_of(site.backend)
    assert await texts(site.world, FrameWay.RECEIVED) == STORY
    await site.world.kill()


@in_virtual_time()
async def test_each_transaction_has_its_own_frames_r122() -> None:
    site = await a_two_sided_site()
    for connector in (1, 2):
        start = START | {"connectorId": connector}
        await send(site.wallbox, frame(connector, "StartTransaction", start))
    values = meter_values("2026-05-15T14:30:00Z", 2, connector=2)
    await send(site.wallbox, frame(3, "MeterValues", values))
    await send(
        site.wallbox, frame(4, "MeterValues", meter_values("2026-05-15T14:30:00Z", None))
    )  # names no transaction
    await settled()
    assert [each.action for each in await kept(site.world, 1)] == ["StartTransaction"] * 2
    assert sent_of(site.two) == await texts(site.world, FrameWay.SENT, 2)
    assert [json.loads(each)[2] for each in sent_of(site.two)] == [
        "StartTransaction",
        "MeterValues",
    ]
    await site.world.kill()


@in_virtual_time()
async def test_without_a_backend_what_came_is_kept_r122() -> None:
    world = World(HOUSE + STALL.split("[[evse.gateway]]")[0])
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await tell_story(Site(world, wallbox, Literal()))
    assert await texts(world, FrameWay.RECEIVED) == STORY
    assert await texts(world, FrameWay.SENT) == []
    await world.kill()


@in_virtual_time()
async def test_a_site_that_wants_no_evidence_keeps_none() -> None:
    site = await a_site(site_toml=f"{ONE_BACKEND}\n[storage]\nevidence_frames = 0\n")
    await tell_story(site)
    assert await kept(site.world) == ()
    assert len(sent_of(site.backend)) == 3
    await site.world.kill()
