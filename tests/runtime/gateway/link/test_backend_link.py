"""The login at a backend: when it is made, kept, given up and made again."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    START,
    STOP,
    TAKEN,
    Literal,
    Refusal,
    a_site,
    a_two_sided_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.logins import CALM, URL, RefusingDialer, actions, now, the_link
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, World, status_of

from wattgate.core.gateway.link.link_status import LinkPhase
from wattgate.ports.links import DialFailed, DialStep

# Logging in


@in_virtual_time()
async def test_without_boot_data_there_is_no_login_r45() -> None:
    world = World(ONE_BACKEND)
    world.dialer.backends[URL] = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await asyncio.sleep(300)
    assert world.dialer.dialled == []
    assert the_link(world).status.phase is LinkPhase.IDLE
    await wallbox.ask("BootNotification", BOOT)
    await settled()
    assert the_link(world).is_online
    await world.kill()


@in_virtual_time()
async def test_boot_data_go_to_the_backend_to_the_letter_r45() -> None:
    odd = '{ "chargePointVendor":"V\\/","chargePointModel":"M","x":[1E3, 1.10] }'
    world = World(ONE_BACKEND)
    backend = world.dialer.backends[URL] = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await result(wallbox, "BootNotification", odd)
    await settled()
    assert isinstance(backend, Literal)
    assert backend.payload_texts("BootNotification") == [odd]
    await world.kill()


@in_virtual_time()
async def test_the_wallbox_is_taken_in_at_once_whatever_the_backend_does_r42() -> None:
    world = World(ONE_BACKEND)
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    answer = await result(wallbox, "BootNotification", BOOT)
    assert answer["status"] == "Accepted"
    assert answer["currentTime"] == "2026-05-15T12:00:00.000Z"
    assert (await result(wallbox, "Heartbeat", {}))["currentTime"] == "2026-05-15T12:00:00.000Z"
    await world.kill()


@in_virtual_time()
async def test_a_known_wallbox_that_comes_without_a_boot_is_logged_in_with_its_last_r44() -> None:
    site = await a_site()
    await site.world.kill()
    await site.world.start()
    wallbox = literal_wallbox()
    site.world.plug_in("CP1", wallbox)
    await site.backend.got("BootNotification", times=2)
    assert site.backend.all_of("BootNotification") == [BOOT, BOOT]
    await site.world.kill()


@in_virtual_time()
async def test_after_an_outage_boot_then_status_0_and_n_then_the_queue_r45_r49_r73() -> None:
    site = await a_site()
    await result(site.wallbox, "StatusNotification", status_of(0, "Available"))
    await result(site.wallbox, "StartTransaction", START)
    site.backend.hang_up()
    await settled()
    seen = len(site.backend.calls)
    for status in ("SuspendedEV", "Charging", "Finishing"):
        await result(site.wallbox, "StatusNotification", status_of(1, status))
    await result(site.wallbox, "StopTransaction", STOP)
    await site.backend.got("StopTransaction")
    assert site.backend.calls[seen:] == [
        ("BootNotification", BOOT),
        ("StatusNotification", status_of(0, "Available")),
        ("StatusNotification", status_of(1, "Finishing")),
        ("StopTransaction", STOP | {"transactionId": 9001}),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_each_boot_of_the_wallbox_is_told_to_a_backend_that_is_there_r45() -> None:
    site = await a_site()
    other = BOOT | {"firmwareVersion": "2"}
    await result(site.wallbox, "BootNotification", other)
    await settled()
    assert site.backend.all_of("BootNotification") == [BOOT, other]
    assert the_link(site.world).is_online
    await site.world.kill()


@in_virtual_time()
async def test_one_boot_is_told_to_each_backend_and_waits_for_none_r104() -> None:
    site = await a_two_sided_site()
    other = BOOT | {"firmwareVersion": "2"}
    site.two.answers["BootNotification"] = lambda _: None
    assert (await result(site.wallbox, "BootNotification", other))["status"] == "Accepted"
    await settled()
    assert site.one.all_of("BootNotification") == [BOOT, other]
    assert site.two.all_of("BootNotification") == [BOOT, other]
    await site.world.kill()


@in_virtual_time()
async def test_boot_data_that_change_while_registering_are_sent_afterwards_r45() -> None:
    backend = literal_backend(BootNotification=lambda _: None)
    world = World(ONE_BACKEND)
    world.dialer.backends[URL] = backend
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    other = BOOT | {"firmwareVersion": "2"}
    await wallbox.ask("BootNotification", other)
    backend.answers["BootNotification"] = lambda _: TAKEN
    (unique_id,) = backend.held["BootNotification"]
    accepted = '{"status":"Accepted","currentTime":"2026-05-15T12:00:00Z","interval":300}'
    backend.send(f'[3,"{unique_id}",{accepted}]')
    await settled()
    assert backend.all_of("BootNotification") == [BOOT, other]
    assert the_link(world).is_online
    await world.kill()


# Not accepted


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
@in_virtual_time()
async def test_who_is_not_accepted_sends_nothing_but_boots_r41_r43(status: str) -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"status": status, "interval": 90})
    world = World(ONE_BACKEND)
    world.dialer.backends[URL] = backend
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    began = now()
    answer = await result(wallbox, "StartTransaction", START)
    assert answer["idTagInfo"] == {"status": "Invalid"}  # our own word, and at once
    assert now() == began
    await result(wallbox, "StopTransaction", STOP)
    await asyncio.sleep(200)
    assert actions(backend) == ["BootNotification"] * 3
    assert status in the_link(world).status.reason
    backend.answers["BootNotification"] = lambda _: TAKEN
    await backend.got("StopTransaction")
    told = ["BootNotification", "StatusNotification", "StartTransaction", "StopTransaction"]
    assert actions(backend, 3) == told
    await world.kill()


@in_virtual_time()
async def test_a_backend_that_withdraws_its_acceptance_gets_nothing_more_r43() -> None:
    site = await a_site()
    site.backend.answers["BootNotification"] = lambda _: TAKEN | {"status": "Pending"}
    await result(site.wallbox, "BootNotification", BOOT)
    await settled()
    assert the_link(site.world).status.phase is LinkPhase.PENDING
    seen = len(site.backend.calls)
    await result(site.wallbox, "StatusNotification", status_of(1, "Preparing"))
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(250)
    assert actions(site.backend, seen) == []  # its interval is 300 s; no heartbeat either
    site.backend.answers["BootNotification"] = lambda _: TAKEN
    await site.backend.got("StartTransaction")
    assert actions(site.backend, seen) == [
        "BootNotification",
        "StatusNotification",
        "StartTransaction",
    ]
    await site.world.kill()


@pytest.mark.parametrize(
    "answer", ["{}", '{"status":"Maybe"}', '{"status":7}', '{"status":"Accepted","interval":"x"}']
)
@in_virtual_time()
async def test_a_boot_answer_that_makes_no_sense_is_a_rejection_with_a_reason(answer: str) -> None:
    world = World(ONE_BACKEND)
    backend = world.dialer.backends[URL] = literal_backend(BootNotification=lambda _: answer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(130)
    assert len(backend.all_of("BootNotification")) == 3
    assert "unreadable boot answer" in the_link(world).status.reason
    await world.kill()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Refusal("SecurityError", "no"), "the backend refused it with SecurityError: no"),
        (Refusal("SecurityError", "x" * 999), f"with SecurityError: {'x' * 150}"),
        (None, "no answer in time"),
    ],
)
@in_virtual_time()
async def test_a_boot_refused_or_not_answered_is_sent_again_and_said_so_r29_r41(
    answer: Refusal | None, words: str
) -> None:
    world = World(ONE_BACKEND)
    backend = world.dialer.backends[URL] = literal_backend(BootNotification=lambda _: answer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(115)
    assert len(backend.all_of("BootNotification")) == (1 if answer is None else 2)
    reason = the_link(world).status.reason
    assert reason.startswith("boot notification failed: ")
    assert words in reason
    assert len(reason) < 300
    backend.answers["BootNotification"] = lambda _: TAKEN
    await backend.got("StatusNotification")
    await world.kill()


# The wallbox is away


@in_virtual_time()
async def test_a_minute_after_the_wallbox_the_login_ends_r50() -> None:
    site = await a_site()
    site.wallbox.hang_up()
    await asyncio.sleep(59)
    assert the_link(site.world).is_online
    await asyncio.sleep(2)
    assert site.backend.closed_with == (1000, "the wallbox is away")
    assert the_link(site.world).status.phase is LinkPhase.IDLE
    await asyncio.sleep(600)
    assert len(site.world.dialer.dialled) == 1
    site.world.plug_in("CP1", site.wallbox)
    await site.backend.got("BootNotification", times=2)
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_back_within_a_minute_changes_nothing_p12() -> None:
    site = await a_site()
    for _ in range(3):
        site.wallbox.hang_up()
        await asyncio.sleep(50)
        site.world.plug_in("CP1", site.wallbox)
        await asyncio.sleep(20)
    assert len(site.backend.all_of("BootNotification")) == 1
    assert site.backend.closed_with is None
    await site.world.kill()


@in_virtual_time()
async def test_a_queue_keeps_the_login_until_it_is_delivered_r50() -> None:
    site = await a_site(backend=literal_backend(StopTransaction=lambda _: Refusal()))
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "StopTransaction", STOP)
    site.wallbox.hang_up()
    await asyncio.sleep(200)
    assert the_link(site.world).is_online
    site.backend.answers["StopTransaction"] = lambda _: {}
    await asyncio.sleep(300)
    assert the_link(site.world).status.phase is LinkPhase.IDLE
    assert the_link(site.world).pump.depth == 0
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_leaves_while_we_dial_leaves_no_login_behind_r50() -> None:
    dialer = RefusingDialer(slow_s=100.0)
    backend = dialer.backends[URL] = literal_backend()
    world = World(CALM, dialer=dialer)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    wallbox.hang_up()
    await asyncio.sleep(300)
    assert the_link(world).status.phase is LinkPhase.IDLE
    assert backend.closed_with is not None
    assert actions(backend) in ([], ["BootNotification"])
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_leaves_while_we_wait_is_not_waited_for_r50() -> None:
    dialer = RefusingDialer(failure=DialFailed(DialStep.TCP, "connection refused"))
    world = World(CALM, dialer=dialer)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await asyncio.sleep(200)
    wallbox.hang_up()
    await asyncio.sleep(400)
    tried = len(dialer.at)
    await asyncio.sleep(1000)
    assert len(dialer.at) == tried
    assert the_link(world).status.phase is LinkPhase.IDLE
    await world.kill()


# Heartbeats


@in_virtual_time()
async def test_a_heartbeat_comes_at_the_backends_interval_unless_other_traffic_does_r46() -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"interval": 100})
    site = await a_site(backend=backend, site_toml=CALM)
    await asyncio.sleep(350)
    assert len(backend.all_of("Heartbeat")) == 3
    for _ in range(10):
        await result(site.wallbox, "DataTransfer", {"vendorId": "V"})
        await asyncio.sleep(90)
    assert len(backend.all_of("Heartbeat")) == 3
    await asyncio.sleep(20)
    assert len(backend.all_of("Heartbeat")) == 4
    await site.world.kill()


@in_virtual_time()
async def test_a_new_interval_counts_from_the_next_boot_on_r46() -> None:
    site = await a_site(site_toml=CALM)
    site.backend.answers["BootNotification"] = lambda _: TAKEN | {"interval": 50}
    await result(site.wallbox, "BootNotification", BOOT)
    await asyncio.sleep(260)
    assert len(site.backend.all_of("Heartbeat")) == 5
    await site.world.kill()


# Two backends


@in_virtual_time()
async def test_a_backend_away_does_not_hold_up_the_other_r106() -> None:
    site = await a_two_sided_site()
    site.world.dialer.backends.pop("ws://one/CP1")
    site.one.hang_up()
    await settled()
    assert not the_link(site.world, "left").is_online
    assert (await result(site.wallbox, "StartTransaction", START | {"connectorId": 2}))[
        "idTagInfo"
    ] == {"status": "Accepted"}
    assert len(site.two.all_of("StartTransaction")) == 1
    await site.world.kill()
