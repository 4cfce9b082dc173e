"""The gateway's own security events reach a backend that understands them (R38)."""

import asyncio

import pytest
from tests.support.frames import (
    START,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import DialFailed, DialStep

EVENT = "SecurityEventNotification"
OF_WALLBOX = {"type": "FirmwareUpdated", "timestamp": "2026-05-15T12:00:00Z"}
STARTUP = {"type": "StartupOfTheDevice", "timestamp": "2026-05-15T12:00:00.000Z"}


async def restarted(site: Site) -> None:
    """Kill and start the manager on what is stored; the wallbox comes back."""
    logins = len(site.backend.all_of("BootNotification"))
    await site.world.kill()
    await site.world.start()
    site.wallbox = literal_wallbox()
    await site.world.boot("CP1", site.wallbox)
    await site.backend.got("BootNotification", times=logins + 1)
    await asyncio.sleep(1.0)


def types(site: Site) -> list[Json]:
    """The security events that the backend has got."""
    return [each["type"] for each in site.backend.all_of(EVENT)]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "x"}}),
        ("GetInstalledCertificateIds", {"certificateType": "CentralSystemRootCertificate"}),
    ],
)
@in_virtual_time()
async def test_a_backend_that_speaks_of_security_hears_of_each_start_once_r38(
    action: str, payload: Json
) -> None:
    site = await a_site()
    await asyncio.sleep(60.0)
    assert types(site) == []
    for _ in range(2):
        await site.backend.ask(action, payload)
        await settled()
    assert site.backend.all_of(EVENT) == [STARTUP]
    await restarted(site)
    assert types(site) == ["StartupOfTheDevice"] * 2
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_takes_a_wallboxs_event_gets_ours_too_r38() -> None:
    site = await a_site()
    await result(site.wallbox, EVENT, OF_WALLBOX)
    await asyncio.sleep(1.0)
    assert types(site) == ["FirmwareUpdated", "StartupOfTheDevice"]
    await site.world.kill()


@pytest.mark.parametrize("code", ["NotImplemented", "NotSupported"])
@in_virtual_time()
async def test_a_backend_without_the_extension_gets_none_and_is_not_held_up_r38(code: str) -> None:
    site = await a_site(backend=literal_backend(SecurityEventNotification=lambda _: Refusal(code)))
    await result(site.wallbox, EVENT, OF_WALLBOX)
    started = await result(site.wallbox, "StartTransaction", START)
    assert started["transactionId"] == 1
    assert site.backend.all_of("StartTransaction") == [START]
    await restarted(site)
    assert types(site) == ["FirmwareUpdated"]
    assert await site.world.store.dead_letters() == ()
    await site.world.kill()


@in_virtual_time()
async def test_any_other_refusal_is_tried_again_as_ever_r38_r66() -> None:
    answers: list[Json] = [Refusal("InternalError"), {}, {}]
    backend = literal_backend(SecurityEventNotification=lambda _: answers.pop(0))
    site = await a_site(backend=backend)
    await result(site.wallbox, EVENT, OF_WALLBOX)
    await asyncio.sleep(60.0)
    assert types(site) == ["FirmwareUpdated", "FirmwareUpdated", "StartupOfTheDevice"]
    await site.world.kill()


@in_virtual_time()
async def test_a_new_key_is_reported_once_it_has_opened_the_door_r37_r38() -> None:
    site = await a_site()
    await site.backend.ask("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"})
    payload = {"key": "AuthorizationKey", "value": "00" * 16}
    await result(site.backend, "ChangeConfiguration", payload)
    assert types(site) == ["StartupOfTheDevice"]
    await site.backend.got("BootNotification", times=2)
    await asyncio.sleep(1.0)
    assert types(site) == ["StartupOfTheDevice", "ReconfigurationOfSecurityParameters"]
    await restarted(site)
    assert types(site)[2:] == ["StartupOfTheDevice"]
    await site.world.kill()


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        (TlsFault.CERTIFICATE, "InvalidCentralSystemCertificate"),
        (TlsFault.VERSION, "InvalidTLSVersion"),
        (TlsFault.CIPHERS, "InvalidTLSCipherSuite"),
    ],
)
@in_virtual_time()
async def test_why_tls_failed_is_reported_once_it_works_again_r38(
    fault: TlsFault, event: str
) -> None:
    site = await a_site()
    await site.backend.ask("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"})
    dialer = site.world.dialer
    dialer.absence = DialFailed(DialStep.TLS, "not accepted", fault=fault)
    dialer.backends.clear()
    site.backend.hang_up()
    await asyncio.sleep(60.0)
    assert len(dialer.dialled) > 2
    dialer.backends["ws://backend/CP1"] = site.backend
    await asyncio.sleep(60.0)
    assert types(site) == ["StartupOfTheDevice", event]
    await site.world.kill()


@in_virtual_time()
async def test_an_event_outlasts_a_backend_that_is_away_and_a_kill_r38() -> None:
    site = await a_site()
    await site.backend.ask("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"})
    await settled()
    backends = site.world.dialer.backends
    backends.clear()
    await site.world.kill()
    await site.world.start()
    await settled()
    await site.world.kill()
    backends["ws://backend/CP1"] = site.backend
    await site.world.start()
    await site.world.boot("CP1", literal_wallbox())
    await asyncio.sleep(5.0)
    assert types(site) == ["StartupOfTheDevice"] * 3
    await site.world.kill()


@in_virtual_time()
async def test_an_event_that_could_not_be_stored_goes_with_the_next_one_r38() -> None:
    site = await a_site()
    site.world.store.failing = True
    await site.backend.ask("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"})
    await settled()
    site.world.store.failing = False
    payload = {"key": "AuthorizationKey", "value": "00" * 16}
    await result(site.backend, "ChangeConfiguration", payload)
    await site.backend.got("BootNotification", times=2)
    await asyncio.sleep(1.0)
    assert types(site) == ["StartupOfTheDevice", "ReconfigurationOfSecurityParameters"]
    await site.world.kill()
