"""The file port (R87), with curl as an HTTP client that is not ours."""

import asyncio
import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs
from tests.support.file_hosts import FileHost, ftp_host, web_host
from tests.support.file_relay_bench import LINK, RelayBench, curl, told

from wattgate.adapters.files import counter as counter_module
from wattgate.adapters.files.http_lines import HEAD_S
from wattgate.adapters.ocpp_socket.loop import new_event_loop

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

FIRMWARE: Final = os.urandom(300_000)
UPLOADED: Final = '{"status":"Uploaded"}'
REPORT: Final = "DiagnosticsStatusNotification"


def firmware() -> FileHost:
    return FileHost(files={"/fw/box-1.2.bin": FIRMWARE})


def at(host: FileHost, path: str, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{host.port}{path}"


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
async def test_r87_firmware_arrives_byte_for_byte(tmp_path: Path, loop_factory: object) -> None:
    async def scenario() -> None:
        bench = RelayBench(tmp_path / "files")
        with web_host(firmware()) as host:
            async with bench.running() as relay:
                url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
                assert url.endswith("/box-1.2.bin")
                assert str(host.port) not in url
                got = await curl(url)
                assert (got.status, got.body) == (200, FIRMWARE)
                assert got.headers["content-length"] == str(len(FIRMWARE))
                assert (await curl(url)).body == FIRMWARE
                assert len(host.asked) == 1

    def run() -> None:
        assert callable(loop_factory)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(scenario())

    await asyncio.to_thread(run)


async def test_r87_a_download_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    bench, part = RelayBench(tmp_path / "files"), tmp_path / "part"
    part.write_bytes(FIRMWARE[:100_000])
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            got = await curl("-C", "-", "-o", part, url)
            assert got.exit_code == 0
            assert part.read_bytes().endswith(FIRMWARE[100_000:])
            got = await curl("-r", "5-9", url)
            assert (got.status, got.body) == (206, FIRMWARE[5:10])
            assert got.headers["content-range"] == f"bytes 5-9/{len(FIRMWARE)}"
            tag = got.headers["etag"]
            same = await curl("-r", "5-9", "-H", f"If-Range: {tag}", url)
            other = await curl("-r", "5-9", "-H", 'If-Range: "other"', url)
            assert (same.status, other.status) == (206, 200)
            assert (await curl("-r", "300000-", url)).status == 416


async def test_r87_a_wallbox_may_ask_for_the_size_first(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            got = await curl("-I", await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin")))
            assert (got.status, got.body) == (200, b"")
            assert got.headers["content-length"] == str(len(FIRMWARE))
            assert got.headers["accept-ranges"] == "bytes"


async def test_r87_a_file_comes_over_tls_on_the_same_port(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            got = await curl("-k", url.replace("http:", "https:"))
            assert got.body == FIRMWARE


async def test_r87_a_file_that_breaks_off_is_never_given_for_a_whole_one(tmp_path: Path) -> None:
    bench, host = RelayBench(tmp_path / "files"), firmware()
    host.breaks, host.breaks_after = 1, 100_000
    with web_host(host), capture_logs():
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            first = await curl(url)
            assert first.exit_code != 0
            assert len(first.body) < len(FIRMWARE)
            report = '{"status":"Downloaded"}'  # whatever it is that it has
            assert not await relay.holds("CP1", LINK, "FirmwareStatusNotification", report)
            assert (await curl(url)).body == FIRMWARE


async def test_r87_a_file_that_is_not_there_is_told_and_may_be_asked_for_again(
    tmp_path: Path,
) -> None:
    bench, host = RelayBench(tmp_path / "files"), firmware()
    host.answers = [404]
    with web_host(host), capture_logs() as logs:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin?key=geheim"))
            assert (await curl(url)).status == 502
            host.files["/fw/box-1.2.bin?key=geheim"] = FIRMWARE
            assert (await curl(url)).body == FIRMWARE
    assert "HTTP 404" in str(logs)
    assert "geheim" not in str(logs)


CHUNKED: Final = ("-H", "Transfer-Encoding: chunked")
ASKING: Final = ("-H", "Expect: 100-continue")


@pytest.mark.parametrize(
    ("words", "behind", "method", "path"),
    [
        (("-T",), "/CP1%20diag.zip", "PUT", "/in/CP1%20diag.zip"),
        (("-T",), "d.zip", "PUT", "/in/d.zip"),
        ((*CHUNKED, "-T"), "/d.zip", "PUT", "/in/d.zip"),
        ((*ASKING, "--data-binary"), "/d.zip", "POST", "/in/d.zip"),
        (("-X", "PUT", "--data-binary"), "", "PUT", "/in/"),
    ],
)
async def test_r87_diagnostics_arrive_at_the_backend_byte_for_byte(
    tmp_path: Path, words: tuple[str, ...], behind: str, method: str, path: str
) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(FIRMWARE)
    with web_host(FileHost()) as host:
        async with bench.running() as relay:
            url = (await told(relay, "GetDiagnostics", at(host, "/in/"))).rstrip("/")
            content = file if words[-1] == "-T" else f"@{file}"
            got = await curl(*words, content, url + behind)
            assert got.status == {"PUT": 201, "POST": 200}[method]
            assert await asyncio.to_thread(host.wait_for, path) == FIRMWARE
            assert host.asked == [(method, path)]


async def test_r87_what_a_form_says_of_its_file_is_passed_on_with_it(tmp_path: Path) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(b"diagnostics")
    with web_host(FileHost()) as host:
        async with bench.running() as relay:
            url = await told(relay, "GetLog", at(host, "/in"))
            own = ("-u", "CP1:of the wallbox", "-H", "Cookie: its own")
            assert (await curl("-F", f"file=@{file}", *own, url)).status == 200
            body = await asyncio.to_thread(host.wait_for, "/in")
            assert host.headers[0]["Content-Type"].startswith("multipart/form-data; boundary=")
            assert b"diagnostics" in body
            assert not {"Authorization", "Cookie"} & set(host.headers[0])


async def test_r87_an_ftp_server_gets_the_file_in_a_form_and_not_the_form(tmp_path: Path) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(FIRMWARE)
    with ftp_host(FileHost()) as host:
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/", "ftp"))
            got = await curl("-F", "id=CP1", "-F", f"file=@{file}", url)
            assert got.status == 200
            found = await asyncio.to_thread(host.wait_for, "/in/diagnostics.bin")
            assert found == FIRMWARE


async def test_r87_a_file_with_a_password_in_its_address_arrives_and_nobody_reads_it(
    tmp_path: Path,
) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(FIRMWARE)
    host = FileHost(login=("CP1", "ge:heim"))
    with ftp_host(host), capture_logs() as logs:
        async with bench.running() as relay:
            place = f"ftp://CP1:ge%3Aheim@127.0.0.1:{host.port}/in/2026"
            url = await told(relay, "GetDiagnostics", place)
            await curl("-T", file, f"{url}/d.zip")
            assert await asyncio.to_thread(host.wait_for, "/in/2026/d.zip") == FIRMWARE
    assert "heim" not in str(logs)
    assert url.rpartition("/")[2] not in str(logs)


async def test_r87_a_report_of_an_upload_waits_until_the_backend_has_the_file(
    tmp_path: Path,
) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(FIRMWARE)
    host = FileHost(answers=[503])
    with web_host(host), capture_logs():
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/"))
            assert not await relay.holds("CP1", LINK, REPORT, UPLOADED)
            await curl("-T", file, f"{url}d.zip")
            assert not await relay.holds("CP1", "another", REPORT, UPLOADED)
            assert not await relay.holds("CP1", LINK, REPORT, '{"status":"Idle"}')
            assert await relay.holds("CP1", LINK, REPORT, UPLOADED)
            assert bench.reports == []
        # a power cut between the upload and its delivery, and a start afterwards
        async with bench.running() as relay:
            await bench.until(lambda: bool(bench.reports))
            assert bench.reports == [(LINK, REPORT, UPLOADED)]
            assert host.files["/in/d.zip"] == FIRMWARE
            await bench.until_ended(relay)
            assert not await relay.holds("CP1", LINK, REPORT, UPLOADED)


@pytest.mark.parametrize("is_first", [True, False], ids=["reported before", "reported after"])
async def test_r87_a_backend_is_told_the_truth_where_its_server_will_not_have_the_file(
    tmp_path: Path, is_first: bool
) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(FIRMWARE)
    host = FileHost(answers=[503, 403] if is_first else [403])
    with web_host(host), capture_logs():
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/"))
            await curl("-T", file, f"{url}d.zip")
            if not is_first:
                await bench.until(lambda: bool(relay.transfers()[0][0].failed))
            assert await relay.holds("CP1", LINK, REPORT, UPLOADED)
        async with bench.running() as relay:
            await bench.until(lambda: bool(bench.reports))
            assert bench.reports == [(LINK, REPORT, '{"status":"UploadFailed"}')]
            await bench.until_ended(relay)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/relay/" + "0" * 64, 404),
        ("{path}/../../etc/passwd", 404),
        ("{path}/a%2fb", 404),
    ],
)
async def test_r87_nothing_else_is_at_the_file_port(tmp_path: Path, path: str, status: int) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in"))
            base, _, token = url.partition("/relay/")
            got = await curl("--path-as-is", base + path.format(path=f"/relay/{token}"))
            assert got.status == status


async def test_r87_a_file_is_for_the_wallbox_alone(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files", wallbox_host="127.0.0.2")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            assert (await curl("--interface", "127.0.0.3", url)).status == 404
            assert (await curl("--interface", "127.0.0.2", url)).status == 200


@pytest.mark.parametrize(
    ("action", "words", "status"),
    [
        ("UpdateFirmware", ("-T", "{file}"), 405),
        ("GetDiagnostics", (), 405),
        ("GetDiagnostics", ("-X", "DELETE"), 405),
        ("GetDiagnostics", ("-T", "{file}", "-H", "Content-Range: bytes 5-9/10"), 400),
        ("GetDiagnostics", ("-T", "{file}", "-H", "Content-Length: 2000000"), 413),
        ("GetDiagnostics", ("-T", "{large}", "-H", "Transfer-Encoding: chunked"), 413),
    ],
)
async def test_r87_what_goes_the_wrong_way_or_is_too_large_is_refused(
    tmp_path: Path, action: str, words: tuple[str, ...], status: int
) -> None:
    file, large = tmp_path / "diag.zip", tmp_path / "large.zip"
    file.write_bytes(b"diagnostics")
    large.write_bytes(bytes(2**20 + 1))
    bench = RelayBench(tmp_path / "files")
    bench.settings = replace(bench.settings, max_mb=1)
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, action, at(host, "/fw/box-1.2.bin"))
            options = [word.format(file=file, large=large) for word in words]
            assert (await curl(*options, url)).status == status
            assert host.asked == []
            assert bench.files() == []


async def test_r87_a_file_beyond_the_limit_is_not_fetched(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    bench.settings = replace(bench.settings, max_mb=1)
    with web_host(FileHost(files={"/fw": bytes(2**20 + 1)})) as host, capture_logs() as logs:
        async with bench.running() as relay:
            assert (await curl(await told(relay, "UpdateFirmware", at(host, "/fw")))).status == 502
    assert "larger than 1 MiB" in str(logs)


async def test_a_file_that_cannot_be_stored_is_not_confirmed(tmp_path: Path) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(b"diagnostics")
    with web_host(FileHost()) as host, capture_logs():
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/"))
            bench.store.failing = True
            assert (await curl("-T", file, url)).status == 507
            assert bench.files() == []
            bench.store.failing = False
            assert (await curl("-T", file, url)).status == 201
            assert await asyncio.to_thread(host.wait_for, "/in/diag.zip") == b"diagnostics"


async def test_r87_a_half_sent_file_is_no_file(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(FileHost()) as host:
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/"))
            port, path = url.removeprefix("http://127.0.0.1:").split("/", 1)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
            writer.write(f"PUT /{path}x HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf".encode())
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert bench.files() == []
            assert host.asked == []


async def test_r87_connections_that_say_nothing_make_room_for_those_that_do(
    tmp_path: Path,
) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            port = int(url.removeprefix("http://127.0.0.1:").split("/", 1)[0])
            place = ("127.0.0.1", port)
            silent = [socket.create_connection(place) for _ in range(counter_module.PER_HOST + 2)]
            assert (await curl(url)).body == FIRMWARE
            silent[0].settimeout(HEAD_S / 2)  # after that it would be sent away anyway
            assert await asyncio.to_thread(silent[0].recv, 1) == b""
            for sock in silent:
                sock.close()


async def test_r87_nobody_keeps_all_places_of_a_file(tmp_path: Path) -> None:
    bench, file = RelayBench(tmp_path / "files"), tmp_path / "diag.zip"
    file.write_bytes(b"diagnostics")
    with web_host(FileHost()) as host:
        async with bench.running() as relay:
            url = await told(relay, "GetDiagnostics", at(host, "/in/"))
            port, path = url.removeprefix("http://127.0.0.1:").split("/", 1)
            waiting = []
            for _ in range(counter_module.MOST_AT_ONCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
                about = "Content-Length: 10\r\nExpect: 100-continue"
                writer.write(f"PUT /{path}x HTTP/1.1\r\n{about}\r\n\r\n".encode())
                assert (await reader.readline()).startswith(b"HTTP/1.1 100")
                waiting.append(writer)
            assert (await curl("-T", file, url)).status == 503
            for writer in waiting:
                writer.close()


async def test_r87_garbage_is_answered_and_shut_out(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            url = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            port = int(url.removeprefix("http://127.0.0.1:").split("/", 1)[0])
            for raw, answer in [
                (b"NONSENSE\r\n\r\n", b"HTTP/1.1 400"),
                (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, b"HTTP/1.1 431"),
            ]:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(raw)
                assert (await reader.read()).startswith(answer)
                writer.close()


async def test_r87_a_newer_command_ends_the_address_of_an_older_one(tmp_path: Path) -> None:
    bench = RelayBench(tmp_path / "files")
    with web_host(firmware()) as host:
        async with bench.running() as relay:
            older = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            newer = await told(relay, "UpdateFirmware", at(host, "/fw/box-1.2.bin"))
            assert (await curl(older)).status == 404
            assert (await curl(newer)).status == 200
            assert not await relay.holds(
                "CP1", LINK, "FirmwareStatusNotification", '{"status":"Downloaded"}'
            )
            await bench.until_ended(relay)
            assert (await curl(newer)).status == 404
