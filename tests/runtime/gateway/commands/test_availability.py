"""Connectors that backends hold out of service (R86)."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.support.frames import Refusal, error, literal_backend, literal_wallbox, result, settled
from tests.support.relayed import a_relaying_world
from tests.support.roles import HELPER, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.gateway.commands.rights import Rights
from wattgate.ports.store import NoteRecord, SaveNote

ACCEPTED, SCHEDULED, REJECTED = ({"status": word} for word in ("Accepted", "Scheduled", "Rejected"))
CHANGE = "ChangeAvailability"
BOTH = {"left": {"one": PRIMARY, "two": HELPER}}


def change(kind: str, connector: int = 1) -> Json:
    return {"connectorId": connector, "type": kind}


OFF, ON = change("Inoperative"), change("Operative")


async def a_held_site(*names: str) -> Several:
    """A wallbox that obeys, held inoperative by the backends of these names."""
    site = await several(BOTH, literal_wallbox(ChangeAvailability=lambda _: ACCEPTED))
    for name in names:
        assert await result(site[name], CHANGE, OFF) == ACCEPTED
    site.wallbox.calls.clear()
    return site


def told(site: Several) -> list[Json]:
    """What the wallbox was told."""
    return site.wallbox.all_of(CHANGE)


@in_virtual_time()
async def test_r86_a_connector_is_out_of_service_until_the_last_lets_go() -> None:
    site = await a_held_site("one", "two")
    assert await result(site["one"], CHANGE, ON) == SCHEDULED
    assert told(site) == []
    assert await result(site["two"], CHANGE, ON) == ACCEPTED
    await settled()
    assert told(site) == [ON]
    await site.world.kill()


@in_virtual_time()
async def test_r86_who_holds_nothing_cannot_put_it_back_into_service() -> None:
    site = await a_held_site("one")
    assert await result(site["two"], CHANGE, ON) == SCHEDULED
    assert told(site) == []
    await site.world.kill()


@pytest.mark.parametrize("answer", [SCHEDULED, REJECTED])
@in_virtual_time()
async def test_r86_the_wallbox_says_what_becomes_of_it(answer: Json) -> None:
    site = await a_held_site()
    site.wallbox.answers[CHANGE] = lambda _: answer
    assert await result(site["one"], CHANGE, OFF) == answer
    site.wallbox.answers[CHANGE] = lambda _: ACCEPTED
    freed = await result(site["two"], CHANGE, ON)
    assert freed == (SCHEDULED if answer == SCHEDULED else ACCEPTED)
    await site.world.kill()


@in_virtual_time()
async def test_r86_it_outlasts_a_restart() -> None:
    site = await a_held_site("one")
    await site.restart()
    assert await result(site["two"], CHANGE, ON) == SCHEDULED
    assert await result(site["one"], CHANGE, ON) == ACCEPTED
    await site.restart()
    assert await result(site["two"], CHANGE, ON) == ACCEPTED
    assert told(site) == [ON]
    await site.world.kill()


@pytest.mark.parametrize("right_is_lost", [True, False])
@in_virtual_time()
async def test_r86_who_may_hold_it_no_more_has_let_go(*, right_is_lost: bool) -> None:
    site = await a_held_site("two")
    two = site.evse("left").backends[1]
    if right_is_lost:
        two.gateway = replace(two.gateway, commands=Rights.READ)
    else:
        two.retiring = True
    site.station.availability.review()
    await settled()
    assert told(site) == [ON]
    site.station.availability.review()
    await settled()
    assert told(site) == [ON]
    await site.world.kill()


@in_virtual_time()
async def test_r86_a_hold_of_a_backend_that_is_gone_ends_when_the_wallbox_is_back() -> None:
    site = await a_held_site("two", "one")
    site.evse("left").backends[1].retiring = True
    site.wallbox.hang_up()
    await settled()
    site.station.availability.review()
    await settled()
    site.evse("left").backends[0].retiring = True
    site.station.availability.review()
    await settled()
    assert told(site) == []
    await site.world.boot("CP1", site.wallbox)
    await settled()
    assert told(site) == [ON]
    await site.world.kill()


@in_virtual_time()
async def test_r86_what_the_wallbox_does_not_take_is_said_again_when_it_is_back() -> None:
    site = await a_held_site("two")
    site.wallbox.answers[CHANGE] = lambda _: Refusal()
    site.evse("left").backends[1].retiring = True
    site.station.availability.review()
    await settled()
    assert told(site) == [ON]
    site.wallbox.answers[CHANGE] = lambda _: ACCEPTED
    site.wallbox.hang_up()
    await settled()
    await site.world.boot("CP1", site.wallbox)
    await settled()
    assert told(site) == [ON, ON]
    await site.world.kill()


@in_virtual_time()
async def test_r86_a_deactivated_evse_keeps_its_hold_for_when_it_is_back() -> None:
    site = await a_held_site("one")
    evse = site.evse("left")
    evse.backends[0].retiring = True
    evse.settings = replace(evse.settings, enabled=False)
    site.station.availability.review()
    await settled()
    assert told(site) == []
    await site.world.kill()


@in_virtual_time()
async def test_r86_who_wants_it_out_of_service_at_this_moment_counts_already() -> None:
    site = await several(BOTH, literal_wallbox(ChangeAvailability=lambda _: None))
    await_off = site["one"].ask(CHANGE, OFF)
    off = asyncio.create_task(await_off)  # noqa: TID251 - a backend at work
    await site.wallbox.got(CHANGE)
    assert await result(site["two"], CHANGE, ON) == SCHEDULED
    (unique_id,) = site.wallbox.held[CHANGE]
    site.wallbox.send(f'[3,"{unique_id}",{json.dumps(REJECTED)}]')
    assert (await off)[2] == REJECTED
    await settled()
    site.wallbox.answers[CHANGE] = lambda _: ACCEPTED
    assert await result(site["two"], CHANGE, ON) == ACCEPTED
    await site.world.kill()


@in_virtual_time()
async def test_r86_what_cannot_be_stored_is_not_confirmed() -> None:
    site = await a_held_site()
    site.world.store.failing = True
    assert await error(site["one"], CHANGE, OFF) == "InternalError"
    site.world.store.failing = False
    assert await result(site["one"], CHANGE, OFF) == ACCEPTED
    site.world.store.failing = True
    site.evse("left").backends[0].retiring = True
    site.station.availability.review()
    await settled()
    assert told(site) == [OFF, OFF]
    await site.world.kill()


@in_virtual_time()
async def test_r102_connector_0_is_the_backends_own_where_there_are_others() -> None:
    two = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}
    site = await several(two, literal_wallbox(ChangeAvailability=lambda _: ACCEPTED))
    await result(site["two"], CHANGE, change("Inoperative", 0))
    assert told(site) == [change("Inoperative", 2)]
    await result(site["one"], CHANGE, change("Operative", 0))  # the other's hold is none of its own
    assert told(site)[1:] == [change("Operative", 1)]
    await site.world.kill()


@in_virtual_time()
async def test_r86_the_whole_wallbox_is_put_back_into_service_as_it_was_taken_out() -> None:
    site = await a_held_site()
    await result(site["two"], CHANGE, change("Inoperative", 0))
    await result(site["one"], CHANGE, OFF)
    site.evse("left").backends[1].retiring = True
    site.station.availability.review()
    await settled()
    site.wallbox.calls.clear()
    assert await result(site["one"], CHANGE, ON) == ACCEPTED
    await settled()
    assert told(site) == [ON, change("Operative", 0)]
    await site.world.kill()


@in_virtual_time()
async def test_r86_a_kind_that_nobody_knows_is_the_wallboxs_to_judge() -> None:
    site = await a_held_site("one")
    site.wallbox.answers[CHANGE] = lambda _: REJECTED
    assert await result(site["two"], CHANGE, change("Maybe")) == REJECTED
    assert told(site) == [change("Maybe")]
    await site.world.kill()


@in_virtual_time()
async def test_r86_what_did_not_get_to_the_wallbox_holds_nothing() -> None:
    site = await a_held_site()
    site.wallbox.hang_up()
    await settled()
    for name in ("one", "two"):
        assert await error(site[name], CHANGE, OFF) == "GenericError"
    await site.world.boot("CP1", site.wallbox)
    for name in ("one", "two"):
        assert await result(site[name], CHANGE, ON) == ACCEPTED
    await site.world.kill()


@in_virtual_time()
async def test_where_the_backend_talks_to_the_wallbox_itself_nothing_is_put_right_r47() -> None:
    world = a_relaying_world(literal_backend())
    holds = NoteRecord("availability CP1", "stall-1", '{"held":{"gone":[1]}}')
    await world.store.commit(SaveNote(holds))
    manager = await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    manager.stations.by_id["CP1"].availability.review()
    await settled()
    assert wallbox.all_of(CHANGE) == []
    await world.kill()


@pytest.mark.parametrize("answer", [ACCEPTED, REJECTED])
@in_virtual_time()
async def test_r86_who_lets_go_while_another_takes_it_leaves_it_to_that_one(answer: Json) -> None:
    site = await a_held_site("one")
    site.wallbox.answers[CHANGE] = lambda _: None
    taking = asyncio.create_task(site["two"].ask(CHANGE, OFF))  # noqa: TID251 - a backend at work
    await site.wallbox.got(CHANGE)
    assert await result(site["one"], CHANGE, ON) == SCHEDULED
    site.wallbox.answers[CHANGE] = lambda _: ACCEPTED
    (unique_id,) = site.wallbox.held[CHANGE]
    site.wallbox.send(f'[3,"{unique_id}",{json.dumps(answer)}]')
    assert (await taking)[2] == answer
    await settled()
    assert told(site) == ([OFF] if answer == ACCEPTED else [OFF, ON])
    await site.world.kill()


@pytest.mark.parametrize("slow", ["one", "two"])
@in_virtual_time()
async def test_r86_who_listens_does_not_undo_what_another_has_wanted_meanwhile(slow: str) -> None:
    """Its Operative waits for its own turn, or for the wallbox: the newer Inoperative holds."""
    site = await a_held_site()
    site.wallbox.answers["UnlockConnector"] = lambda _: None
    for name, action, payload in (
        (slow, "UnlockConnector", {"connectorId": 1}),
        ("two", CHANGE, ON),
        ("one", CHANGE, OFF),
    ):
        site[name].send(json.dumps([2, f"{name} {payload}", action, payload]))
        await settled()
    (unique_id,) = site.wallbox.held["UnlockConnector"]
    site.wallbox.send(f'[3,"{unique_id}",{{"status":"Unlocked"}}]')
    await settled()
    assert told(site)[-1] == OFF
    assert set(site.station.availability.holders(site.evse("left"))) == {site.link_id("one")}
    assert await result(site["one"], CHANGE, ON) == ACCEPTED
    await site.world.kill()


@in_virtual_time()
async def test_r86_one_who_lets_go_while_it_waits_for_its_turn_holds_nothing_any_more() -> None:
    site = await a_held_site("two")
    site.wallbox.answers["UnlockConnector"] = lambda _: None
    site["two"].send('[2,"slow","UnlockConnector",{"connectorId":1}]')
    site["two"].send(json.dumps([2, "on", CHANGE, ON]))
    await settled()
    assert await result(site["one"], CHANGE, OFF) == ACCEPTED
    (unique_id,) = site.wallbox.held["UnlockConnector"]
    site.wallbox.send(f'[3,"{unique_id}",{{"status":"Unlocked"}}]')
    await settled()
    assert told(site) == [OFF]
    assert json.loads(site["two"].texts[-1]) == [3, "on", SCHEDULED]
    assert set(site.station.availability.holders(site.evse("left"))) == {site.link_id("one")}
    await site.world.kill()


@in_virtual_time()
async def test_r86_who_has_lost_the_right_holds_nothing_from_then_on() -> None:
    site = await a_held_site("two")
    two = site.evse("left").backends[1]
    two.gateway = replace(two.gateway, commands=Rights.READ)
    assert await result(site["one"], CHANGE, ON) == ACCEPTED
    await site.world.kill()
