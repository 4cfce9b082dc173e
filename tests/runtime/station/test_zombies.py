"""Connections that a newer one has replaced, and that do not know it yet (R27)."""

import asyncio

import pytest
from tests.support.frames import START, Literal, Site, a_site, literal_wallbox, settled
from tests.support.logins import the_link
from tests.support.relayed import a_relayed_site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World
from tests.support.zombies import Zombie, a_zombie

HEARTBEAT = '[2,"late","Heartbeat",{}]'


async def replaced(site: Site) -> tuple[Zombie, Literal]:
    """A zombie, and the connection that has taken its place."""
    zombie, newer = a_zombie(site.world), literal_wallbox()
    await settled()
    site.world.plug_in("CP1", newer)
    await settled()
    return zombie, newer


def is_here(world: World) -> bool:
    assert world.manager is not None
    return world.manager.stations.by_id["CP1"].presence.is_connected


@in_virtual_time()
async def test_it_is_closed_after_the_new_handshake_and_heard_no_more_r27() -> None:
    site = await a_site()
    zombie, newer = await replaced(site)
    assert zombie.closes == [1008]
    before = list(zombie.sent)
    zombie.says(HEARTBEAT)
    zombie.says('[2,"start","StartTransaction",{"connectorId":1,"idTag":"X"}]')
    await settled()
    assert zombie.sent == before
    assert newer.texts == []
    assert site.backend.all_of("StartTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_its_late_end_takes_nothing_from_the_newer_one_r27() -> None:
    site = await a_site()
    zombie, newer = await replaced(site)
    await asyncio.sleep(5)
    zombie.ends()
    await asyncio.sleep(120)
    assert is_here(site.world)
    assert the_link(site.world).is_online
    assert (await newer.ask("Heartbeat", {}))[0] == 3
    await site.world.kill()


@pytest.mark.parametrize("action", ["Authorize", "StartTransaction", "DataTransfer"])
@in_virtual_time()
async def test_the_answer_to_its_question_reaches_nobody_r27(action: str) -> None:
    site = await a_site()
    site.backend.answers[action] = lambda _: None
    zombie = a_zombie(site.world)
    payload = '{"idTag":"A","connectorId":1,"meterStart":0,"timestamp":"2026-05-15T12:00:00Z"}'
    zombie.says(f'[2,"1","{action}",{payload}]')
    await site.backend.got(action)
    newer = literal_wallbox()
    site.world.plug_in("CP1", newer)
    await settled()
    accepted = '{"status":"Accepted","idTagInfo":{"status":"Accepted"},"transactionId":9}'
    (unique_id,) = site.backend.held[action]
    site.backend.send(f'[3,"{unique_id}",{accepted}]')
    await asyncio.sleep(30)
    assert [text for text in newer.texts if '"1"' in text] == []
    assert [text for text in zombie.sent if text.startswith("[3")] == []
    await site.world.kill()


@in_virtual_time()
async def test_what_it_was_asked_fails_at_once_and_its_late_answer_reaches_nobody_r27() -> None:
    site = await a_site()
    zombie = a_zombie(site.world)
    site.backend.send('[2,"r","Reset",{"type":"Soft"}]')
    await settled()
    (asked,) = [text for text in zombie.sent if '"Reset"' in text]
    newer = literal_wallbox()
    site.world.plug_in("CP1", newer)
    await settled()
    answers = [text for text in site.backend.texts if '"r"' in text]
    assert answers == ['[4,"r","GenericError","the wallbox: the link was lost",{}]']
    zombie.says(f'[3,"{asked.split(chr(34))[1]}",{{"status":"Accepted"}}]')
    await settled()
    assert [text for text in site.backend.texts if '"r"' in text] == answers
    await site.world.kill()


@in_virtual_time()
async def test_a_transaction_goes_on_over_the_newer_connection_r27() -> None:
    site = await a_site()
    zombie = a_zombie(site.world)
    started = Scripted()
    site.world.plug_in("CP1", started)
    frame = await started.ask("StartTransaction", START)
    newer = literal_wallbox()
    site.world.plug_in("CP1", newer)
    stop = {"transactionId": frame[2]["transactionId"], "meterStop": 9, "timestamp": "x"}
    assert (await newer.ask("StopTransaction", stop))[0] == 3
    assert await site.backend.got("StopTransaction") == stop | {"transactionId": 9001}
    assert zombie.closes == [1008]
    await site.world.kill()


@in_virtual_time()
async def test_a_relayed_zombie_says_nothing_to_the_backend_any_more_r27() -> None:
    site = await a_relayed_site()
    zombie, newer = await replaced(site)
    calls = len(site.backend.calls)
    zombie.says(HEARTBEAT)
    zombie.ends()
    await settled()
    assert site.backend.calls[calls:] == []
    assert (await newer.ask("Heartbeat", {}))[0] == 3
    await site.world.kill()
