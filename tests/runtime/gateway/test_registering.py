"""What passes before a backend has accepted us, and in which order it hears us afterwards."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    START,
    STOP,
    TAKEN,
    Literal,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.logins import URL, actions, the_link
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, World, status_of

from wattgate.core.gateway.link.link_status import LinkPhase


async def not_accepted(status: str, interval: int = 600) -> Site:
    """Connected, but the backend's answer to the boot is `status`."""
    backend = literal_backend(
        BootNotification=lambda _: TAKEN | {"status": status, "interval": interval}
    )
    world = World(ONE_BACKEND)
    world.dialer.backends[URL] = backend
    await world.start()
    wallbox = literal_wallbox(GetConfiguration=lambda _: {"configurationKey": []})
    await world.boot("CP1", wallbox)
    await result(wallbox, "StatusNotification", status_of(0, "Available"))
    await settled()
    return Site(world, wallbox, backend)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"requestedMessage": "BootNotification"}, ["BootNotification"]),
        ({"requestedMessage": "Heartbeat"}, ["Heartbeat"]),
        ({"requestedMessage": "StatusNotification"}, ["StatusNotification"] * 2),
        ({"requestedMessage": "StatusNotification", "connectorId": 1}, ["StatusNotification"]),
        ({"requestedMessage": "StatusNotification", "connectorId": 7}, []),
    ],
)
@in_virtual_time()
async def test_while_pending_only_what_is_triggered_is_sent_r41(
    asked: Json, sent: list[str]
) -> None:
    site = await not_accepted("Pending")
    assert await result(site.backend, "TriggerMessage", asked) == {"status": "Accepted"}
    await asyncio.sleep(60)
    assert actions(site.backend, 1) == sent
    await site.world.kill()


@pytest.mark.parametrize("message", ["MeterValues", "FirmwareStatusNotification", "Odd"])
@in_virtual_time()
async def test_what_only_the_wallbox_can_say_is_not_triggered_while_pending_r41(
    message: str,
) -> None:
    site = await not_accepted("Pending")
    asked = {"requestedMessage": message}
    assert await result(site.backend, "TriggerMessage", asked) == {"status": "Rejected"}
    assert site.wallbox.all_of("TriggerMessage") == []
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("GetConfiguration", {}, {"configurationKey": []}),
        ("RemoteStartTransaction", {"idTag": "A"}, {"status": "Rejected"}),
        ("RemoteStopTransaction", {"transactionId": 1}, {"status": "Rejected"}),
    ],
)
@in_virtual_time()
async def test_while_pending_the_backend_sets_up_but_starts_nothing_r41_r43(
    action: str, payload: Json, answer: Json
) -> None:
    site = await not_accepted("Pending")
    told = await result(site.backend, action, payload)
    assert {key: told[key] for key in answer} == answer
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_rejects_us_gets_no_answer_until_it_accepts_r41() -> None:
    site = await not_accepted("Rejected", interval=120)
    before = len(site.backend.texts)
    site.backend.send('[2,"r","GetConfiguration",{}]')
    await asyncio.sleep(60)
    assert site.backend.texts[before:] == []
    assert {} not in site.wallbox.all_of("GetConfiguration")
    site.backend.answers["BootNotification"] = lambda _: TAKEN
    await asyncio.sleep(120)
    assert the_link(site.world).is_online
    assert "configurationKey" in await result(site.backend, "GetConfiguration", {})
    await site.world.kill()


@pytest.mark.parametrize("boot", [Refusal(), None])
@in_virtual_time()
async def test_who_has_not_rejected_us_is_answered_before_its_own_answer_r41(boot: Json) -> None:
    backend = literal_backend(BootNotification=lambda _: boot)
    world = World(ONE_BACKEND)
    world.dialer.backends[URL] = backend
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await settled()
    assert the_link(world).status.phase is LinkPhase.REGISTERING
    assert "configurationKey" in await result(backend, "GetConfiguration", {})
    trigger = {"requestedMessage": "Heartbeat"}
    assert await result(backend, "TriggerMessage", trigger) == {"status": "Rejected"}
    await world.kill()


@in_virtual_time()
async def test_once_accepted_a_boot_is_not_triggered_any_more_r44() -> None:
    site = await a_site()
    trigger = {"requestedMessage": "BootNotification"}
    assert await result(site.backend, "TriggerMessage", trigger) == {"status": "Rejected"}
    await site.world.kill()


@in_virtual_time()
async def test_a_slow_backend_hears_boot_then_every_status_then_the_queue_r49() -> None:
    """No answer, and the next one goes only when nobody waits for it any more (R4)."""
    site = await a_site()
    await result(site.wallbox, "StatusNotification", status_of(0, "Available"))
    await result(site.wallbox, "StartTransaction", START)
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "StopTransaction", STOP)
    await result(site.wallbox, "StatusNotification", status_of(1, "Finishing"))
    seen = len(site.backend.calls)
    slow: Literal = site.backend
    slow.answers["StatusNotification"] = lambda _: None
    await slow.got("StatusNotification", times=3)
    await asyncio.sleep(59)
    assert actions(slow, seen) == ["BootNotification", "StatusNotification"]
    await slow.got("StopTransaction")
    assert slow.calls[seen:] == [
        ("BootNotification", BOOT),
        ("StatusNotification", status_of(0, "Available")),
        ("StatusNotification", status_of(1, "Finishing")),
        ("StopTransaction", STOP | {"transactionId": 9001}),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_status_that_changes_while_the_backend_is_slow_is_told_once_r49() -> None:
    site = await a_site()
    await result(site.wallbox, "StatusNotification", status_of(0, "Available"))
    site.backend.hang_up()
    await settled()
    seen = len(site.backend.calls)
    site.backend.answers["StatusNotification"] = lambda _: None
    await site.backend.got("BootNotification", times=2)
    await settled()
    for status in ("Preparing", "Charging"):
        await result(site.wallbox, "StatusNotification", status_of(1, status))
    del site.backend.answers["StatusNotification"]
    await asyncio.sleep(130)
    assert site.backend.calls[seen:] == [
        ("BootNotification", BOOT),
        ("StatusNotification", status_of(0, "Available")),
        ("StatusNotification", status_of(1, "Charging")),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_link_that_is_lost_while_it_reports_delivers_nothing_r49() -> None:
    site = await a_site()
    site.backend.answers["StatusNotification"] = lambda _: None
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "StartTransaction", START)
    await site.backend.got("StatusNotification", times=2)
    site.backend.hang_up()
    await settled()
    assert site.backend.all_of("StartTransaction") == []
    assert not the_link(site.world).pump.is_attached
    del site.backend.answers["StatusNotification"]
    await site.backend.got("StartTransaction")
    await site.world.kill()
