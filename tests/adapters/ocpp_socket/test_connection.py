import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.links import LIMIT_S, Ear, Gate
from tests.support.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawClient,
    frame,
)
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket import connection
from wattgate.adapters.ocpp_socket.listener import OcppListener

MAX_MESSAGE_BYTES = 1000
OCPP16 = Subprotocol("ocpp1.6")


@asynccontextmanager
async def linked(ear: Ear, max_message_bytes: int = MAX_MESSAGE_BYTES) -> AsyncIterator[RawClient]:
    """A raw client whose link is open."""
    listener = OcppListener("127.0.0.1", 0, Gate(ear=ear), max_message_bytes=max_message_bytes)
    await listener.start()
    try:
        async with asyncio.timeout(LIMIT_S):
            async with await RawClient.connect(listener.port) as client:
                await client.upgrade()
                await ear.open_link()
                yield client
    finally:
        await listener.close()


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"("), 1007),
        (frame(TEXT, b"a", rsv=0b100), 1002),
        (frame(TEXT, b"a", rsv=0b010), 1002),
        (frame(TEXT, b"a", rsv=0b001), 1002),
        (frame(PING, b"a", rsv=0b100), 1002),
        (frame(0x3, b"a"), 1002),
        (frame(0xB, b"a"), 1002),
        (frame(TEXT, b"a", mask=False), 1002),
        (frame(CONTINUATION, b"a"), 1002),
        (frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
        (frame(PING, b"a", fin=False), 1002),
        (frame(PING, b"a" * 126), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, close_payload(1001, b"\xff")), 1007),
        (frame(CLOSE, close_payload(999)), 1002),
        (frame(BINARY, b"a"), 1003),
        (frame(BINARY, b"a", fin=False), 1003),
        (frame(TEXT, b"a" * (MAX_MESSAGE_BYTES + 1)), 1009),
        (frame(TEXT, b"a" * 600, fin=False) + frame(CONTINUATION, b"a" * 600), 1009),
    ],
)
@pytest.mark.asyncio
async def test_a_bad_frame_ends_the_link_with_its_code(sent: bytes, code: int) -> None:
    """R15, RFC 6455 §5 and §7.4.1."""
    ear = Ear()
    async with linked(ear) as client:
        client.send(sent)
        assert (await client.close_frame())[0] == code
        client.send(frame(CLOSE, close_payload(code)))
        assert (await ear.end())[0] == code
    assert ear.calls == ["opened", "closed"]


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (frame(TEXT, b""), ""),
        (frame(TEXT, "Säule €".encode()), "Säule €"),
        (frame(TEXT, b"a" * MAX_MESSAGE_BYTES), "a" * MAX_MESSAGE_BYTES),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"\xa4"), "ä"),
        (
            frame(TEXT, b"a", fin=False)
            + frame(CONTINUATION, b"b", fin=False)
            + frame(PONG)
            + frame(CONTINUATION, b"c"),
            "abc",
        ),
    ],
)
@pytest.mark.asyncio
async def test_a_text_arrives_whole_however_it_is_cut(sent: bytes, text: str) -> None:
    """RFC 6455 §5.4."""
    ear = Ear()
    async with linked(ear) as client:
        client.send(sent + frame(TEXT, b"next"))
        assert [await ear.text(), await ear.text()] == [text, "next"]


@pytest.mark.asyncio
async def test_a_message_of_16_mib_passes_both_ways() -> None:
    """R15."""
    gate = Gate(ear=Ear(echo=True))
    listener = OcppListener("127.0.0.1", 0, gate)
    await listener.start()
    text = "ab" * 2**23
    async with asyncio.timeout(LIMIT_S * 3):
        async with connect(
            f"ws://127.0.0.1:{listener.port}/CP1",
            subprotocols=[OCPP16],
            compression=None,
            max_size=None,
        ) as ws:
            await ws.send(text)
            assert await ws.recv() == text
            assert await gate.ear.text() == text
    await listener.close()


@pytest.mark.asyncio
async def test_pings_are_answered_even_inside_a_fragmented_text() -> None:
    """RFC 6455 §5.5.2."""
    ear = Ear()
    async with linked(ear) as client:
        client.send(frame(TEXT, b"a", fin=False) + frame(PING, b"are you there?"))
        assert await client.frame() == (PONG, b"are you there?")
        client.send(frame(CONTINUATION, b"b"))
        assert await ear.text() == "ab"


@pytest.mark.parametrize(
    ("payload", "echo", "told"),
    [
        (b"", 1000, (1005, "")),
        (close_payload(1000), 1000, (1000, "")),
        (close_payload(1001, b"reboot"), 1001, (1001, "reboot")),
        (close_payload(1006), 1002, (1006, "")),
        (close_payload(3000, "für dich".encode()), 3000, (3000, "für dich")),
        (close_payload(4999), 4999, (4999, "")),
    ],
)
@pytest.mark.asyncio
async def test_a_close_is_answered_and_reported(
    payload: bytes, echo: int, told: tuple[int, str]
) -> None:
    """RFC 6455 §5.5.1."""
    ear = Ear()
    async with linked(ear) as client:
        client.send(frame(CLOSE, payload) + frame(TEXT, b"too late"))
        assert (await client.close_frame())[0] == echo
        assert await client.end() == b""
        assert await ear.end() == told
    assert ear.calls == ["opened", "closed"]


@pytest.mark.asyncio
async def test_what_is_sent_in_one_turn_of_the_loop_goes_out_in_order() -> None:
    ear = Ear()
    async with linked(ear) as client:
        link = await ear.open_link()
        for text in ("1", "2"):
            link.send(text)
        assert [await client.frame(), await client.frame()] == [(TEXT, b"1"), (TEXT, b"2")]
        link.send("3")
        assert await client.frame() == (TEXT, b"3")


@pytest.mark.parametrize("code", [1000, 1008, 4001])
@pytest.mark.asyncio
async def test_our_close_is_sent_once_and_nothing_after_it(code: int) -> None:
    """R27."""
    ear = Ear()
    async with linked(ear) as client:
        link = await ear.open_link()
        link.send("before")
        link.close(code, "taken over")
        link.close(1000, "again")
        link.send("after")
        assert await client.frame() == (TEXT, b"before")
        assert await client.close_frame() == (code, "taken over")
        client.send(frame(TEXT, b"too late") + frame(PING) + frame(CLOSE, close_payload(code)))
        assert await client.end() == b""
        assert await ear.end() == (code, "taken over")
        link.send("never")
        link.close(1000, "never")
    assert ear.calls == ["opened", "closed"]


@pytest.mark.asyncio
async def test_a_reason_too_long_for_a_close_frame_is_cut_between_characters() -> None:
    """RFC 6455 §5.5."""
    ear = Ear()
    async with linked(ear) as client:
        (await ear.open_link()).close(1008, "ä" * 100)
        assert await client.close_frame() == (1008, "ä" * 61)


@pytest.mark.asyncio
async def test_a_peer_that_does_not_answer_the_close_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT_S", 0.01)
    ear = Ear()
    async with linked(ear) as client:
        (await ear.open_link()).close(1008, "go")
        assert await client.close_frame() == (1008, "go")
        assert await ear.end() == (1008, "go")


@pytest.mark.asyncio
async def test_a_peer_that_vanishes_is_reported_as_1006() -> None:
    ear = Ear()
    async with linked(ear) as client:
        client.writer.transport.abort()
        assert await ear.end() == (1006, "connection lost")


@pytest.mark.asyncio
async def test_a_peer_that_does_not_read_cannot_eat_the_memory() -> None:
    ear = Ear()
    async with linked(ear) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's can
        link = await ear.open_link()
        message = "x" * 2**20
        for _ in range(100):
            link.send(message)
        code, reason = await ear.end()
        assert code == 1013
        assert "does not read" in reason
    assert ear.calls == ["opened", "closed"]


@pytest.mark.asyncio
async def test_a_receiver_that_fails_ends_its_own_link_only() -> None:
    class Broken(Ear):
        def received(self, text: str) -> None:
            raise RuntimeError("our bug")

    ear = Broken()
    async with linked(ear) as client:
        client.send(frame(TEXT, b"a"))
        assert (await client.close_frame())[0] == 1011
        assert (await ear.end())[0] == 1011


@pytest.mark.asyncio
async def test_a_proper_client_sees_the_code_of_an_oversize_message() -> None:
    """R15."""
    listener = OcppListener("127.0.0.1", 0, Gate(), max_message_bytes=MAX_MESSAGE_BYTES)
    await listener.start()
    async with asyncio.timeout(LIMIT_S):
        async with connect(
            f"ws://127.0.0.1:{listener.port}/CP1", subprotocols=[OCPP16], compression=None
        ) as ws:
            await ws.send("x" * (MAX_MESSAGE_BYTES + 1))
            with pytest.raises(ConnectionClosed) as caught:
                await ws.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009
    await listener.close()
