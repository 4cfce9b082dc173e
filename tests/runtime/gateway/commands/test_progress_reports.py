"""Who hears how firmware, diagnostics and logs get on (R88, R102)."""

import asyncio
from typing import Any

import pytest
from tests.support.frames import Refusal, error, literal_wallbox, result, settled
from tests.support.roles import HELPER, LISTENER, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.gateway.commands.progress import FIRST_OF_OURS
from wattgate.ports.store import Change

ACCEPTED = {"status": "Accepted"}
BACKENDS = {"left": {"one": PRIMARY, "two": HELPER, "three": LISTENER}}
LOG = "LogStatusNotification"
NAMES = ("one", "two", "three")


def log_of(number: int) -> Json:
    return {"logType": "DiagnosticsLog", "requestId": number, "log": {"remoteLocation": "ftp://x"}}


def progress(status: str, number: int | None = None) -> Json:
    return {"status": status} | ({} if number is None else {"requestId": number})


async def a_site_that_obeys() -> Several:
    obeyed = ("GetLog", "SignedUpdateFirmware", "ExtendedTriggerMessage")
    accepted = dict.fromkeys(obeyed, lambda _: ACCEPTED)
    return await several(BACKENDS, literal_wallbox(**accepted))


async def heard(site: Several, action: str, payload: Json) -> dict[str, list[Json]]:
    """What each backend is told when the wallbox says this; without those that hear nothing."""
    site.forget()
    assert await result(site.wallbox, action, payload) == {}
    await settled()
    found = {name: each.all_of(action) for name, each in site.backends.items()}
    return {name: payloads for name, payloads in found.items() if payloads}


@pytest.mark.parametrize(
    ("command", "notice"),
    [
        ("UpdateFirmware", "FirmwareStatusNotification"),
        ("GetDiagnostics", "DiagnosticsStatusNotification"),
    ],
)
@in_virtual_time()
async def test_r102_who_asked_hears_how_it_gets_on_else_the_main_backend(
    command: str, notice: str
) -> None:
    site = await a_site_that_obeys()
    said = progress("Uploading")
    assert await heard(site, notice, said) == {"one": [said]}
    await result(site["two"], command, {"location": "ftp://x"})
    assert await heard(site, notice, said) == {"two": [said]}
    await result(site["one"], command, {"location": "ftp://x"})
    assert await heard(site, notice, said) == {"one": [said]}
    await site.world.kill()


@pytest.mark.parametrize(
    ("command", "notice"),
    [("GetLog", LOG), ("SignedUpdateFirmware", "SignedFirmwareStatusNotification")],
)
@in_virtual_time()
async def test_r105_two_backends_may_give_the_same_number(command: str, notice: str) -> None:
    site = await a_site_that_obeys()
    for name in ("one", "two"):
        assert await result(site[name], command, log_of(7)) == ACCEPTED
    numbers = [payload["requestId"] for payload in site.wallbox.all_of(command)]
    assert numbers == [7, FIRST_OF_OURS]
    said = progress("Uploaded", 7)
    assert await heard(site, notice, progress("Uploaded", FIRST_OF_OURS)) == {"two": [said]}
    assert await heard(site, notice, said) == {"one": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_r105_the_numbers_outlast_a_restart() -> None:
    site = await a_site_that_obeys()
    for name in ("one", "two"):
        await result(site[name], "GetLog", log_of(7))
    await site.restart()
    said = {"two": [progress("Uploaded", 7)]}
    assert await heard(site, LOG, progress("Uploaded", FIRST_OF_OURS)) == said
    await site.world.kill()


@in_virtual_time()
async def test_what_is_passed_on_keeps_every_character_but_the_number() -> None:
    site = await a_site_that_obeys()
    await result(site["one"], "GetLog", log_of(7))
    await result(site["two"], "GetLog", '{ "logType":"SecurityLog" ,"requestId" : 7, "x":1.10}')
    (text,) = site.wallbox.payload_texts("GetLog")[1:]
    assert text == f'{{ "logType":"SecurityLog" ,"requestId" : {FIRST_OF_OURS}, "x":1.10}}'
    await site.world.kill()


@pytest.mark.parametrize("refusal", [{"status": "Rejected"}, Refusal("NotSupported")])
@in_virtual_time()
async def test_what_the_wallbox_does_not_take_on_is_nobodys(refusal: Json) -> None:
    site = await a_site_that_obeys()
    await result(site["one"], "GetLog", log_of(1))
    site.wallbox.answers["GetLog"] = lambda _: refusal
    await site["two"].ask("GetLog", log_of(2))
    await settled()
    said = progress("Uploading")
    assert await heard(site, LOG, said) == {"one": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_what_the_wallbox_may_have_taken_on_is_who_asked_for_its() -> None:
    site = await a_site_that_obeys()
    site.wallbox.answers["GetLog"] = lambda _: None
    assert await error(site["two"], "GetLog", log_of(2)) == "GenericError"
    said = progress("Uploading", 2)
    assert await heard(site, LOG, said) == {"two": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_r88_who_triggers_a_notice_hears_it_and_who_waits_for_it_as_well() -> None:
    site = await a_site_that_obeys()
    await result(site["two"], "GetLog", log_of(7))
    site.wallbox.calls.clear()
    trigger = {"requestedMessage": LOG}
    assert await result(site["three"], "ExtendedTriggerMessage", trigger) == ACCEPTED
    assert site.wallbox.all_of("ExtendedTriggerMessage") == [trigger]
    told = await heard(site, LOG, progress("Uploading", 7))
    assert told == {"two": [progress("Uploading", 7)], "three": [progress("Uploading")]}
    await asyncio.sleep(6)
    told = await heard(site, LOG, progress("Uploaded", 7))
    assert told == {"two": [progress("Uploaded", 7)]}
    await result(site["three"], "ExtendedTriggerMessage", trigger)
    assert await heard(site, LOG, progress("Idle")) == {"three": [progress("Idle")]}
    await site.world.kill()


@in_virtual_time()
async def test_r106_the_wallbox_waits_for_nobody_who_only_listens() -> None:
    site = await a_site_that_obeys()
    await result(site["two"], "GetLog", log_of(7))
    site["two"].answers[LOG] = lambda _: Refusal()
    said = progress("Uploading", 7)
    assert await heard(site, LOG, said) == {"two": [said]}
    site["two"].answers[LOG] = lambda _: None
    assert await heard(site, LOG, said) == {"two": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_who_is_away_gets_the_last_notice_when_it_is_back() -> None:
    site = await a_site_that_obeys()
    await result(site["two"], "GetLog", log_of(7))
    two = site.world.dialer.backends.pop("ws://two/CP1")
    two.hang_up()
    await settled()
    for status in ("Uploading", "Uploaded"):
        assert await heard(site, LOG, progress(status, 7)) == {}
    site.world.dialer.backends["ws://two/CP1"] = two
    assert await two.got(LOG) == progress("Uploaded", 7)
    await site.world.kill()


@in_virtual_time()
async def test_the_notice_of_a_backend_that_is_gone_is_for_the_main_one() -> None:
    site = await a_site_that_obeys()
    await result(site["two"], "GetLog", log_of(7))
    site.evse("left").backends[1].retiring = True
    assert await heard(site, LOG, progress("Uploaded", 7)) == {"one": [progress("Uploaded")]}
    await site.world.kill()


@in_virtual_time()
async def test_a_request_that_cannot_be_stored_does_not_reach_the_wallbox() -> None:
    site = await a_site_that_obeys()
    site.world.store.failing = True
    assert await error(site["two"], "GetLog", log_of(7)) == "InternalError"
    assert site.wallbox.all_of("GetLog") == []
    await site.world.kill()


@in_virtual_time()
async def test_without_a_backend_that_is_concerned_the_wallbox_is_answered() -> None:
    site = await several({"left": {"three": LISTENER}})
    assert await heard(site, LOG, progress("Idle")) == {}
    await site.world.kill()


@in_virtual_time()
async def test_r106_a_flood_of_requests_takes_no_notice_away_from_who_asked() -> None:
    site = await a_site_that_obeys()
    site.wallbox.answers["UpdateFirmware"] = lambda each: {} if each["location"] == "mine" else None
    await result(site["one"], "UpdateFirmware", {"location": "mine"})
    for nth in range(40):
        site["two"].send(f'[2,"two-{nth}","UpdateFirmware",{{"location":"x"}}]')
    await settled()
    assert len(site.wallbox.all_of("UpdateFirmware")) == 2
    site.wallbox.hang_up()
    await settled()
    await site.world.boot("CP1", site.wallbox)
    await asyncio.sleep(6)
    await result(site["one"], "UpdateFirmware", {"location": "mine"})
    said = progress("Downloaded")
    assert await heard(site, "FirmwareStatusNotification", said) == {"one": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_what_never_got_to_the_wallbox_is_nobodys() -> None:
    site = await a_site_that_obeys()
    await result(site["one"], "GetLog", log_of(1))
    site.wallbox.hang_up()
    await settled()
    assert await error(site["two"], "GetLog", log_of(2)) == "GenericError"
    await site.world.boot("CP1", site.wallbox)
    said = progress("Uploading")
    assert await heard(site, LOG, said) == {"one": [said]}
    await site.world.kill()


@in_virtual_time()
async def test_r106_the_wallbox_does_not_wait_for_who_has_asked_and_only_listens() -> None:
    site = await a_site_that_obeys()
    await result(site["two"], "UpdateFirmware", {"location": "ftp://x"})
    site["two"].answers["FirmwareStatusNotification"] = lambda _: None
    async with asyncio.timeout(1):
        assert await result(site.wallbox, "FirmwareStatusNotification", progress("Idle")) == {}
    await site.world.kill()


@pytest.mark.parametrize("command", ["UpdateFirmware", "SignedUpdateFirmware"])
@in_virtual_time()
async def test_r103_a_car_that_comes_while_it_is_being_stored_is_not_disturbed(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await several({"left": {"one": PRIMARY}, "right": {"two": PRIMARY}})
    commit = site.world.store.commit

    async def slow(*changes: Change) -> Any:  # noqa: ANN401 - as the store's own
        if "progress CP1" in repr(changes):
            monkeypatch.undo()
            await site.start(2)
        return await commit(*changes)

    monkeypatch.setattr(site.world.store, "commit", slow)
    assert await error(site["one"], command, log_of(7)) == "GenericError"
    assert site.wallbox.all_of(command) == []
    said = progress("Downloading")
    assert await heard(site, "FirmwareStatusNotification", said) == {"one": [said]}
    await site.world.kill()
