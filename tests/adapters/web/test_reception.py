"""HTTP and HTTPS on one port (P6, R31): with curl, openssl, httpx and bare sockets."""

import asyncio
import shutil
import socket
import ssl
from contextlib import AsyncExitStack

import httpx
import pytest
from structlog.testing import capture_logs
from tests.support.raw_http import RawHttp
from tests.support.web import ADMIN, TLS, Api, a_world, https, new_server, serving, trusting_us

from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.adapters.web import porch
from wattgate.adapters.web.https_only import SAID
from wattgate.adapters.web.reception import Https
from wattgate.core.security.tls_mode import TlsMode

CLIENT_HELLO_BEGINS = b"\x16\x03\x01\x02\x00\x01\x00"


def urls(api: Api) -> tuple[str, str]:
    place = f"://127.0.0.1:{api.server.port}"
    return f"http{place}", f"https{place}"


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_http_and_https_are_served_on_one_port_at_the_same_time(loop_factory: object) -> None:
    async def scenario() -> None:
        async with (
            serving(https=https()) as api,
            httpx.AsyncClient(base_url=urls(api)[1], auth=ADMIN, verify=trusting_us()) as secure,
        ):
            assert api.server.urls == tuple(f"{url}/" for url in urls(api))
            answers = await asyncio.gather(
                *(client.get("/api/v1/evses") for client in (api.client, secure) * 5)
            )
            assert [answer.status_code for answer in answers] == [200] * 10
            assert len({answer.text for answer in answers}) == 1

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "options", [(), ("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",)], ids=["any", "1.2", "1.3"]
)
@pytest.mark.asyncio
async def test_curl_speaks_both(options: tuple[str, ...]) -> None:
    async with serving(https=https()) as api:
        for url in urls(api):
            curl = await asyncio.create_subprocess_exec(
                "curl", "--silent", "--show-error", "--noproxy", "*", *options,
                "--cacert", str(TLS / "certificate.pem"), f"{url}/healthz",
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, _ = await curl.communicate()
            assert out == b'{"status":"ok"}', url


@pytest.mark.asyncio
async def test_an_old_tls_version_is_refused_and_that_is_said() -> None:
    """What is taken is the context's affair; nobody is left waiting."""

    def modern() -> ssl.SSLContext:
        context = https().context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context

    old = trusting_us()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with capture_logs() as logs:
        async with serving(https=Https(TlsMode.DETECT, modern)) as api:
            with pytest.raises(httpx.ConnectError):
                async with httpx.AsyncClient(verify=old) as client:
                    await client.get(f"{urls(api)[1]}/healthz")
    (said,) = (each for each in logs if each["event"] == "HTTP connection turned away")
    assert said["reason"] == (
        "TLS handshake failed: the caller speaks no version of TLS that is allowed here"
    )


@pytest.mark.asyncio
async def test_who_does_not_trust_our_certificate_is_told_of_in_words() -> None:
    with capture_logs() as logs:
        async with serving(https=https()) as api:
            await asyncio.to_thread(_be_suspicious, api.server.port)
            assert (await api.client.get("/healthz")).status_code == 200
    (said,) = (each for each in logs if each["event"] == "HTTP connection turned away")
    assert said["reason"] == "TLS handshake failed: the caller does not trust our certificate"


def _be_suspicious(port: int) -> None:
    """Not with asyncio, which hangs up without saying why."""
    with (
        socket.create_connection(("127.0.0.1", port)) as sock,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(sock, server_hostname="localhost")


@pytest.mark.asyncio
async def test_each_connection_sees_the_certificate_that_holds_now() -> None:
    asked: list[ssl.SSLContext] = []

    def context() -> ssl.SSLContext:
        asked.append(https().context())
        return asked[-1]

    async with serving(https=Https(TlsMode.DETECT, context)) as api:
        for number in (1, 2):
            async with httpx.AsyncClient(verify=trusting_us()) as client:
                for _ in range(2):
                    assert (await client.get(f"{urls(api)[1]}/healthz")).status_code == 200
            assert len(asked) == number


@pytest.mark.parametrize("error", [ssl.SSLError(1, "no start line"), ValueError("no key")])
@pytest.mark.asyncio
async def test_a_certificate_that_cannot_be_loaded_ends_that_connection_only(
    error: Exception,
) -> None:
    def context() -> ssl.SSLContext:
        raise error

    with capture_logs() as logs:
        async with serving(https=Https(TlsMode.DETECT, context)) as api:
            with pytest.raises(httpx.ConnectError):
                async with httpx.AsyncClient(verify=trusting_us()) as client:
                    await client.get(f"{urls(api)[1]}/healthz")
            assert (await api.client.get("/healthz")).status_code == 200
    said = [each["event"] for each in logs if each["log_level"] == "error"]
    assert said == ["no HTTPS for a connection: our certificates cannot be used"]


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 308),
        ("HEAD", {}, 308),
        ("GET", {"authorization": "Basic YWRtaW46Y29ycmVjdCBob3JzZQ=="}, 400),
        ("PATCH", {}, 400),
    ],
)
@pytest.mark.asyncio
async def test_where_tls_is_on_a_plain_request_is_told_the_way_and_served_nothing(
    method: str, headers: dict[str, str], status: int
) -> None:
    """P6. Whoever sent a password in plain is not helped on."""
    async with serving(https=https(TlsMode.ON)) as api:
        assert api.server.urls == (f"{urls(api)[1]}/",)
        async with httpx.AsyncClient(base_url=urls(api)[0], headers=headers) as plain:
            answer = await plain.request(method, "/api/v1/site?x=1")
        assert answer.status_code == status
        if status == 308:
            assert answer.headers["location"] == f"{urls(api)[1]}/api/v1/site?x=1"
        else:
            assert answer.json()["detail"] == SAID
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (await api.client.get("/api/v1/site")).status_code == 200


@pytest.mark.asyncio
async def test_where_tls_is_off_a_client_of_tls_is_hung_up_on() -> None:
    """P6."""
    with capture_logs() as logs:
        async with serving(https=https(TlsMode.OFF)) as api:
            with pytest.raises(httpx.ConnectError):
                async with httpx.AsyncClient(verify=trusting_us()) as client:
                    await client.get(f"{urls(api)[1]}/healthz")
            assert (await api.client.get("/healthz")).status_code == 200
    reasons = [each["reason"] for each in logs if each["event"].startswith("HTTP connection")]
    assert reasons == ["TLS connection, but TLS is off"]


@pytest.mark.parametrize(
    "begun", [b"", b"\x16", CLIENT_HELLO_BEGINS, b"G", b"GET /healthz HTTP/1.1\r\nHost: x\r\n"]
)
@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_who_does_not_come_to_the_point_is_hung_up_on(
    begun: bytes, loop_factory: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R31: silence, half a first byte, half a handshake, half a request."""
    monkeypatch.setattr(porch, "REQUEST_S", 0.05)

    async def scenario() -> None:
        async with serving(https=https()) as api, RawHttp(api.server.port) as raw:
            raw.send(begun.decode("latin-1"))
            assert await raw.rest() == ""
            assert (await api.client.get("/healthz")).status_code == 200

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


@pytest.mark.asyncio
async def test_who_has_shaken_hands_and_then_keeps_silent_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(porch, "REQUEST_S", 0.2)
    async with serving(https=https()) as api:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", api.server.port, ssl=trusting_us()
        )
        assert await _until_the_end(reader) == b""
        writer.close()


async def _until_the_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


@pytest.mark.parametrize(("begun", "count"), [(b"", 2000), (CLIENT_HELLO_BEGINS, 600)])
@pytest.mark.asyncio
async def test_thousands_of_idle_connections_shut_nobody_out(
    begun: bytes, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3: from one address and from many; at most 256 are held at a time."""
    monkeypatch.setattr(porch, "REQUEST_S", 3600.0)  # so that nobody leaves by himself
    async with serving(https=https()) as api, AsyncExitStack() as cleanup:
        idle = []
        for number in range(count):
            source = f"127.0.{number % 50}.{number % 200 + 1}"
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", api.server.port, local_addr=(source, 0)
            )
            cleanup.callback(writer.close)
            writer.write(begun)
            idle.append(reader)
            if number % 100 == 0:
                assert (await api.client.get("/api/v1/evses")).status_code == 200
        async with httpx.AsyncClient(verify=trusting_us()) as secure:
            assert (await secure.get(f"{urls(api)[1]}/healthz")).status_code == 200
        for reader in idle[:100]:  # the oldest of all: none of them is held any more
            assert await _until_the_end(reader) == b""


@pytest.mark.asyncio
async def test_closing_sends_away_those_who_have_not_begun() -> None:
    world = a_world()
    await world.start()
    server = new_server(world, https=https())
    await server.start()
    async with RawHttp(server.port) as silent, RawHttp(server.port) as half:
        half.send("\x16\x03\x01")
        await server.close()
        assert await silent.rest() == ""
        assert await half.rest() == ""
    await world.kill()
