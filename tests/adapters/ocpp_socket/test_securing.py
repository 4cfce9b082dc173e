"""TLS handshakes with the OCPP port, by Python's and OpenSSL's clients (P6, P9, P25, R31)."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.certificates import EXPIRED, NOT_YET, Pair, Root, self_signed
from tests.support.links import LIMIT_S, Ear, Gate
from tests.support.ocpp_port import listening, url_of
from tests.support.raw_websocket import KEY, RawClient, request
from tests.support.secure_port import (
    CP1,
    OUR_ROOT,
    WALLBOX_ROOT,
    read_certificate,
    server_settings,
    wallbox_settings,
)
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.adapters.ocpp_socket.securing import LOGGED, NOT_READY
from wattgate.core.ocpp.handshake import Refused
from wattgate.core.security.tls_failures import HUNG_UP
from wattgate.core.security.tls_mode import TlsMode

OCPP16 = Subprotocol("ocpp1.6")
V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
NOT_OURS = Root.make("Somebody else's root")


@contextlib.asynccontextmanager
async def secure(
    gate: Gate,
    settings: ssl.SSLContext | None = None,
    mode: TlsMode = TlsMode.DETECT,
    **more: Any,  # noqa: ANN401 - those of OcppListener
) -> AsyncIterator[OcppListener]:
    context = settings or server_settings()
    contexts = {"contexts": lambda: context, "read_certificate": read_certificate}
    async with listening(gate, **{"tls": mode, **contexts, **more}) as listener:
        yield listener


def wss(listener: OcppListener) -> str:
    return url_of(listener).replace("ws:", "wss:")


@pytest.mark.parametrize("version", [V1_2, V1_3])
@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_plain_and_secure_wallboxes_come_in_by_one_port_at_the_same_time_p6(
    version: ssl.TLSVersion, loop_factory: object
) -> None:
    """On any loop."""
    gate = Gate(ear=Ear(echo=True))

    async def scenario() -> None:
        async with (
            secure(gate) as listener,
            connect(
                wss(listener), ssl=wallbox_settings(version=version), subprotocols=[OCPP16]
            ) as safe,
            connect(url_of(listener), subprotocols=[OCPP16]) as plain,
        ):
            for ws in (safe, plain, safe):
                text = '[2,"1","Heartbeat",{}] äöü€𝄞' * 2000
                await ws.send(text)
                assert await gate.ear.text() == text
            assert [each.secure for each in gate.requests] == [True, False]
            assert [each.certificate for each in gate.requests] == [None, None]

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())
    assert gate.away == []


@pytest.mark.parametrize(
    ("mode", "scheme", "reason"),
    [
        (TlsMode.OFF, "wss", "TLS connection, but TLS is off"),
        (TlsMode.ON, "ws", "plain connection, but TLS is on"),
    ],
)
@pytest.mark.asyncio
async def test_where_the_setting_and_the_wallbox_disagree_the_attempt_is_told_p9(
    mode: TlsMode, scheme: str, reason: str
) -> None:
    gate = Gate()
    async with secure(gate, mode=mode) as listener:
        url = url_of(listener).replace("ws", scheme)
        settings = wallbox_settings() if scheme == "wss" else None
        with pytest.raises((OSError, InvalidMessage)):
            await connect(url, ssl=settings, subprotocols=[OCPP16])
        assert (await gate.next_away())[1:] == (reason, None)


@pytest.mark.parametrize("version", [V1_2, V1_3])
@pytest.mark.parametrize(
    ("believed", "shown"),
    [
        (WALLBOX_ROOT, CP1),
        (CP1, CP1),
        (leaf := self_signed("CP1"), leaf),
    ],
)
@pytest.mark.asyncio
async def test_a_client_certificate_is_handed_to_the_gatekeeper_p25(
    believed: Pair, shown: Pair, version: ssl.TLSVersion
) -> None:
    """Signed by a root that is stored, or stored itself."""
    gate = Gate()
    settings = wallbox_settings(shows=shown, version=version)
    async with (
        secure(gate, server_settings(believed)) as listener,
        connect(wss(listener), ssl=settings, subprotocols=[OCPP16]),
    ):
        (asked,) = gate.requests
        assert asked.certificate is not None
        assert asked.certificate.facts.common_name == "CP1"
        assert int(asked.certificate.facts.serial_number, 16) == shown.certificate.serial_number


@dataclass(frozen=True)
class Attempt:
    """A wallbox that does not get through the handshake."""

    said: str
    wallbox: ssl.SSLContext
    port: ssl.SSLContext


def showing(pair: Pair, version: ssl.TLSVersion = V1_3) -> ssl.SSLContext:
    return wallbox_settings(shows=pair, version=version)


def no_older_than(version: ssl.TLSVersion) -> ssl.SSLContext:
    settings = server_settings()
    settings.minimum_version = version
    return settings


def with_ciphers(names: str) -> ssl.SSLContext:
    settings = wallbox_settings(version=V1_2)
    settings.set_ciphers(names)
    return settings


def demanding() -> ssl.SSLContext:
    settings = server_settings(WALLBOX_ROOT)
    settings.verify_mode = ssl.CERT_REQUIRED
    return settings


def heard_by(port: int, settings: ssl.SSLContext) -> bytes:
    """What a blocking client hears, which tells its alerts, as asyncio's does not."""
    with (
        socket.create_connection(("127.0.0.1", port), LIMIT_S) as raw,
        contextlib.suppress(ssl.SSLError, ConnectionError),  # in TLS 1.3 only the reading fails
        settings.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
    ):
        return secured.recv(100)
    return b""


ASKING = server_settings(WALLBOX_ROOT)
PLAIN = server_settings()


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt("does not trust our certificate", wallbox_settings(NOT_OURS), PLAIN),
        Attempt("does not trust our certificate", wallbox_settings(NOT_OURS, version=V1_2), PLAIN),
        Attempt(
            "does not take our certificate",
            wallbox_settings(OUR_ROOT),
            server_settings(own=OUR_ROOT.issue("wattgate", "another.host")),
        ),
        Attempt(
            "expired or not valid yet; is its clock right?",
            wallbox_settings(OUR_ROOT),
            server_settings(own=OUR_ROOT.issue("wattgate", "127.0.0.1", life=EXPIRED)),
        ),
        Attempt("no version of TLS", wallbox_settings(version=V1_2), no_older_than(V1_3)),
        Attempt("no cipher suite that we speak", with_ciphers("ECDHE+aRSA+AESGCM"), PLAIN),
        Attempt("nobody we trust signed", showing(NOT_OURS.issue("CP1")), ASKING),
        Attempt("nobody we trust signed", showing(NOT_OURS.issue("CP1"), V1_2), ASKING),
        Attempt("self-signed and not stored here", showing(self_signed("CP1")), ASKING),
        Attempt("has expired", showing(WALLBOX_ROOT.issue("CP1", life=EXPIRED)), ASKING),
        Attempt("not valid yet", showing(WALLBOX_ROOT.issue("CP1", life=NOT_YET)), ASKING),
        Attempt("showed no client certificate", wallbox_settings(), demanding()),
    ],
    ids=lambda attempt: attempt.said,
)
@pytest.mark.asyncio
async def test_a_failed_handshake_is_told_in_words_p9(attempt: Attempt) -> None:
    gate = Gate()
    async with secure(gate, attempt.port) as listener:
        assert await asyncio.to_thread(heard_by, listener.port, attempt.wallbox) == b""
        _, reason, claimed_id = await gate.next_away()
        assert reason.startswith("TLS handshake failed: ")
        assert attempt.said in reason
        assert claimed_id is None
    assert gate.requests == []


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", "what the wallbox sent is no valid TLS"),
        (b"\x16\x03\x01\xff\xff" + bytes(100), "what the wallbox sent is no valid TLS"),
        (b"\x16\x03\x01\x00\x02\x09\x00", "TLS handshake failed: "),
    ],
)
@pytest.mark.asyncio
async def test_what_only_begins_like_tls_is_turned_away(sent: bytes, reason: str) -> None:
    gate = Gate()
    async with secure(gate) as listener, await RawClient.connect(listener.port) as client:
        client.send(sent)
        client.writer.write_eof()
        await client.end()
        assert reason in (await gate.next_away())[1]


@pytest.mark.asyncio
async def test_hanging_up_in_the_handshake_is_told_with_what_it_often_means() -> None:
    gate = Gate()
    async with secure(gate) as listener:
        async with await RawClient.connect(listener.port) as client:
            client.send(b"\x16\x03\x01")
            client.writer.write_eof()
            assert await client.end() == b""
        assert (await gate.next_away())[1:] == (HUNG_UP, None)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "the TLS handshake was not completed within 0.2 s"),
        (b"\x16\x03", "the TLS handshake was not completed within 0.2 s"),
    ],
)
@pytest.mark.asyncio
async def test_a_handshake_that_does_not_go_on_is_ended_r31(sent: bytes, reason: str) -> None:
    gate = Gate()
    async with (
        secure(gate, open_timeout_s=0.2) as listener,
        await RawClient.connect(listener.port) as client,
    ):
        client.send(sent)
        assert await client.end() == b""
        assert (await gate.next_away())[1] == reason


async def secure_client(listener: OcppListener) -> RawClient:
    """A client of bytes, behind TLS."""
    port = listener.port
    return RawClient(*await asyncio.open_connection("127.0.0.1", port, ssl=wallbox_settings(None)))


@pytest.mark.asyncio
async def test_whoever_shakes_hands_and_then_keeps_silent_is_ended_r31() -> None:
    gate = Gate()
    async with (
        secure(gate, open_timeout_s=0.3) as listener,
        await secure_client(listener) as client,
    ):
        assert await client.end() == b""
        assert (await gate.next_away())[1] == "no complete HTTP request came within 0.3 s"


@pytest.mark.parametrize(
    ("sent", "status"), [(request("/CP1", "Upgrade:"), 426), (b"x\r\n\r\n", 400)]
)
@pytest.mark.asyncio
async def test_whoever_is_no_wallbox_hears_so_in_tls_too(sent: bytes, status: int) -> None:
    gate = Gate()
    async with secure(gate) as listener, await secure_client(listener) as client:
        client.send(sent)
        assert (await client.head())[0] == status
        assert await gate.next_away()


@pytest.mark.asyncio
async def test_a_renewed_certificate_counts_for_the_next_handshake_and_disturbs_nobody() -> None:
    """Hot reload."""
    gate = Gate(ear=Ear(echo=True))
    renewed = Root.make("The next root")
    settings = [server_settings(), server_settings(own=renewed.issue("wattgate", "127.0.0.1"))]
    async with secure(gate, contexts=lambda: settings[0]) as listener:
        url = wss(listener)
        async with connect(url, ssl=wallbox_settings(OUR_ROOT), subprotocols=[OCPP16]) as before:
            settings.pop(0)
            async with connect(url, ssl=wallbox_settings(renewed), subprotocols=[OCPP16]):
                await before.send("still here")
                assert await gate.ear.text() == "still here"
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(url, ssl=wallbox_settings(OUR_ROOT), subprotocols=[OCPP16])


@pytest.mark.asyncio
async def test_certificates_that_cannot_be_used_cost_one_connection_only() -> None:
    gate = Gate()
    outcomes: list[ssl.SSLContext | None] = [None, server_settings()]

    def contexts() -> ssl.SSLContext:
        settings = outcomes.pop(0)
        if settings is None:
            raise OSError("the disk is gone")
        return settings

    async with secure(gate, contexts=contexts) as listener:
        with pytest.raises(ConnectionError):
            await connect(wss(listener), ssl=wallbox_settings(), subprotocols=[OCPP16])
        assert (await gate.next_away())[1] == NOT_READY
        async with connect(wss(listener), ssl=wallbox_settings(), subprotocols=[OCPP16]):
            assert gate.requests[0].secure


@pytest.mark.asyncio
async def test_certificates_that_cannot_be_used_do_not_fill_the_log_s3() -> None:
    gate = Gate()

    def contexts() -> ssl.SSLContext:
        raise OSError("the disk is gone")

    with capture_logs() as logs:
        async with secure(gate, contexts=contexts) as listener:
            for _ in range(LOGGED + 2):
                with pytest.raises(ConnectionError):
                    await connect(wss(listener), ssl=wallbox_settings(), subprotocols=[OCPP16])
                assert (await gate.next_away())[1] == NOT_READY
    said = [each for each in logs if each["event"] == "no TLS for a connection"]
    assert len(said) == LOGGED


@pytest.mark.asyncio
async def test_a_refusal_is_read_to_its_end_behind_tls() -> None:
    gate = Gate(admission=Refused(429, "too many", "CP1", retry_after_s=7))
    async with secure(gate) as listener:
        with pytest.raises(InvalidStatus) as caught:
            await connect(wss(listener), ssl=wallbox_settings(), subprotocols=[OCPP16])
        response = caught.value.response
        assert (response.status_code, response.body) == (429, b"too many\n")
        assert response.headers["Retry-After"] == "7"
    assert gate.away == []


UPGRADE = (
    *("-H", "Upgrade: websocket", "-H", "Connection: Upgrade", "-H", "Sec-WebSocket-Version: 13"),
    *("-H", f"Sec-WebSocket-Key: {KEY}", "-H", "Sec-WebSocket-Protocol: ocpp1.6"),
)


async def said_by(*command: str) -> str:
    """What a program says that others have written; its own exit is no matter."""
    program = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await program.communicate()
    return said.decode()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.asyncio
async def test_curl_comes_in_by_the_same_port_plain_and_secure_p6(
    scheme: str, tmp_path: Path
) -> None:
    certificate, _ = OUR_ROOT.save(tmp_path, "root")
    gate = Gate(admission=Refused(401, "as curl would wait for ever otherwise", "CP1"))
    async with secure(gate) as listener:
        url = f"{scheme}://127.0.0.1:{listener.port}/CP1"
        said = await said_by(
            *("curl", "-s", "-i", "--http1.1", "--cacert", str(certificate), *UPGRADE, url)
        )
        assert said.startswith("HTTP/1.1 401 ")
        assert [each.secure for each in gate.requests] == [scheme == "https"]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.asyncio
async def test_openssl_s_client_verifies_us_p6_r33(version: str, tmp_path: Path) -> None:
    certificate, _ = OUR_ROOT.save(tmp_path, "root")
    async with secure(Gate()) as listener:
        at = f"127.0.0.1:{listener.port}"
        said = await said_by(
            *("openssl", "s_client", version, "-CAfile", str(certificate), "-connect", at)
        )
        assert "Verify return code: 0 (ok)" in said or "Verification: OK" in said


@pytest.mark.parametrize(
    ("port", "options", "alert"),
    [
        (no_older_than(V1_3), ("-tls1_2",), "alert protocol version"),
        (PLAIN, ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "alert handshake failure"),
    ],
)
@pytest.mark.asyncio
async def test_a_client_hears_why_it_is_refused(
    port: ssl.SSLContext, options: tuple[str, ...], alert: str
) -> None:
    """RFC 8446 6.2: its own log can name the reason."""
    async with secure(Gate(), port) as listener:
        at = f"127.0.0.1:{listener.port}"
        assert alert in await said_by("openssl", "s_client", *options, "-connect", at)
