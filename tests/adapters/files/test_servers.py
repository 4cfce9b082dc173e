"""Files from and to the servers that backends name (R87), on real sockets."""

import asyncio
import os
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.file_hosts import FileHost, ftp_host, web_host
from tests.support.tls_ends import asking
from tests.support.web import our_context, trusting_us

from wattgate.adapters.files import ftp_client, reaching
from wattgate.adapters.files import servers as transfers
from wattgate.adapters.files.servers import BackendFileServers
from wattgate.adapters.files.threads import GivenUp, Stop
from wattgate.core.files.locations import Location, read_location
from wattgate.core.files.transfers import Received
from wattgate.ports.files import Reach, TransferFailed
from wattgate.ports.links import TlsTerms

pytestmark = pytest.mark.asyncio

CONTENT: Final = os.urandom(200_000)
MB: Final = 2**20
OWN_TERMS: Final = TlsTerms("own")
NEAR: Final = Reach("127.0.0.1", "127.0.0.1", OWN_TERMS, max_bytes=MB)
RECEIVED: Final = Received(
    name="x",
    size=len(CONTENT),
    at=datetime(2026, 5, 15, tzinfo=UTC),
    method="POST",
    headers=(("content-type", "application/zip"),),
)


def servers(context: ssl.SSLContext | None = None) -> BackendFileServers:
    return BackendFileServers(lambda _: context or asking())


def at(text: str) -> Location:
    found = read_location(text)
    assert isinstance(found, Location), found
    return found


async def fetched(location: Location, folder: Path, reach: Reach = NEAR) -> bytes:
    """What has come; what was told of it on the way fits."""
    told: list[tuple[int | None, int]] = []
    path = folder / "fetched"
    await servers().fetch(location, path, reach, lambda size, written: told.append((size, written)))
    await asyncio.sleep(0)
    content = path.read_bytes()
    assert told[0][1] == 0
    assert told[-1][1] == len(content)
    return content


async def failure_of(location: Location, folder: Path, reach: Reach = NEAR) -> TransferFailed:
    with pytest.raises(TransferFailed) as caught:
        await fetched(location, folder, reach)
    return caught.value


@pytest.mark.parametrize("is_secure", [False, True])
async def test_r87_a_file_is_fetched_over_http_and_https_with_user_and_password(
    tmp_path: Path, is_secure: bool
) -> None:
    host = FileHost(files={"/fw.bin?a=b": CONTENT}, login=("CP1", "p:w"))
    with web_host(host, our_context() if is_secure else None):
        scheme = "https" if is_secure else "http"
        location = at(f"{scheme}://CP1:p%3Aw@127.0.0.1:{host.port}/fw.bin?a=b")
        assert await fetched(location, tmp_path) == CONTENT
        assert host.headers[0]["Host"] == f"127.0.0.1:{host.port}"


@pytest.mark.parametrize("knows_size", [True, False])
async def test_r87_a_file_is_fetched_over_ftp(tmp_path: Path, knows_size: bool) -> None:
    host = FileHost(files={"/fw/ä b.bin": CONTENT}, login=("CP1", "p:w"))
    with ftp_host(host, knows_size=knows_size):
        location = at(f"ftp://CP1:p%3Aw@127.0.0.1:{host.port}/fw/%C3%A4%20b.bin")
        assert await fetched(location, tmp_path) == CONTENT


@pytest.mark.parametrize("is_implicit", [False, True])
async def test_r87_a_file_is_fetched_and_delivered_over_ftps(
    tmp_path: Path, is_implicit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 4217; its own port is encrypted from the first byte."""
    host = FileHost(files={"/fw.bin": CONTENT})
    with ftp_host(host, our_context(), is_implicit=is_implicit):
        if is_implicit:
            monkeypatch.setattr(ftp_client, "IMPLICIT_FTPS", host.port)
        place = f"ftps://127.0.0.1:{host.port}"
        assert await fetched(at(f"{place}/fw.bin"), tmp_path) == CONTENT
        await servers().deliver(at(f"{place}/in/x.zip"), tmp_path / "fetched", RECEIVED, NEAR)
        assert host.files["/in/x.zip"] == CONTENT
        assert ("PROT", "P") in host.asked


@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
async def test_r87_a_file_is_delivered_as_the_wallbox_brought_it(
    tmp_path: Path, scheme: str
) -> None:
    host, path = FileHost(login=("CP1", "geheim")), tmp_path / "x"
    path.write_bytes(CONTENT)
    context = our_context() if scheme == "https" else None
    with ftp_host(host) if scheme == "ftp" else web_host(host, context):
        location = at(f"{scheme}://CP1:geheim@127.0.0.1:{host.port}/in/x.zip")
        await servers().deliver(location, path, RECEIVED, NEAR)
    assert host.files == {"/in/x.zip": CONTENT}
    if scheme != "ftp":
        assert host.headers[0]["Content-Type"] == "application/zip"
        assert host.asked == [("POST", "/in/x.zip")]


async def test_r87_redirects_are_followed_both_ways(tmp_path: Path) -> None:
    host = FileHost(files={"/there": CONTENT}, redirects={"/here": "/there", "/in": "/stored"})
    with web_host(host):
        assert await fetched(at(f"http://127.0.0.1:{host.port}/here"), tmp_path) == CONTENT
        location = at(f"http://127.0.0.1:{host.port}/in")
        await servers().deliver(location, tmp_path / "fetched", RECEIVED, NEAR)
        assert host.files["/stored"] == CONTENT


@pytest.mark.parametrize(
    ("answers", "words", "is_final"),
    [
        ([404], "HTTP 404 Not Found", True),
        ([401], "HTTP 401", True),
        ([429], "HTTP 429", False),
        ([500], "HTTP 500", False),
        ([304], "HTTP 304", False),
    ],
)
async def test_r87_what_a_web_server_refuses_is_told_with_its_status(
    tmp_path: Path, answers: list[int], words: str, is_final: bool
) -> None:
    with web_host(FileHost(files={"/x": CONTENT}, answers=answers)) as host:
        failure = await failure_of(at(f"http://127.0.0.1:{host.port}/x"), tmp_path)
        assert words in failure.reason
        assert failure.is_final is is_final


@pytest.mark.parametrize(
    ("redirects", "words"),
    [
        ({"/x": "/x"}, "on and on"),
        ({"/x": "ftp://127.0.0.1/x"}, "elsewhere"),
        ({"/x": "http://127.0.0.2:1/x"}, "local network"),
    ],
)
async def test_r87_a_redirect_leads_neither_in_circles_nor_into_the_house(
    tmp_path: Path, redirects: dict[str, str], words: str
) -> None:
    with web_host(FileHost(redirects=redirects)) as host:
        failure = await failure_of(at(f"http://127.0.0.1:{host.port}/x"), tmp_path)
        assert words in failure.reason
        assert failure.is_final


@pytest.mark.parametrize(
    ("answers", "login", "status", "is_final"),
    [
        ([], ("CP1", "other"), "FTP 530", True),
        ([550], None, "FTP 550", True),
        ([450], None, "FTP 450", False),
    ],
)
async def test_r121_what_an_ftp_server_refuses_is_told_without_its_words(
    tmp_path: Path,
    answers: list[int],
    login: tuple[str, str] | None,
    status: str,
    is_final: bool,
) -> None:
    with ftp_host(FileHost(files={"/x": CONTENT}, answers=answers, login=login)) as host:
        location = at(f"ftp://CP1:geheim@127.0.0.1:{host.port}/x")
        failure = await failure_of(location, tmp_path)
        assert failure.reason == f"the server answered {status}"
        assert failure.is_final is is_final


@pytest.mark.parametrize("scheme", ["http", "ftp"])
async def test_r87_a_file_that_breaks_off_is_no_file(tmp_path: Path, scheme: str) -> None:
    host = FileHost(files={"/x": CONTENT}, breaks=1, breaks_after=1000)
    with ftp_host(host) if scheme == "ftp" else web_host(host):
        failure = await failure_of(at(f"{scheme}://127.0.0.1:{host.port}/x"), tmp_path)
        assert "broke off" in failure.reason
        assert not failure.is_final


@pytest.mark.parametrize(
    ("scheme", "knows_size"), [("http", True), ("http", False), ("ftp", True), ("ftp", False)]
)
async def test_r87_a_file_beyond_the_limit_is_given_up(
    tmp_path: Path, scheme: str, knows_size: bool
) -> None:
    host = FileHost(files={"/x": CONTENT}, tells_size=knows_size)
    reach = Reach("127.0.0.1", "127.0.0.1", max_bytes=100_000)
    with ftp_host(host, knows_size=knows_size) if scheme == "ftp" else web_host(host):
        location = at(f"{scheme}://127.0.0.1:{host.port}/x")
        failure = await failure_of(location, tmp_path, reach)
        assert "max_mb" in failure.reason
        assert failure.is_final


@pytest.mark.parametrize("host_name", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "ftp"])
async def test_r87_no_backend_leads_us_into_the_house(
    tmp_path: Path, host_name: str, scheme: str
) -> None:
    with web_host(FileHost(files={"/x": CONTENT})) as host:
        location = at(f"{scheme}://{host_name}:{host.port}/x")
        reach = Reach("backend.example", "192.168.1.9", max_bytes=MB)
        complaint = await servers().complaint(location, reach)
        assert complaint is not None
        assert "local network" in complaint
        assert (await failure_of(location, tmp_path, reach)).is_final
        assert host.asked == []


@pytest.mark.parametrize(
    ("own_address", "is_refused", "is_final"),
    [("127.0.0.1", False, False), ("203.0.113.5", True, True), ("", True, False)],
    ids=["there", "elsewhere", "away"],
)
async def test_r87_a_backends_own_name_leads_into_the_house_only_where_the_backend_is(
    tmp_path: Path, own_address: str, is_refused: bool, is_final: bool
) -> None:
    """Whoever owns a name says where it leads; nobody knows while the backend is away."""
    with web_host(FileHost(files={"/x": CONTENT})) as host:
        location = at(f"http://localhost:{host.port}/x")
        reach = Reach("localhost", own_address, max_bytes=MB)
        if is_refused:
            assert (await failure_of(location, tmp_path, reach)).is_final is is_final
            assert host.asked == []
        else:
            assert await fetched(location, tmp_path, reach) == CONTENT


async def test_r87_the_owner_may_let_backends_name_servers_in_the_house(tmp_path: Path) -> None:
    with web_host(FileHost(files={"/x": CONTENT})) as host:
        location = at(f"http://localhost:{host.port}/x")
        reach = Reach("backend.example", into_the_house=True, max_bytes=MB)
        assert await servers().complaint(location, reach) is None
        assert await fetched(location, tmp_path, reach) == CONTENT


async def test_r87_the_address_that_was_judged_is_the_one_that_is_gone_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that changes its address between two look-ups leads nowhere."""
    asked: list[str] = []
    places = iter([("8.8.8.8", 80), ("127.0.0.1", 80)])

    def look_up(host: str, port: int, **_: Any) -> list[Any]:  # noqa: ANN401 - as socket has it
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", next(places))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = reaching.addresses_of(at("http://rebinding.example/"), Reach())
    assert found == [(socket.AF_INET, ("8.8.8.8", 80))]
    with pytest.raises(TransferFailed):
        reaching.connected(at("http://rebinding.example/"), Reach(), Stop())
    assert asked == ["rebinding.example"] * 2


@pytest.mark.parametrize(
    ("into_the_house", "ours", "is_refused"),
    [
        (False, "2606:4700::9", True),
        (False, "8.8.8.8", True),
        (False, "2606:4700:0:1::9", False),
        (True, "8.8.8.8", False),
    ],
)
async def test_r87_what_is_beside_us_is_in_the_house_by_whatever_address(
    into_the_house: bool, ours: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither this machine nor its neighbours, though their addresses are public."""
    place = ("8.8.8.8", 80) if ours == "8.8.8.8" else ("2606:4700::1", 80)
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", place)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(reaching, "own_address_towards", lambda *_: ours)
    reach = Reach("backend.example", "192.168.1.9", into_the_house=into_the_house)
    complaint = await servers().complaint(at("http://files.example/x"), reach)
    assert (complaint is not None) is is_refused


async def test_r87_a_place_to_which_there_is_no_way_is_judged_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether it is in our network would be known only with an address of ours there."""

    def no_way(*_: object) -> str:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(reaching, "own_address_towards", no_way)
    assert await servers().complaint(at("http://8.8.8.8/x"), Reach()) is None
    assert await servers().complaint(at("http://10.0.0.8/x"), Reach()) is not None


async def test_r87_an_answer_that_cannot_be_read_ends_the_attempt(tmp_path: Path) -> None:
    """A size that is no number, of an FTP server: this is the server's fault, and no defect."""
    with ftp_host(FileHost(files={"/x": CONTENT}), size_is="many") as host:
        failure = await failure_of(at(f"ftp://127.0.0.1:{host.port}/x"), tmp_path)
    assert "cannot be read" in failure.reason
    assert not failure.is_final


async def test_r87_a_host_name_that_is_none_is_given_up(tmp_path: Path) -> None:
    failure = await failure_of(at(f"http://{'a' * 64}.example/x"), tmp_path)
    assert failure.reason == "its host name cannot be looked up"
    assert failure.is_final


async def test_r87_a_header_that_cannot_be_said_keeps_no_file_for_ever(tmp_path: Path) -> None:
    """Its delivery fails as any other does, so that the wallbox's report goes on."""
    host, path = FileHost(), tmp_path / "x"
    path.write_bytes(CONTENT)
    received = replace(RECEIVED, headers=(("content-type", "text/plain\rX: y"),))
    with web_host(host), pytest.raises(TransferFailed, match="cannot be read"):
        location = at(f"http://127.0.0.1:{host.port}/in/x")
        await servers().deliver(location, path, received, NEAR)
    assert host.files == {}


async def test_r87_a_server_is_trusted_by_the_terms_of_its_host(tmp_path: Path) -> None:
    """The backend's own host as its link is; any other needs a public authority."""
    asked: list[TlsTerms] = []

    def contexts(terms: TlsTerms) -> ssl.SSLContext:
        asked.append(terms)
        return trusting_us() if terms == OWN_TERMS else ssl.create_default_context()

    with web_host(FileHost(files={"/x": CONTENT}), our_context()) as host:
        client, path = BackendFileServers(contexts), tmp_path / "x"
        await client.fetch(at(f"https://127.0.0.1:{host.port}/x"), path, NEAR, lambda *_: None)
        reach = Reach("backend.example", "", OWN_TERMS, into_the_house=True, max_bytes=MB)
        with pytest.raises(TransferFailed, match="certificate") as caught:
            await client.fetch(at(f"https://127.0.0.1:{host.port}/x"), path, reach, lambda *_: None)
        assert caught.value.is_final
    assert asked == [OWN_TERMS, TlsTerms("", system_roots=True)]


async def test_r87_a_server_that_is_away_is_tried_again_later(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    failure = await failure_of(at(f"http://127.0.0.1:{port}/x"), tmp_path)
    assert not failure.is_final
    assert failure.reason == "Connection refused"
    failure = await failure_of(at("http://nobody.invalid/x"), tmp_path, Reach(into_the_house=True))
    assert failure.reason == "nobody knows a host of this name"
    assert await servers().complaint(at("http://nobody.invalid/x"), NEAR) is None


async def test_r87_a_server_that_keeps_silent_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = await failure_of(at(f"ftp://127.0.0.1:{silent.getsockname()[1]}/x"), tmp_path)
        assert "silent" in failure.reason


def end_of(sock: socket.socket) -> None:
    """Wait until the other end has hung up."""
    sock.settimeout(10)
    while sock.recv(1000):
        pass


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "ftps"])
async def test_r87_a_transfer_that_is_given_up_ends_with_its_connection(
    tmp_path: Path, scheme: str
) -> None:
    """No thread is left with a server that keeps silent, or says a byte now and then."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        location = at(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/x")
        task = asyncio.ensure_future(fetched(location, tmp_path))  # noqa: TID251 - to be cancelled
        sock, _ = await asyncio.to_thread(silent.accept)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with sock:
            await asyncio.to_thread(end_of, sock)


@pytest.mark.parametrize(
    ("scheme", "part"),
    [(each, reaching.BLOCK_BYTES) for each in ("http", "ftp", "ftps")] + [("ftp", 0), ("ftps", 0)],
)
async def test_r87_a_file_that_is_given_up_in_its_middle_ends_with_its_connection(
    tmp_path: Path, scheme: str, part: int
) -> None:
    """While it comes, and while an FTP server is asked about it."""
    host = FileHost(files={"/x": CONTENT}, stays=True, breaks_after=part)
    context, has_come = our_context() if scheme == "ftps" else None, asyncio.Event()

    def progress(_size: int | None, written: int) -> None:
        if written == part:
            has_come.set()

    with web_host(host) if scheme == "http" else ftp_host(host, context):
        location = at(f"{scheme}://127.0.0.1:{host.port}/x")
        fetching = servers().fetch(location, tmp_path / "x", NEAR, progress)
        task = asyncio.ensure_future(fetching)  # noqa: TID251 - to be cancelled
        await (has_come.wait() if part else asyncio.to_thread(host.has_begun.wait, 10))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(host.left.wait, 10)


async def test_r87_an_attempt_ends_at_last_though_something_comes_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfers, "TRANSFER_S", 0.1)
    host = FileHost(files={"/x": CONTENT}, stays=True, breaks_after=1000)
    with web_host(host):
        failure = await failure_of(at(f"http://127.0.0.1:{host.port}/x"), tmp_path)
    assert "not come to its end" in failure.reason
    assert not failure.is_final


async def test_r87_what_is_connected_too_late_ends_at_once() -> None:
    ours, theirs = socket.socketpair()
    stop = Stop()
    stop.set()
    with ours, theirs:
        stop.ends(ours)
        end_of(theirs)
    with pytest.raises(GivenUp):
        stop.check()
