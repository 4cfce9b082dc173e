import asyncio
import base64

import pytest
from structlog.testing import capture_logs
from tests.support.links import Ear, Gate
from tests.support.ocpp_port import listening, url_of
from tests.support.raw_websocket import CLOSE, PING, PONG, TEXT, RawClient, frame, request
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.core.ocpp.handshake import Admitted, EmptyUpgrade, HandshakeRequest, Refused

OCPP16 = Subprotocol("ocpp1.6")


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_an_admitted_wallbox_is_welcomed_and_texts_go_both_ways(loop_factory: object) -> None:
    """P9, on any loop."""
    gate = Gate(ear=Ear(echo=True))

    async def scenario() -> None:
        async with listening(gate) as listener:
            async with connect(url_of(listener), subprotocols=[OCPP16], compression=None) as ws:
                assert ws.subprotocol == "ocpp1.6"
                link = await gate.ear.open_link()
                host, port = ws.local_address
                assert link.peer_address == f"{host}:{port}"
                text = '[2,"1","Heartbeat",{}] äöü€𝄞'
                await ws.send(text)
                assert await ws.recv() == text
                assert await gate.ear.text() == text
            assert await gate.ear.end() == (1000, "")
        assert gate.ear.calls == ["opened", "received", "closed"]
        assert gate.away == []

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


@pytest.mark.parametrize(
    "target",
    [
        "/CP1",
        "//CP1",
        "/any/prefix/CP1",
        "/CP1/",
        "/RDAM%20123",
        "ws://wattgate:19520/CP1",
        "http://wattgate/CP1",
        "https://wattgate/ocpp/CP1?token=a%2Fb",
    ],
)
@pytest.mark.asyncio
async def test_every_way_to_write_the_target_reaches_the_gatekeeper(target: str) -> None:
    """P11, R19."""
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        await client.upgrade(request(target, "Authorization: Basic AAH/"))
        assert gate.requests == [
            HandshakeRequest(target, ("ocpp1.6",), "Basic AAH/", client.address, secure=False)
        ]


@pytest.mark.asyncio
async def test_raw_bytes_of_a_password_survive() -> None:
    """R24: the specification's own example."""
    gate = Gate()
    header = "Basic QUwxMDAwOgABAgMEBQYH////////////////"
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        await client.upgrade(request("/AL1000", f"Authorization: {header}"))
    assert gate.requests[0].authorization == header
    password = base64.b64decode(header.split()[1]).partition(b":")[2]
    assert password == bytes.fromhex("0001020304050607" + "FF" * 12)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "unknown ChargeBox ID"), (401, "wrong password"), (403, "needs TLS")],
)
@pytest.mark.asyncio
async def test_a_refusal_is_an_http_status_before_the_upgrade(status: int, reason: str) -> None:
    """R20, R25, S1."""
    gate = Gate(admission=Refused(status, reason, "CP1"))
    async with listening(gate) as listener:
        with pytest.raises(InvalidStatus) as caught:
            await connect(url_of(listener), subprotocols=[OCPP16])
        response = caught.value.response
        assert response.status_code == status
        assert response.body == f"{reason}\n".encode()
        assert ("WWW-Authenticate" in response.headers) == (status == 401)
    assert gate.ear.calls == []
    assert gate.away == []  # the gatekeeper knows


@pytest.mark.asyncio
async def test_without_a_common_subprotocol_the_upgrade_succeeds_and_ends_at_once() -> None:
    """R22."""
    gate = Gate(admission=EmptyUpgrade("CP1", "speak ocpp1.6"))
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        head = await client.upgrade(request(protocol="ocpp9"))
        assert "sec-websocket-protocol" not in head.lower()
        assert await client.close_frame() == (1002, "speak ocpp1.6")
        client.send(frame(TEXT, b"[2]") + frame(CLOSE, b"\x03\xea"))
        assert await client.end() == b""
    assert gate.ear.calls == []


@pytest.mark.asyncio
async def test_a_subprotocol_that_was_assumed_is_not_named() -> None:
    """RFC 6455 §4.2.2."""
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        head = await client.upgrade(request(protocol=None))
        assert "sec-websocket-protocol" not in head.lower()
        assert gate.ear.link is not None


@pytest.mark.asyncio
async def test_compression_is_never_agreed_to() -> None:
    async with (
        listening(Gate()) as listener,
        connect(url_of(listener), subprotocols=[OCPP16], compression="deflate") as ws,
    ):
        assert ws.response is not None
        assert "Sec-WebSocket-Extensions" not in ws.response.headers


@pytest.mark.parametrize(
    ("sent", "status", "words", "claimed_id"),
    [
        (request("/CP1", "Upgrade:"), 426, "connect with a WebSocket", "CP1"),
        (request("/CP1", "Connection: close"), 400, "Connection: Upgrade is missing", "CP1"),
        (request("/", "Sec-WebSocket-Version: 5"), 426, "version 13", None),
        (request("/CP1", "Sec-WebSocket-Key: x"), 400, "Sec-WebSocket-Key", "CP1"),
        (b"POST /CP1 HTTP/1.1\r\n\r\n", 400, "no WebSocket request", None),
        (b"GET /CP1 HTTP/1.0\r\n\r\n", 400, "no WebSocket request", None),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", 400, "no WebSocket request", None),
        (b"\x00\xff\x80\r\n\r\n", 400, "no WebSocket request", None),
    ],
)
@pytest.mark.asyncio
async def test_what_is_no_websocket_is_answered_with_words_and_reported(
    sent: bytes, status: int, words: str, claimed_id: str | None
) -> None:
    """P9."""
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        client.send(sent)
        assert (await client.head())[0] == status
        address, reason, claimed = await gate.next_away()
        assert (address, claimed) == (client.address, claimed_id)
        assert words in reason
    assert gate.requests == []


@pytest.mark.asyncio
async def test_a_gatekeeper_that_fails_costs_one_connection_and_shows_nothing_outside() -> None:
    class Broken(Gate):
        def admit(self, request: HandshakeRequest) -> Admitted:
            raise RuntimeError("a secret of ours")

    with capture_logs() as logs:
        async with (
            listening(Broken()) as listener,
            await RawClient.connect(listener.port) as client,
        ):
            client.send(request())
            assert (await client.head())[0] == 500
            assert b"secret" not in await client.end()
    assert [entry["event"] for entry in logs] == ["opening handshake failed"]


@pytest.mark.asyncio
async def test_closing_tells_every_wallbox_and_frees_the_port() -> None:
    gate = Gate()
    async with listening(gate) as listener:
        async with connect(url_of(listener), subprotocols=[OCPP16]) as ws:
            await listener.close()
            with pytest.raises(ConnectionClosed) as caught:
                await ws.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1001
        assert gate.ear.ended == (1001, "the manager is shutting down")
        with pytest.raises(OSError, match="Connect call failed"):
            await RawClient.connect(listener.port)
        await listener.close()
        again = OcppListener("127.0.0.1", listener.port, gate)
        await again.start()
        await again.close()


@pytest.mark.asyncio
async def test_closing_does_not_wait_for_a_wallbox_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wattgate.adapters.ocpp_socket.listener._CLOSING_S", 0.01)
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        await client.upgrade()
        await listener.close()
        assert gate.ear.ended == (1001, "the manager is shutting down")


@pytest.mark.asyncio
async def test_closing_before_starting_is_fine() -> None:
    listener = OcppListener("127.0.0.1", 0, Gate())
    await listener.close()
    assert listener.port == 0


@pytest.mark.asyncio
async def test_a_port_in_use_is_an_os_error() -> None:
    async with listening(Gate()) as listener:
        second = OcppListener("127.0.0.1", listener.port, Gate())
        with pytest.raises(OSError, match="in use"):
            await second.start()
        await second.close()


@pytest.mark.asyncio
async def test_a_wallbox_that_never_pongs_is_gone() -> None:
    """R28."""
    gate = Gate()
    async with (
        listening(gate, ping_interval_s=0.02, ping_timeout_s=0.02) as listener,
        await RawClient.connect(listener.port) as client,
    ):
        await client.upgrade()
        assert (await client.frame())[0] == PING
        assert await gate.ear.end() == (1006, "no pong")


@pytest.mark.asyncio
async def test_a_wallbox_that_pongs_stays_and_is_asked_again() -> None:
    """R28."""
    gate = Gate()
    async with (
        listening(gate, ping_interval_s=0.02, ping_timeout_s=0.5) as listener,
        await RawClient.connect(listener.port) as client,
    ):
        await client.upgrade()
        for _ in range(2):
            opcode, payload = await client.frame()
            assert opcode == PING
            client.send(frame(PONG, payload))
        assert gate.ear.calls == ["opened"]


@pytest.mark.asyncio
async def test_a_wallbox_known_not_to_pong_is_not_pinged() -> None:
    """R28: switched off for this one."""
    gate = Gate(admission=Admitted("CP1", "ocpp1.6", ping=False), ear=Ear(echo=True))
    async with (
        listening(gate, ping_interval_s=0.001, ping_timeout_s=0.001) as listener,
        await RawClient.connect(listener.port) as client,
    ):
        await client.upgrade()
        for _ in range(20):
            client.send(frame(TEXT, b"still here"))
            assert await client.frame() == (TEXT, b"still here")
