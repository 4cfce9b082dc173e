"""The last report of progress waits for a backend that is away."""

import asyncio

import pytest
from tests.support.frames import Refusal, Site, a_site, error, literal_backend, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.runtime.supervisor import Supervisor

FIRMWARE = "FirmwareStatusNotification"
URL = "ws://backend/CP1"


def status(word: str) -> Json:
    """A report of that status."""
    return {"status": word}


async def backend_leaves(site: Site) -> None:
    """Lose it, and do not find it again."""
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await settled()


async def backend_returns(site: Site) -> None:
    """Let it be found, and wait for a login."""
    logins = len(site.backend.all_of("BootNotification"))
    site.world.dialer.backends[URL] = site.backend
    await site.backend.got("BootNotification", times=logins + 1)
    await asyncio.sleep(1.0)


@in_virtual_time()
async def test_the_last_report_of_each_kind_is_sent_after_the_next_login() -> None:
    site = await a_site()
    await backend_leaves(site)
    for action, word in [
        (FIRMWARE, "Downloading"),
        ("DiagnosticsStatusNotification", "Uploading"),
        (FIRMWARE, "Installed"),
    ]:
        assert await result(site.wallbox, action, status(word)) == {}
    since = len(site.backend.calls)
    await backend_returns(site)
    reports = [call for call in site.backend.calls[since:] if call[0].endswith("Notification")]
    assert [name for name, _ in reports[:2]] == ["BootNotification", "StatusNotification"]
    assert reports[2:] == [
        ("DiagnosticsStatusNotification", status("Uploading")),
        (FIRMWARE, status("Installed")),
    ]
    await backend_leaves(site)
    await backend_returns(site)
    assert site.backend.all_of(FIRMWARE) == [status("Installed")]
    await site.world.kill()


@in_virtual_time()
async def test_a_kept_report_outlasts_a_restart_and_is_forgotten_when_it_was_heard() -> None:
    site = await a_site()
    await backend_leaves(site)
    text = '{ "status":"Installed", "requestId" : 1E0 }'
    await site.wallbox.ask("SignedFirmwareStatusNotification", text)
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await backend_returns(site)
    assert site.backend.payload_texts("SignedFirmwareStatusNotification") == [text]
    await site.world.kill()
    assert [
        note for note in (await site.world.store.recover()).notes if "Signed" in note.name
    ] == []


@in_virtual_time()
async def test_a_newer_report_that_the_backend_heard_takes_the_place_of_a_kept_one() -> None:
    site = await a_site(backend=literal_backend(FirmwareStatusNotification=lambda _: None))
    await backend_leaves(site)
    await result(site.wallbox, FIRMWARE, status("Downloading"))
    site.backend.answers[FIRMWARE] = lambda each: {} if each["status"] == "Installed" else None
    await backend_returns(site)
    await asyncio.sleep(61.0)  # and is silent
    assert await result(site.wallbox, FIRMWARE, status("Installed")) == {}
    await settled()
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await site.backend.got("BootNotification", times=3)
    await asyncio.sleep(1.0)
    assert site.backend.all_of(FIRMWARE) == [status("Downloading"), status("Installed")]
    await site.world.kill()


@in_virtual_time()
async def test_a_report_without_an_answer_is_kept_and_the_wallbox_is_answered() -> None:
    site = await a_site(backend=literal_backend(FirmwareStatusNotification=lambda _: None))
    assert await result(site.wallbox, FIRMWARE, status("Installed")) == {}
    await backend_leaves(site)
    site.backend.answers[FIRMWARE] = lambda _: {}
    await backend_returns(site)
    assert site.backend.all_of(FIRMWARE) == [status("Installed")] * 2
    await site.world.kill()


@pytest.mark.parametrize("code", ["NotImplemented", "InternalError"])
@in_virtual_time()
async def test_a_backend_that_does_not_want_a_kept_report_is_not_asked_twice(code: str) -> None:
    site = await a_site(backend=literal_backend(LogStatusNotification=lambda _: Refusal(code)))
    await backend_leaves(site)
    await result(site.wallbox, "LogStatusNotification", status("Uploaded"))
    await backend_returns(site)
    await backend_leaves(site)
    await backend_returns(site)
    assert site.backend.all_of("LogStatusNotification") == [status("Uploaded")]
    await site.world.kill()


@in_virtual_time()
async def test_a_report_that_cannot_be_stored_is_not_confirmed() -> None:
    site = await a_site()
    await backend_leaves(site)
    site.world.store.failing = True
    assert await error(site.wallbox, FIRMWARE, status("Installed")) == "InternalError"
    site.world.store.failing = False
    await result(site.wallbox, FIRMWARE, status("Installed"))
    site.world.dialer.backends[URL] = site.backend
    await site.backend.got(FIRMWARE)
    site.world.store.failing = True  # it cannot be forgotten now: it is sent once more
    await settled()
    site.world.store.failing = False
    await site.world.kill()


@in_virtual_time()
async def test_a_report_that_is_kept_while_an_older_one_is_on_its_way_is_not_forgotten() -> None:
    site = await a_site()
    await backend_leaves(site)
    await result(site.wallbox, FIRMWARE, status("Downloading"))
    site.backend.answers[FIRMWARE] = lambda _: None
    await backend_returns(site)
    assert site.world.manager is not None
    (evse,) = site.world.manager.evses()
    north = evse.evse.north
    assert north is not None
    await north.kept_reports.keep(FIRMWARE, '{"status":"Installed"}')
    (unique_id,) = site.backend.held[FIRMWARE]
    site.backend.send(f'[3,"{unique_id}",{{}}]')  # to the older one
    await settled()
    site.backend.answers[FIRMWARE] = lambda _: {}
    site.backend.hang_up()
    await backend_returns(site)
    assert site.backend.all_of(FIRMWARE) == [status("Downloading"), status("Installed")]
    await site.world.kill()


@in_virtual_time()
async def test_a_kept_report_never_follows_a_newer_one() -> None:
    """Between the login and the queue the states are told: a wallbox may be faster than that."""
    site = await a_site()
    await backend_leaves(site)
    await result(site.wallbox, FIRMWARE, status("Downloading"))
    site.backend.answers |= {"StatusNotification": lambda _: None, FIRMWARE: lambda _: None}
    reports = len(site.backend.all_of("StatusNotification"))
    site.world.dialer.backends[URL] = site.backend
    await site.backend.got("StatusNotification", times=reports + 1)
    async with Supervisor() as tasks:
        telling = tasks.start(
            site.wallbox.ask(FIRMWARE, status("Installed")), name="the wallbox tells"
        )
        await settled()
        site.backend.answers[FIRMWARE] = lambda _: {}
        (unique_id,) = site.backend.held["StatusNotification"]
        site.backend.send(f'[3,"{unique_id}",{{}}]')
        await telling
    await asyncio.sleep(120.0)
    assert site.backend.all_of(FIRMWARE) == [status("Installed")]
    await site.world.kill()
