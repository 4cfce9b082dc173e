"""A backend that only listens never makes anybody else wait for the wallbox (R106)."""

import asyncio
import json
from dataclasses import replace

import pytest
from tests.support.frames import error, literal_wallbox, result, settled
from tests.support.roles import HELPER, LISTENER, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time

from wattgate.core.gateway.commands.rights import Rights
from wattgate.runtime.gateway.commands.report_turns import MAX_WAITING, ReportTurns

BACKENDS = {"left": {"one": PRIMARY, "two": HELPER, "three": LISTENER}}
FLOOD = 60


def test_one_at_a_time_in_their_order_and_not_too_many() -> None:
    turns = ReportTurns()
    begun: list[int] = []
    taken = [turns.begin(lambda nth=nth: begun.append(nth)) for nth in range(MAX_WAITING + 2)]  # type: ignore[misc]  # the default binds it
    assert taken == [True] * (MAX_WAITING + 1) + [False]
    assert begun == [0]
    for _ in range(MAX_WAITING + 1):
        turns.ended()
    assert begun == list(range(MAX_WAITING + 1))
    assert turns.begin(lambda: begun.append(99))
    assert begun[-1] == 99


def flood(site: Several, name: str, action: str = "GetConfiguration", payload: str = "{}") -> None:
    """Ask at once, again and again."""
    for nth in range(FLOOD):
        site[name].send(f'[2,"{name}-{nth}","{action}",{payload}]')


async def a_slow_site() -> Several:
    """One whose wallbox answers no GetConfiguration by itself, and has told what we ask for."""
    site = await several(BACKENDS)
    await asyncio.sleep(10)
    site.wallbox.answers["GetConfiguration"] = lambda _: None
    site.wallbox.answers["ReserveNow"] = lambda _: {"status": "Accepted"}
    site.forget()
    return site


def answer_next(site: Several) -> None:
    """Answer the oldest GetConfiguration that waits."""
    unique_id = site.wallbox.held["GetConfiguration"].pop(0)
    site.wallbox.send(f'[3,"{unique_id}",{{"configurationKey":[]}}]')


def codes(site: Several, name: str) -> list[str]:
    """The CALLERROR codes that a backend got."""
    frames = [json.loads(text) for text in site[name].texts]
    return [frame[2] for frame in frames if frame[0] == 4]


@in_virtual_time()
async def test_r106_a_flood_is_refused_but_for_those_that_may_wait() -> None:
    site = await a_slow_site()
    flood(site, "three")
    await settled()
    assert len(site.wallbox.all_of("GetConfiguration")) == 1
    assert codes(site, "three") == ["GenericError"] * (FLOOD - 1 - MAX_WAITING)
    for _ in range(MAX_WAITING + 1):
        answer_next(site)
        await settled()
    assert len(site.wallbox.all_of("GetConfiguration")) == MAX_WAITING + 1
    await site.world.kill()


@in_virtual_time()
async def test_r106_the_primary_and_the_manager_wait_for_one_of_its_commands_at_most() -> None:
    site = await a_slow_site()
    flood(site, "three")
    flood(site, "two")
    await settled()
    site.wallbox.calls.clear()
    reserve = {"connectorId": 1, "reservationId": 1, "idTag": "a", "expiryDate": "x"}
    reserving = asyncio.create_task(site["one"].ask("ReserveNow", reserve))  # noqa: TID251 - a backend at work
    await settled()
    answer_next(site)
    assert (await reserving)[2] == {"status": "Accepted"}
    assert site.wallbox.calls[0][0] == "ReserveNow"
    began = await site.start()
    await site.wallbox.got("SetChargingProfile")
    order = [action for action, _ in site.wallbox.calls]
    assert order[: order.index("SetChargingProfile")].count("GetConfiguration") <= 1
    await site.stop(began)
    await site.world.kill()


@pytest.mark.parametrize("message", ["StatusNotification", "Heartbeat"])
@in_virtual_time()
async def test_r106_what_the_gateway_knows_itself_the_wallbox_is_not_asked_for(
    message: str,
) -> None:
    site = await a_slow_site()
    trigger = {"requestedMessage": message}
    for _ in range(FLOOD):
        assert await result(site["three"], "TriggerMessage", trigger) == {"status": "Accepted"}
    await site["three"].got(message)
    assert site.wallbox.all_of("TriggerMessage") == []
    assert await error(site["three"], "TriggerMessage", trigger | {"connectorId": 7}) == (
        "PropertyConstraintViolation"
    )
    await site.world.kill()


@in_virtual_time()
async def test_r106_a_wallbox_that_is_away_keeps_no_turn() -> None:
    site = await several(BACKENDS, literal_wallbox())
    site.wallbox.hang_up()
    await settled()
    for _ in range(MAX_WAITING + 2):
        assert await error(site["three"], "GetConfiguration", {}) == "GenericError"
    await site.world.boot("CP1", site.wallbox)
    await result(site["three"], "GetConfiguration", {})
    await site.world.kill()


@in_virtual_time()
async def test_r106_of_many_heartbeats_that_it_asks_for_it_gets_those_that_it_can_take() -> None:
    site = await a_slow_site()
    site["three"].answers["Heartbeat"] = lambda _: None
    for _ in range(FLOOD):
        await result(site["three"], "TriggerMessage", {"requestedMessage": "Heartbeat"})
    (unique_id,) = site["three"].held["Heartbeat"]
    site["three"].answers["Heartbeat"] = lambda _: {"currentTime": "2026-05-15T12:00:00Z"}
    site["three"].send(f'[3,"{unique_id}",{{"currentTime":"2026-05-15T12:00:00Z"}}]')
    await settled()
    assert len(site["three"].all_of("Heartbeat")) == 2
    await site.world.kill()


# What has changed by the time that it is a command's turn

RESET = ("Reset", '{"type":"Hard"}')
FIRMWARE = ("UpdateFirmware", '{"location":"ftp://x/","retrieveDate":"2026-05-15T12:00:00Z"}')


async def a_busy_site(*waiting: tuple[str, str]) -> Several:
    """A slow one, where commands of backend two wait for its GetConfiguration."""
    site = await a_slow_site()
    for nth, (action, payload) in enumerate((("GetConfiguration", "{}"), *waiting)):
        site["two"].send(f'[2,"two-{nth}","{action}",{payload}]')
    await settled()
    return site


@pytest.mark.parametrize("command", [RESET, FIRMWARE])
@in_virtual_time()
async def test_r103_a_car_that_has_come_meanwhile_is_not_disturbed(
    command: tuple[str, str],
) -> None:
    site = await a_busy_site(command)
    await site.start()
    answer_next(site)
    await settled()
    assert site.wallbox.all_of(command[0]) == []
    assert codes(site, "two") == ["GenericError"]
    await site.world.kill()


@pytest.mark.parametrize("command", [RESET, ("UnlockConnector", '{"connectorId":1}')])
@pytest.mark.parametrize("leaves", [True, False])
@in_virtual_time()
async def test_r106_what_it_has_no_right_to_any_more_is_not_done(
    command: tuple[str, str], *, leaves: bool
) -> None:
    site = await a_busy_site(command)
    _, two, _ = site.evse("left").backends
    two.retiring = leaves
    two.gateway = replace(two.gateway, commands=Rights.ALL if leaves else Rights.READ)
    answer_next(site)
    await settled()
    assert site.wallbox.all_of(command[0]) == []
    assert codes(site, "two") == ["GenericError"]
    await site.world.kill()


@in_virtual_time()
async def test_r106_what_nobody_waits_for_any_more_is_not_done() -> None:
    """A connector that is unlocked minutes later may be another driver's."""
    slow = ("GetConfiguration", "{}")
    site = await a_busy_site(slow, ("UnlockConnector", '{"connectorId":1}'), slow)
    await asyncio.sleep(120)
    assert site.wallbox.all_of("UnlockConnector") == []
    assert codes(site, "two") == ["GenericError"] * 4
    site["two"].send('[2,"later","UnlockConnector",{"connectorId":1}]')
    await settled()
    assert len(site.wallbox.all_of("UnlockConnector")) == 1
    await site.world.kill()


@in_virtual_time()
async def test_r106_each_wallbox_has_turns_of_its_own() -> None:
    site = await a_busy_site()
    _, two, _ = site.evse("left").backends
    begun: list[str] = []
    assert two.north.turns["CP2"].begin(lambda: begun.append("CP2"))
    assert two.north.turns["CP1"].begin(lambda: begun.append("CP1"))
    assert begun == ["CP2"]
    await site.world.kill()
