import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from tests.support.links import LIMIT_S, Ear
from tests.support.raw_websocket import TEXT, frame
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Dialer, DialFailed, DialStep, DialTarget, TlsTerms

OCPP16 = Subprotocol("ocpp1.6")
TLS = Path(__file__).parents[2] / "fixtures" / "tls"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def port_of(server: Server | asyncio.Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


@contextlib.asynccontextmanager
async def answering(data: bytes, *, hold: bool = False) -> AsyncIterator[int]:
    """A server that reads a request, sends `data`, and hangs up unless it holds the line."""
    ended = asyncio.Event()
    served: asyncio.Queue[None] = asyncio.Queue()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(data)
            if hold:
                await ended.wait()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        served.put_nowait(None)

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        async with asyncio.timeout(LIMIT_S):
            yield port_of(server)
            ended.set()
            await served.get()


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def trusting(_: TlsTerms | None) -> tuple[ssl.SSLContext, LinkSecurity]:
    context = ssl.create_default_context(cafile=TLS / "certificate.pem")
    return context, LinkSecurity.VERIFIED


def serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    return context


async def failure_of(url: str, *, dialer: PicowsDialer | None = None) -> DialFailed:
    ear = Ear()
    with pytest.raises(DialFailed) as caught:
        async with asyncio.timeout(LIMIT_S):
            await (dialer or PicowsDialer()).dial(DialTarget(url, None), ear)
    assert ear.calls == []
    return caught.value


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
@pytest.mark.parametrize("secure", [False, True])
def test_a_dialled_link_is_open_and_texts_go_both_ways(loop_factory: object, secure: bool) -> None:
    """R23, S10."""

    async def scenario() -> None:
        ear = Ear()
        dialer: Dialer = PicowsDialer(trusting)
        context = serving() if secure else None
        async with serve(echo, "127.0.0.1", 0, subprotocols=[OCPP16], ssl=context) as server:
            port = port_of(server)
            scheme = "wss" if secure else "ws"
            link = await dialer.dial(DialTarget(f"{scheme}://localhost:{port}/CP1", None), ear)
            assert ear.calls == ["opened"]
            assert ear.link is link
            assert link.peer_address == f"127.0.0.1:{port}"
            assert link.security is (LinkSecurity.VERIFIED if secure else LinkSecurity.PLAIN)
            for text in ("[2]", "Säule €", "x" * 2**20):
                link.send(text)
                assert await ear.text() == text
            link.close(1000, "done")
            assert await ear.end() == (1000, "done")

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(scenario(), LIMIT_S))


@pytest.mark.asyncio
async def test_the_request_carries_target_password_and_one_subprotocol() -> None:
    """R23, R26."""
    seen: list[Request] = []

    def look(_: ServerConnection, request: Request) -> None:
        seen.append(request)

    async with serve(echo, "127.0.0.1", 0, subprotocols=[OCPP16], process_request=look) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/ocpp/S%C3%A4ule%201?key=a%2Fb"
        async with asyncio.timeout(LIMIT_S):
            link = await PicowsDialer().dial(DialTarget(url, "Basic QTpC"), Ear())
            link.close(1000, "")
    (request,) = seen
    assert request.path == "/ocpp/S%C3%A4ule%201?key=a%2Fb"
    assert request.headers["Authorization"] == "Basic QTpC"
    assert request.headers.get_all("Sec-WebSocket-Protocol") == ["ocpp1.6"]
    assert "Sec-WebSocket-Extensions" not in request.headers


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/CP1",
        "backend",
        "",
        "ws://",
        "ws://user:secret@/CP1",
        "ws://host/CP1#secret",
        "ws://host:99999/CP1",
        "ws://host:0/CP1",
        "ws://host:x/CP1",
        "ws://host/CP 1",
        "ws://host/CP1\r\nX-Injected: 1",
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_websocket_address_fails_before_anything_is_tried(url: str) -> None:
    failure = await failure_of(url)
    assert failure.step is DialStep.DNS
    assert "not a ws:// or wss:// address" in failure.reason
    assert "secret" not in failure.reason


@pytest.mark.asyncio
async def test_an_unknown_host_fails_at_dns() -> None:
    failure = await failure_of("ws://no-such-host.invalid/CP1")
    assert failure.step is DialStep.DNS


@pytest.mark.asyncio
async def test_a_closed_port_fails_at_tcp() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failure = await failure_of(f"ws://localhost:{unused.getsockname()[1]}/CP1")
    assert failure.step is DialStep.TCP
    assert "connection refused" in failure.reason


@pytest.mark.asyncio
async def test_a_host_that_does_not_answer_fails_at_tcp() -> None:
    dialer = PicowsDialer(connect_timeout_s=0.5)
    with socket.socket() as full, contextlib.ExitStack() as hold:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # fill the queue, so that the next connection is not answered
            waiting = hold.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        failure = await failure_of(f"ws://127.0.0.1:{full.getsockname()[1]}/", dialer=dialer)
    assert failure.step is DialStep.TCP


@pytest.mark.asyncio
async def test_a_certificate_nobody_vouches_for_fails_at_tls() -> None:
    """S10: verified unless somebody says otherwise."""
    async with serve(echo, "127.0.0.1", 0, ssl=serving()) as server:
        failure = await failure_of(f"wss://localhost:{port_of(server)}/CP1")
    assert failure.step is DialStep.TLS
    assert "certificate is not accepted: it is self-signed" in failure.reason


@pytest.mark.asyncio
async def test_a_certificate_for_another_host_fails_at_tls() -> None:
    """S10."""
    dialer = PicowsDialer(trusting)
    async with serve(echo, "127.0.0.2", 0, ssl=serving()) as server:
        failure = await failure_of(f"wss://127.0.0.2:{port_of(server)}/CP1", dialer=dialer)
    assert failure.step is DialStep.TLS
    assert "certificate is not accepted: it is not for 127.0.0.2" in failure.reason


@pytest.mark.asyncio
async def test_tls_to_a_plain_port_fails_at_tls() -> None:
    async def talk_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk_plainly, "127.0.0.1", 0) as server:
        failure = await failure_of(f"wss://127.0.0.1:{port_of(server)}/CP1")
    assert failure.step is DialStep.TLS
    assert "no TLS at that port" in failure.reason


@pytest.mark.parametrize("status", [401, 403, 404, 503])
@pytest.mark.asyncio
async def test_an_http_error_fails_with_its_status(status: int) -> None:
    def refuse(ws: ServerConnection, _: Request) -> Response:
        return ws.respond(status, "no\n")

    async with serve(echo, "127.0.0.1", 0, process_request=refuse) as server:
        failure = await failure_of(f"ws://127.0.0.1:{port_of(server)}/CP1")
    assert (failure.step, failure.http_status) == (DialStep.HTTP, status)
    assert failure.reason.startswith(f"the backend answered HTTP {status}: ")


@pytest.mark.asyncio
async def test_a_redirect_is_not_followed() -> None:
    """Credentials go where the user sent them, nowhere else."""
    asked: list[str] = []

    def look(_: ServerConnection, request: Request) -> None:
        asked.append(request.path)

    async with serve(echo, "127.0.0.1", 0, process_request=look) as elsewhere:
        location = f"ws://127.0.0.1:{port_of(elsewhere)}"
        head = f"HTTP/1.1 302 Found\r\nLocation: {location}/key/CP1\r\n\r\n"
        async with answering(head.encode()) as port:
            failure = await failure_of(f"ws://127.0.0.1:{port}/CP1")
    assert (failure.step, failure.http_status) == (DialStep.HTTP, 302)
    assert location in failure.reason
    assert "key" not in failure.reason
    assert asked == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "no web server"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "HTTP 200"),
        (b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "not valid"),
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_websocket_server_fails_at_http(data: bytes, words: str) -> None:
    async with answering(data) as port:
        failure = await failure_of(f"ws://127.0.0.1:{port}/CP1")
    assert failure.step is DialStep.HTTP
    assert words in failure.reason


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 101 Switching"])
@pytest.mark.asyncio
async def test_a_backend_that_does_not_answer_fails_at_http(data: bytes) -> None:
    dialer = PicowsDialer(connect_timeout_s=0.5)
    async with answering(data, hold=True) as port:
        failure = await failure_of(f"ws://127.0.0.1:{port}/CP1", dialer=dialer)
    assert failure.step is DialStep.HTTP
    assert "within 0.5 s" in failure.reason


@pytest.mark.parametrize(
    ("chosen", "words"), [(None, "it chose none"), ("ocpp2.0.1", "it chose 'ocpp2.0.1'")]
)
@pytest.mark.asyncio
async def test_another_subprotocol_or_none_is_a_failure(chosen: str | None, words: str) -> None:
    """R23: a backend that chose none is not talked to."""

    def choose(_: ServerConnection, __: object) -> Subprotocol | None:
        return None

    def insist(_: ServerConnection, __: Request, response: Response) -> None:
        if chosen is not None:
            response.headers["Sec-WebSocket-Protocol"] = chosen

    async with serve(
        echo, "127.0.0.1", 0, select_subprotocol=choose, process_response=insist
    ) as server:
        failure = await failure_of(f"ws://127.0.0.1:{port_of(server)}/CP1")
    assert failure.step is DialStep.SUBPROTOCOL
    assert words in failure.reason


@pytest.mark.asyncio
async def test_a_text_sent_together_with_the_upgrade_comes_after_opened() -> None:
    async def greet(ws: ServerConnection) -> None:
        await ws.send("hello")
        await ws.wait_closed()

    ear = Ear()
    async with serve(greet, "127.0.0.1", 0, subprotocols=[OCPP16]) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/CP1"
        async with asyncio.timeout(LIMIT_S):
            link = await PicowsDialer().dial(DialTarget(url, None), ear)
            assert await ear.text() == "hello"
            link.close(1000, "")
            await ear.end()
    assert ear.calls == ["opened", "received", "closed"]


@pytest.mark.asyncio
async def test_a_cancelled_dial_hangs_up() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        assert await reader.read() == b""
        ended.set()
        writer.close()

    ear = Ear()
    async with (
        await asyncio.start_server(wait_for_the_end, "127.0.0.1", 0) as server,
        asyncio.timeout(LIMIT_S),
    ):
        target = DialTarget(f"ws://127.0.0.1:{port_of(server)}/CP1", None)
        dialling = asyncio.get_running_loop().create_task(PicowsDialer().dial(target, ear))
        await asked.wait()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        await ended.wait()
    assert ear.calls == []


@pytest.mark.asyncio
async def test_a_backend_that_never_pongs_is_gone() -> None:
    """R28."""
    ear = Ear()
    dialer = PicowsDialer(ping_interval_s=0.01, ping_timeout_s=0.01)
    async with serve(echo, "127.0.0.1", 0, subprotocols=[OCPP16], close_timeout=0.01) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/CP1"
        async with asyncio.timeout(LIMIT_S):
            await dialer.dial(DialTarget(url, None), ear)
            for ws in server.connections:
                ws.transport.pause_reading()
            assert await ear.end() == (1006, "no pong")


@pytest.mark.asyncio
async def test_what_a_bad_backend_sends_ends_the_link() -> None:
    async def misbehave(ws: ServerConnection) -> None:
        ws.transport.write(frame(TEXT, b"\xff", mask=False))
        await ws.wait_closed()

    ear = Ear()
    async with serve(misbehave, "127.0.0.1", 0, subprotocols=[OCPP16]) as server:
        url = f"ws://127.0.0.1:{port_of(server)}/CP1"
        async with asyncio.timeout(LIMIT_S):
            await PicowsDialer().dial(DialTarget(url, None), ear)
            assert (await ear.end())[0] == 1007
