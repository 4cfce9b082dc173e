"""Firmware and diagnostics pass through the manager (R87), in virtual time."""

import asyncio
import json
from typing import Final

import pytest
from structlog.testing import capture_logs
from tests.support.file_site import SITE, file_site
from tests.support.frames import (
    Refusal,
    error,
    result,
    settled,
)
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import Json, status_of

from wattgate.core.files.transfers import Received
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.ports.files import TransferFailed
from wattgate.ports.store import Change, StoreFailed
from wattgate.runtime.files.desk import PART, Refused

FIRMWARE: Final = "https://user:pw@files.example/fw/box%201.bin?sig=1"
FOLDER: Final = "ftp://user:pw@files.example/in/"
DIAGNOSTICS: Final = "DiagnosticsStatusNotification"
UPLOADED: Final = {"status": "Uploaded"}
AWAY: Final = TransferFailed("the server is away")
NEVER: Final = TransferFailed("the server will not have it", is_final=True)


@in_virtual_time()
async def test_r87_a_wallbox_is_told_an_address_of_ours_and_nothing_else_is_changed() -> None:
    site = await file_site()
    text = f'{{ "retries" : 3,"location":"{FIRMWARE}", "retrieveDate":"2026-05-15T12:00:00.50Z" }}'
    await result(site.backend, "UpdateFirmware", text)
    (got,) = site.wallbox.payload_texts("UpdateFirmware")
    url = json.loads(got)["location"]
    assert url.startswith("http://192.0.2.1:19522/relay/")
    assert url.endswith("/box%201.bin")
    assert got == text.replace(FIRMWARE, url)
    upload = await site.told("GetDiagnostics", {"location": FOLDER})
    assert upload.startswith("http://192.0.2.1:19522/relay/")
    assert upload.endswith("/")
    await site.world.kill()


@in_virtual_time()
async def test_r39_signed_firmware_is_passed_on_to_the_letter() -> None:
    site = await file_site(answers={"SignedUpdateFirmware": lambda _: {"status": "Accepted"}})
    text = json.dumps(
        {
            "requestId": 1,
            "firmware": {
                "location": FIRMWARE,
                "retrieveDateTime": "2026-05-15T12:00:00Z",
                "signingCertificate": "-----BEGIN CERTIFICATE-----",
                "signature": "x",
            },
        }
    )
    await result(site.backend, "SignedUpdateFirmware", text)
    assert FIRMWARE in site.wallbox.payload_texts("SignedUpdateFirmware")[0]
    assert site.notes() == []
    await site.world.kill()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("sftp://files.example/x", "we do not know 'sftp'"),
        ("http://192.168.1.1/x", "it is in the house"),
        (7, "names none"),
    ],
)
@in_virtual_time()
async def test_r87_where_we_do_not_go_the_command_is_left_as_it_was(
    location: Json, reason: str
) -> None:
    site = await file_site()
    site.files.complaint_of = lambda there, _: (
        "it is in the house" if there.host.startswith("192.168") else None
    )
    text = f'{{"location": {json.dumps(location)} }}'
    with capture_logs() as logs:
        await result(site.backend, "GetDiagnostics", text)
    assert site.wallbox.payload_texts("GetDiagnostics") == [text]
    (said,) = [
        each for each in logs if each["event"] == "the place for a file is left to the wallbox"
    ]
    assert reason in said["reason"]
    assert site.notes() == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_without_file_relay_nothing_is_touched() -> None:
    site = await file_site(SITE.replace("file_relay = true", ""))
    assert await site.told("UpdateFirmware", {"location": FIRMWARE}) == FIRMWARE
    assert site.files.opened == 0
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_port_in_use_leaves_the_command_as_it_was() -> None:
    site = await file_site()
    site.files.port_in_use = True
    assert await site.told("UpdateFirmware", {"location": FIRMWARE}) == FIRMWARE
    with capture_logs() as logs:
        await site.restart()
    assert "the file port cannot be opened" in [each["event"] for each in logs]
    await site.world.kill()


@in_virtual_time()
async def test_r87_the_owner_may_say_how_wallboxes_reach_us() -> None:
    """Then nobody knows from which address a wallbox comes."""
    url = 'url = "https://files.home.example/wattgate/"'
    site = await file_site(SITE.replace("[file_relay]", f"[file_relay]\n{url}"))
    url = await site.told("UpdateFirmware", {"location": FIRMWARE})
    assert url.startswith("https://files.home.example/wattgate/relay/")
    assert site.visit(url, host="198.51.100.9") is not None
    await site.world.kill()


@in_virtual_time(2 * 3600.0)
async def test_r87_only_the_wallbox_may_come_and_only_in_time() -> None:
    site = await file_site()
    url = await site.told("UpdateFirmware", {"location": FIRMWARE})
    assert site.visit(url) is not None
    assert site.visit(url, host="192.0.2.8") is None
    assert site.visit(url.replace("2/box", "3/box")) is None
    await asyncio.sleep(3600 - 60)
    assert site.visit(url) is not None
    await asyncio.sleep(120)
    assert site.visit(url) is None
    await asyncio.sleep(600)
    assert site.notes() == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_an_address_outlives_a_restart() -> None:
    site = await file_site()
    url = await site.told("UpdateFirmware", {"location": FIRMWARE})
    await site.restart()
    assert site.visit(url) is not None
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("GetLog", {"status": "Rejected"}),
        ("GetDiagnostics", Refusal("NotSupported")),
        ("UpdateFirmware", Refusal("NotSupported")),
    ],
)
@in_virtual_time()
async def test_r87_the_address_of_a_command_that_is_declined_ends_at_once(
    action: str, answer: Json
) -> None:
    site = await file_site(answers={action: lambda _: answer})
    payload: Json = {"location": FIRMWARE}
    if action == "GetLog":
        payload = {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": FOLDER}}
    if isinstance(answer, Refusal):
        assert await error(site.backend, action, payload) == "NotSupported"
    else:
        assert await result(site.backend, action, payload) == answer
    await settled()
    assert site.notes() == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_firmware_is_fetched_once_and_anew_only_where_that_failed() -> None:
    site = await file_site()
    visit = site.visit(await site.told("UpdateFirmware", {"location": FIRMWARE}))
    assert visit is not None
    assert site.files.fetched == []
    site.files.failures = [AWAY, AWAY]
    file = site.desk.firmware(visit)
    assert site.desk.firmware(visit) is file
    assert await file.until_sized() == 1000
    assert await file.until(999) == 1000
    await settled()
    assert file.is_whole
    assert len(site.files.fetched) == 3
    assert site.files.fetched[0] == "https://files.example/fw/box%201.bin?(masked)"
    assert site.files.reaches[0].max_bytes == 256 * 2**20
    assert site.files.reaches[0].own_host == "backend"
    await site.world.kill()


@pytest.mark.parametrize(
    ("failures", "parts", "attempts"),
    [([NEVER], [], 1), ([AWAY] * 3, [], 3), ([AWAY], [500], 1)],
    ids=["for good", "three times", "in the middle"],
)
@in_virtual_time()
async def test_r87_firmware_that_does_not_come_is_fetched_anew_when_the_wallbox_asks_again(
    failures: list[TransferFailed], parts: list[int], attempts: int
) -> None:
    """What a wallbox may have begun to read is never mixed with another attempt's."""
    site = await file_site()
    visit = site.visit(await site.told("UpdateFirmware", {"location": FIRMWARE}))
    assert visit is not None
    site.files.failures, site.files.parts = list(failures), list(parts)
    with capture_logs():
        file = site.desk.firmware(visit)
        assert await file.until(999) == sum(parts)
    assert file.failure == failures[0].reason
    assert len(site.files.fetched) == attempts
    again = site.desk.firmware(visit)
    assert await again.until(999) == 1000
    await settled()
    assert len(site.files.there) == 1
    await site.world.kill()


@in_virtual_time()
async def test_r87_firmware_that_the_wallbox_has_is_given_to_nobody_any_more() -> None:
    site = await file_site()
    url = await site.told("UpdateFirmware", {"location": FIRMWARE})
    status = "FirmwareStatusNotification"
    await result(site.wallbox, status, {"status": "Installed"})  # of the one before
    visit = site.visit(url)
    assert visit is not None
    await site.desk.firmware(visit).until(999)
    site.desk.served(visit)
    await result(site.wallbox, status, {"status": "DownloadFailed"})
    await settled()
    assert site.visit(url) is not None
    await result(site.wallbox, status, {"status": "Downloaded"})
    await settled()
    assert site.visit(url) is None
    assert site.files.there == set()
    assert [each["status"] for each in site.backend.all_of(status)] == [
        "Installed",
        "DownloadFailed",
        "Downloaded",
    ]
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_backend_hears_of_an_upload_once_its_server_has_the_file() -> None:
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    site.files.failures = [AWAY, AWAY]
    with capture_logs():
        assert await site.put(url)
        assert await result(site.wallbox, DIAGNOSTICS, {"status": "Uploading"}) == {}
        assert await result(site.wallbox, DIAGNOSTICS, UPLOADED) == {}
        await settled()
        assert site.backend.all_of(DIAGNOSTICS) == [{"status": "Uploading"}]
        await asyncio.sleep(5.0)
        assert site.backend.all_of(DIAGNOSTICS) == [{"status": "Uploading"}]
        await asyncio.sleep(11.0)
    assert site.backend.all_of(DIAGNOSTICS) == [{"status": "Uploading"}, UPLOADED]
    assert [place for place, _ in site.files.delivered] == ["ftp://files.example/in/d.zip"] * 3
    assert site.notes() == []
    assert site.files.there == set()
    await site.world.kill()


@in_virtual_time()
async def test_r87_neither_file_nor_report_is_lost_when_the_manager_is_killed() -> None:
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    site.files.failures = [AWAY]
    with capture_logs():
        assert await site.put(url)
    await result(site.wallbox, DIAGNOSTICS, UPLOADED)
    site.files.there.add("half.part")
    await site.restart()
    assert len(site.files.there) == 1
    await settled()
    assert len(site.files.delivered) == 2
    assert site.backend.all_of(DIAGNOSTICS) == []
    await site.come_back()
    assert site.backend.all_of(DIAGNOSTICS) == [UPLOADED]
    await site.world.kill()


@pytest.mark.parametrize("reports_first", [True, False])
@pytest.mark.parametrize(
    ("failure", "wait_s"), [(NEVER, 60.0), (AWAY, 3700.0)], ids=["for good", "for too long"]
)
@in_virtual_time(2 * 3600.0)
async def test_r87_a_file_that_will_never_arrive_is_reported_as_failed(
    reports_first: bool, failure: TransferFailed, wait_s: float
) -> None:
    site = await file_site()
    log = {"logType": "DiagnosticsLog", "requestId": 7, "log": {"remoteLocation": FOLDER}}
    url = await site.told("GetLog", log)
    status, said = "LogStatusNotification", {"status": "Uploaded", "requestId": 7}
    site.files.failures = [failure] * 1000
    with capture_logs() as logs:
        assert await site.put(url)
        if reports_first:
            await result(site.wallbox, status, said)
        await asyncio.sleep(wait_s)
        if not reports_first:
            await site.restart()
            await site.come_back()
            await result(site.wallbox, status, said)
        await settled()
    heard = [each for each in site.backend.all_of(status) if each["status"] != "Idle"]
    assert heard == [{"status": "UploadFailure", "requestId": 7}]
    assert len(site.files.delivered) < 200
    assert "a file was not delivered" in [each["event"] for each in logs]
    assert site.notes() == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_r102_a_report_is_held_for_the_backend_alone_that_asked() -> None:
    """Two backends may use the same number."""
    site = await file_site()
    ask = {"logType": "DiagnosticsLog", "requestId": 7, "log": {"remoteLocation": FOLDER}}
    await site.told("GetLog", ask)
    url = await site.told("GetLog", ask, by=site.helper)
    number = site.wallbox.all_of("GetLog")[-1]["requestId"]
    assert number != 7
    site.files.failures = [AWAY]
    with capture_logs():
        assert await site.put(url)
        said = {"status": "Uploaded", "requestId": number}
        assert await result(site.wallbox, "LogStatusNotification", said) == {}
        await settled()
        assert site.helper.all_of("LogStatusNotification") == []
        await asyncio.sleep(6.0)
    heard = {"status": "Uploaded", "requestId": 7}
    assert site.helper.all_of("LogStatusNotification") == [heard]
    assert site.backend.all_of("LogStatusNotification") == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_an_upload_that_is_repeated_takes_the_place_of_the_first() -> None:
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    site.files.failures = [AWAY]
    with capture_logs():
        assert await site.put(url, "a.zip")
        assert await site.put(url, "b.zip")
        await asyncio.sleep(6.0)
    places = [place for place, _ in site.files.delivered]
    assert places == ["ftp://files.example/in/a.zip", "ftp://files.example/in/b.zip"]
    assert site.files.there == set()
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_file_that_is_too_large_or_would_fill_the_disk_is_refused() -> None:
    site = await file_site()
    visit = site.visit(await site.told("GetDiagnostics", {"location": FOLDER}))
    assert visit is not None
    limit = 256 * 2**20
    assert site.desk.refusal(visit, limit) is None
    assert site.desk.refusal(visit, limit + 1) == Refused("larger than 256 MiB", is_too_large=True)
    site.files.room = 10
    assert site.desk.refusal(visit, 11) == Refused("no room for it")
    await site.world.kill()


@in_virtual_time()
async def test_a_file_that_cannot_be_stored_is_not_confirmed() -> None:
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    visit = site.visit(url)
    assert visit is not None
    site.world.store.failing = True
    site.files.there.add("name" + PART)
    received = Received(name="name", size=1, at=WALL_START, method="PUT")
    with pytest.raises(StoreFailed):
        await site.desk.take(visit, received)
    site.world.store.failing = False
    await settled()
    assert site.files.delivered == []
    assert site.files.there == set()
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_full_disk_loses_neither_the_end_of_a_delivery_nor_its_report() -> None:
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    site.files.failures = [AWAY]
    with capture_logs():
        assert await site.put(url)
        await result(site.wallbox, DIAGNOSTICS, UPLOADED)
        site.world.store.failing = True
        await asyncio.sleep(6.0)
        assert len(site.files.delivered) == 2
        assert site.backend.all_of(DIAGNOSTICS) == []
        site.world.store.failing = False
        await asyncio.sleep(61.0)
    assert site.backend.all_of(DIAGNOSTICS) == [UPLOADED]
    assert len(site.files.delivered) == 2
    assert site.notes() == []
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_file_that_comes_too_late_is_not_confirmed() -> None:
    site = await file_site()
    visit = site.visit(await site.told("GetDiagnostics", {"location": FOLDER}))
    assert visit is not None
    await site.told("GetDiagnostics", {"location": FOLDER})  # another takes its place
    site.files.there.add("name" + PART)
    received = Received(name="name", size=1, at=WALL_START, method="PUT")
    assert not await site.desk.take(visit, received)
    assert site.files.there == set()
    await site.world.kill()


@in_virtual_time()
async def test_r121_neither_log_nor_traffic_view_has_passwords_or_the_secret_address() -> None:
    site = await file_site()
    with capture_logs() as logs:
        url = await site.told("UpdateFirmware", {"location": FIRMWARE})
    token = url.split("/")[4]
    assert site.world.manager is not None
    shown = str(site.world.manager.frames("stall-1")) + str(logs)
    assert "location" in shown
    assert token not in shown
    assert "user:pw" not in shown
    await site.world.kill()


@in_virtual_time()
async def test_the_status_of_a_wallbox_is_no_report_of_files() -> None:
    site = await file_site()
    assert await result(site.wallbox, "StatusNotification", status_of(1, "Preparing")) == {}
    await site.world.kill()


@in_virtual_time()
async def test_r87_of_two_files_brought_at_once_one_is_delivered_and_none_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wallbox that tries again before it has heard that it was taken."""
    site = await file_site()
    url = await site.told("GetDiagnostics", {"location": FOLDER})
    site.files.failures = [AWAY]
    commit = site.world.store.commit

    async def slowly(*changes: Change) -> tuple[OutboxMessage, ...]:
        await asyncio.sleep(1.0)
        return await commit(*changes)

    monkeypatch.setattr(site.world.store, "commit", slowly)
    with capture_logs():
        assert all(await asyncio.gather(site.put(url, "a"), site.put(url, "b")))
        await asyncio.sleep(20)
    assert site.notes() == []
    assert site.files.there == set()
    await site.world.kill()


@in_virtual_time()
async def test_r87_a_report_for_one_backend_does_not_wait_for_the_file_of_another() -> None:
    site = await file_site()
    site.files.failures = [AWAY] * 9
    with capture_logs():
        assert await site.put(await site.told("GetDiagnostics", {"location": FOLDER}, site.helper))
        site.files.complaint_of = lambda *_: "it is in the house"
        assert await site.told("GetDiagnostics", {"location": FOLDER}) == FOLDER
        await result(site.wallbox, DIAGNOSTICS, UPLOADED)
        await settled()
    assert site.backend.all_of(DIAGNOSTICS) == [UPLOADED]
    assert site.helper.all_of(DIAGNOSTICS) == []
    await site.world.kill()
