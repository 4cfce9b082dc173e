"""Mode T: wallbox and backend talk to each other directly, neither is here without the other."""

import asyncio
import json

import pytest
from tests.support.frames import (
    START,
    STOP,
    TAKEN,
    Refusal,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.logins import URL, RefusingDialer, now
from tests.support.relayed import a_relayed_site, a_relaying_world, is_gone, status
from tests.support.virtual_time import ScriptedIdentifiers, in_virtual_time
from tests.support.world import BOOT, Json, connect
from tests.support.zombies import a_zombie

from wattgate.core.gateway.link.link_status import LinkPhase, LinkStep
from wattgate.core.ocpp.handshake import basic_authorization
from wattgate.ports.links import DialFailed, DialStep
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.observer import Observer
from wattgate.runtime.station.relay import Pair, Relay

BACKEND_AWAY = (1013, "the backend is away")
CENTRAL = "CentralSystemRootCertificate"
SIGN = "SignChargePointCertificate"
ODD = '{ "vendorId":"V\\/","data":"1E3", "x":[1E3, 1.10] }'


# To the letter


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("BootNotification", '{"chargePointVendor":"V", "chargePointModel":"M","x":1E3}'),
        ("Heartbeat", "{ }"),
        ("Authorize", '{"idTag":"AbC\\/"}'),
        ("StartTransaction", json.dumps(START)),
        ("StopTransaction", json.dumps(STOP)),
        ("MeterValues", '{"connectorId":0,"meterValue":[ ]}'),
        ("StatusNotification", '{"connectorId":9,"status":"Odd","errorCode":"Celcius"}'),
        ("DataTransfer", ODD),
        ("SecurityEventNotification", '{"type":"A"}'),
        ("Vendor.Special", ODD),
        ("ChangeConfiguration", '{"key":"AuthorizationKey"}'),
    ],
)
@in_virtual_time()
async def test_what_a_wallbox_says_and_hears_is_the_backends_to_the_letter_r13_r17(
    action: str, payload: str
) -> None:
    answer = '{"status":"Accepted" ,"idTagInfo":{"status":"Accepted","x":1.10},"n":1E3}'
    site = await a_relayed_site()
    site.backend.answers[action] = lambda _: answer
    await site.wallbox.ask(action, payload)
    assert site.backend.payload_texts(action)[-1] == payload
    assert answer in site.wallbox.texts[-1]
    await site.world.kill()


@pytest.mark.parametrize(
    "action", ["SetChargingProfile", "RemoteStartTransaction", "Reset", "Vendor.Special"]
)
@in_virtual_time()
async def test_what_a_backend_says_and_hears_is_the_wallboxs_to_the_letter_r13(action: str) -> None:
    site = await a_relayed_site(wallbox=literal_wallbox(**{action: lambda _: ODD}))
    await site.backend.ask(action, ODD)
    assert site.wallbox.payload_texts(action) == [ODD]
    assert ODD in site.backend.texts[-1]
    await site.world.kill()


@in_virtual_time()
async def test_refusals_pass_with_all_they_say_both_ways() -> None:
    refusal = Refusal("PropertyConstraintViolation", "no \u00fc", '{"a":1E3}')
    site = await a_relayed_site()
    site.backend.answers["Authorize"] = site.wallbox.answers["Reset"] = lambda _: refusal
    heard = await site.wallbox.ask("Authorize", {"idTag": "A"})
    assert heard[2:] == ["PropertyConstraintViolation", "no \u00fc", {"a": 1000.0}]
    heard = await site.backend.ask("Reset", {"type": "Soft"})
    assert heard[2:] == ["PropertyConstraintViolation", "no \u00fc", {"a": 1000.0}]
    await site.world.kill()


@in_virtual_time()
async def test_equal_message_ids_of_both_ends_do_not_meet_r8() -> None:
    site = await a_relayed_site(wallbox=literal_wallbox(Reset=lambda _: None))
    site.backend.answers["Authorize"] = lambda _: None
    site.wallbox.send('[2,"1","Authorize",{"idTag":"A"}]')
    site.backend.send('[2,"1","Reset",{"type":"Soft"}]')
    await settled()
    (to_backend,) = site.backend.held["Authorize"]
    (to_wallbox,) = site.wallbox.held["Reset"]
    site.backend.send(f'[3,"{to_backend}",{{"of":"backend"}}]')
    site.wallbox.send(f'[3,"{to_wallbox}",{{"of":"wallbox"}}]')
    await settled()
    assert site.wallbox.texts[-1] == '[3,"1",{"of":"backend"}]'
    assert site.backend.texts[-1] == '[3,"1",{"of":"wallbox"}]'
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "00"}, "Rejected"),
        ("ChangeConfiguration", {"key": "securityprofile", "value": "2"}, "Rejected"),
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": 7}, "Rejected"),
        ("ChangeConfiguration", '{"key":"A","key":"AuthorizationKey"}', "Rejected"),
        ("ChangeConfiguration", {"key": "CpoName", "value": "Example Power"}, "Accepted"),
        ("InstallCertificate", {"certificateType": CENTRAL, "certificate": "x"}, "Rejected"),
        ("CertificateSigned", {"certificateChain": "x"}, "Rejected"),
        ("GetInstalledCertificateIds", {"certificateType": CENTRAL}, "NotFound"),
        ("ExtendedTriggerMessage", {"requestedMessage": SIGN}, "Accepted"),
    ],
)
@in_virtual_time()
async def test_what_would_re_key_the_wallbox_ends_at_the_gateway_r37(
    action: str, payload: Json, answer: str
) -> None:
    site = await a_relayed_site()
    assert (await result(site.backend, action, payload))["status"] == answer
    assert site.wallbox.all_of(action) == []
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_re_keys_its_own_link_and_the_wallbox_comes_again_over_it_r37() -> None:
    key = "00112233445566778899aabbccddeeff"
    site = await a_relayed_site()
    asked = {"key": "AuthorizationKey", "value": key}
    assert await result(site.backend, "ChangeConfiguration", asked) == {"status": "Accepted"}
    assert site.wallbox.all_of("ChangeConfiguration") == []
    await asyncio.sleep(2)
    assert site.backend.closed_with == (1000, "the backend gave us a new key")
    assert site.wallbox.closed_with == BACKEND_AWAY
    site.world.plug_in("CP1", site.wallbox)
    await result(site.wallbox, "Heartbeat", {})
    first, second = site.world.dialer.dialled
    assert first.authorization is None
    assert second.authorization == basic_authorization("CP1", bytes.fromhex(key))
    await site.world.kill()


@in_virtual_time()
async def test_a_key_that_cannot_be_stored_is_not_accepted_r37() -> None:
    site = await a_relayed_site()
    site.world.store.failing = True
    key = "00112233445566778899aabbccddeeff"
    asked = {"key": "AuthorizationKey", "value": key}
    frame = await site.backend.ask("ChangeConfiguration", asked)
    assert frame[0] == 4
    await asyncio.sleep(2)
    assert site.backend.closed_with is None
    site.world.store.failing = False
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_gets_no_certificate_from_a_backend_that_is_not_its_link_r36() -> None:
    site = await a_relayed_site()
    assert await result(site.wallbox, "SignCertificate", {"csr": "x"}) == {"status": "Rejected"}
    assert site.backend.all_of("SignCertificate") == []
    await site.world.kill()


@in_virtual_time()
async def test_the_manager_says_nothing_of_its_own_to_a_relayed_wallbox() -> None:
    site = await a_relayed_site()
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(600)
    assert site.wallbox.calls == []
    assert [action for action, _ in site.backend.calls] == [
        "BootNotification",
        "StatusNotification",
        "StatusNotification",
        "StartTransaction",
    ]
    await site.world.kill()


# Neither without the other


@in_virtual_time()
async def test_while_the_backend_is_away_a_wallbox_is_sent_away_and_that_is_kept_r47() -> None:
    world = a_relaying_world()
    manager = await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    wallbox.send('[2,"b","BootNotification",{}]')
    assert await is_gone(wallbox) == BACKEND_AWAY
    assert wallbox.texts == []  # nothing was confirmed
    (attempt,) = manager.refused()
    assert attempt.claimed_id == "CP1"
    assert attempt.address == "192.0.2.7:40000"
    assert attempt.reason.startswith("the backend is away: connection refused")
    problem = status(world).problem
    assert problem is not None
    assert (problem.fault.step, problem.attempts) == (LinkStep.TCP, 1)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_comes_again_and_again_does_not_hurry_the_backend_r29() -> None:
    world = a_relaying_world()
    await world.start()
    dialer = world.dialer
    assert isinstance(dialer, RefusingDialer)
    for _ in range(12):
        wallbox = literal_wallbox()
        world.plug_in("CP1", wallbox)
        assert await is_gone(wallbox) == BACKEND_AWAY
        await asyncio.sleep(2)
    assert dialer.at == [0.0, 10.05, 20.1]
    await world.kill()


@in_virtual_time()
async def test_with_the_backend_the_wallbox_goes_and_comes_back_with_it() -> None:
    site = await a_relayed_site()
    site.backend.answers["StopTransaction"] = lambda _: None
    site.wallbox.send(f'[2,"s","StopTransaction",{json.dumps(STOP)}]')
    await settled()
    said = len(site.wallbox.texts)
    site.backend.hang_up(1006)
    assert await is_gone(site.wallbox) == BACKEND_AWAY
    assert site.wallbox.texts[said:] == []  # its stop was not confirmed: it keeps it
    del site.backend.answers["StopTransaction"]
    site.world.plug_in("CP1", site.wallbox)  # at once: it had been accepted
    await result(site.wallbox, "StopTransaction", STOP)
    assert len(site.backend.all_of("StopTransaction")) == 2
    await site.world.kill()


@in_virtual_time()
async def test_what_the_backend_left_open_is_not_even_refused_when_it_goes_r47() -> None:
    backend = literal_backend(StopTransaction=lambda _: None)
    world = a_relaying_world(backend)
    await world.start()
    wallbox = a_zombie(world)
    wallbox.says(f'[2,"s","StopTransaction",{json.dumps(STOP)}]')
    await backend.got("StopTransaction")
    backend.hang_up()
    await settled()
    assert (wallbox.sent, wallbox.closes) == ([], [1013])  # a refusal would use up an attempt
    await world.kill()


@in_virtual_time()
async def test_with_the_wallbox_the_backends_connection_goes_at_once() -> None:
    site = await a_relayed_site()
    site.wallbox.hang_up()
    await settled()
    assert site.backend.closed_with == (1000, "the wallbox is away")
    assert status(site.world).phase is LinkPhase.IDLE
    assert (await site.world.store.recover()).outbox_depths == {}
    await site.world.kill()


@in_virtual_time()
async def test_a_newer_connection_of_the_wallbox_has_its_own_at_the_backend_r27() -> None:
    first, second = literal_backend(Authorize=lambda _: None), literal_backend()
    site = await a_relayed_site(backend=first)
    site.wallbox.send('[2,"1","Authorize",{"idTag":"OLD"}]')
    await settled()
    site.world.dialer.backends[URL] = second
    newer = literal_wallbox()
    site.world.plug_in("CP1", newer)
    await settled()
    assert first.closed_with == (1000, "the wallbox is away")
    assert site.wallbox.closed_with == (1008, "a newer connection with this id took over")
    newer.send('[2,"1","Authorize",{"idTag":"NEW"}]')
    await settled()
    assert second.all_of("Authorize") == [{"idTag": "NEW"}]
    assert [json.loads(text)[1] for text in newer.texts] == ["1"]
    assert first.all_of("Authorize") == [{"idTag": "OLD"}]
    await site.world.kill()


@in_virtual_time()
async def test_what_is_said_before_the_backend_is_there_waits_in_order() -> None:
    backend = literal_backend()
    world = a_relaying_world(backend)
    dialer = world.dialer
    assert isinstance(dialer, RefusingDialer)
    dialer.slow_s = 5.0
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    wallbox.send('[2,"1","BootNotification",{}]')
    wallbox.send('[2,"2","StatusNotification",{}]')
    await asyncio.sleep(6)
    assert [action for action, _ in backend.calls] == ["BootNotification", "StatusNotification"]
    assert [json.loads(text)[1] for text in wallbox.texts] == ["1", "2"]
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_leaves_while_we_dial_leaves_no_login_behind() -> None:
    backend = literal_backend()
    world = a_relaying_world(backend)
    dialer = world.dialer
    assert isinstance(dialer, RefusingDialer)
    dialer.slow_s = 5.0
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await asyncio.sleep(1)
    wallbox.hang_up()
    await asyncio.sleep(6)
    assert dialer.at == [0.0]
    assert backend.texts == []
    assert status(world).phase is LinkPhase.IDLE
    await world.kill()


@in_virtual_time()
async def test_a_silent_backend_costs_an_error_and_a_silent_wallbox_too_r47() -> None:
    site = await a_relayed_site(wallbox=literal_wallbox(Reset=lambda _: None))
    site.backend.answers["StopTransaction"] = lambda _: None
    began = now()
    heard = await site.wallbox.ask("StopTransaction", STOP)
    assert heard[2:4] == ["GenericError", "the backend: no answer in time"]
    assert round(now() - began) == 60
    heard = await site.backend.ask("Reset", {"type": "Soft"})
    assert heard[2:4] == ["GenericError", "the wallbox: no answer in time"]
    assert site.wallbox.closed_with is None
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_opens_when_the_wallbox_has_left_is_closed_at_once() -> None:
    site = await a_relayed_site()
    tools = Tools(site.world.clock, ScriptedIdentifiers())
    manager = site.world.manager
    assert manager is not None
    (state,) = manager.evses()
    station, link = state.station, state.evse.relay
    assert link is not None
    relay = Relay(station, link, Observer(station, "relayed"))
    pair = Pair(Peer("wallbox", station, tools), relay)
    pair.end()
    late = literal_backend()
    connect(Peer("backend", pair, tools), late)
    await settled()
    assert late.closed_with == (1000, "the wallbox is away")
    assert site.backend.closed_with is None
    await site.world.kill()


# Where it stands


@pytest.mark.parametrize(
    ("answer", "phase"), [("Pending", LinkPhase.PENDING), ("Rejected", LinkPhase.REGISTERING)]
)
@in_virtual_time()
async def test_a_boot_that_the_backend_does_not_accept_is_seen_r41(
    answer: str, phase: LinkPhase
) -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"status": answer})
    world = a_relaying_world(backend)
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    assert (await result(wallbox, "BootNotification", BOOT))["status"] == answer
    assert status(world).phase is phase
    problem = status(world).problem
    assert problem is not None
    assert problem.fault.sentence == f"the backend answered {answer} to the boot notification"
    backend.answers["BootNotification"] = lambda _: TAKEN
    await result(wallbox, "BootNotification", BOOT)
    assert status(world).phase is LinkPhase.ONLINE
    assert status(world).problem is None
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_back_without_a_boot_counts_as_accepted_with_the_first_answer_r44() -> None:
    site = await a_relayed_site()
    site.backend.hang_up()
    await settled()
    site.world.plug_in("CP1", site.wallbox)
    await settled()
    assert status(site.world).phase is LinkPhase.REGISTERING
    site.backend.answers["Authorize"] = lambda _: Refusal()
    await site.wallbox.ask("Authorize", {"idTag": "A"})
    assert status(site.world).phase is LinkPhase.REGISTERING
    await result(site.wallbox, "Heartbeat", {})
    assert status(site.world).phase is LinkPhase.ONLINE
    await site.world.kill()


@in_virtual_time()
async def test_a_failure_stays_in_sight_when_the_wallbox_is_gone_with_it() -> None:
    world = a_relaying_world()
    dialer = world.dialer
    assert isinstance(dialer, RefusingDialer)
    dialer.failure = DialFailed(DialStep.HTTP, "HTTP 401: password wrong", 401)
    await world.start()
    world.plug_in("CP1", literal_wallbox())
    await settled()
    assert status(world).phase is LinkPhase.WAITING
    assert status(world).reason == "HTTP 401: password wrong; the wallbox is to come again"
    await world.kill()
