import contextlib
import socket
import struct

import pytest
from tests.support.links import Gate
from tests.support.ocpp_port import listening, url_of
from tests.support.raw_websocket import RawClient, request
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket.entrance import NO_ROOM
from wattgate.adapters.ocpp_socket.waiting_room import Room

TLS_HELLO = bytes.fromhex("1603010200010001fc0303")
OCPP16 = Subprotocol("ocpp1.6")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "nothing was sent within 0.2 s"),
        (b"\x16", "nothing was sent within 0.2 s"),
        (b"GET /CP1 HTTP/1.1\r\nHost: x\r\n", "no complete HTTP request came within 0.2 s"),
    ],
)
@pytest.mark.asyncio
async def test_whoever_does_not_say_who_it_is_is_closed_and_reported(
    sent: bytes, reason: str
) -> None:
    """R31."""
    gate = Gate()
    async with (
        listening(gate, open_timeout_s=0.2) as listener,
        await RawClient.connect(listener.port) as client,
    ):
        client.send(sent)
        assert await client.end() == b""
        assert await gate.next_away() == (client.address, reason, None)


@pytest.mark.asyncio
async def test_tls_is_closed_and_reported_while_tls_is_off() -> None:
    """P6, P9."""
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        client.send(TLS_HELLO)
        assert await client.end() == b""
        assert await gate.next_away() == (client.address, "TLS connection, but TLS is off", None)


@pytest.mark.asyncio
async def test_hanging_up_in_the_middle_of_the_request_is_reported() -> None:
    gate = Gate()
    async with listening(gate) as listener:
        async with await RawClient.connect(listener.port) as client:
            client.send(b"GET /CP1 HTTP/1.1\r\n")
            client.writer.write_eof()
            assert await client.end() == b""
        assert "before its HTTP request was complete" in (await gate.next_away())[1]


@pytest.mark.asyncio
async def test_hanging_up_without_a_word_is_not_worth_a_report() -> None:
    gate = Gate()
    async with listening(gate) as listener:
        async with await RawClient.connect(listener.port) as client:
            client.writer.write_eof()
            assert await client.end() == b""
        async with connect(url_of(listener), subprotocols=[OCPP16]):
            assert gate.away == []


@pytest.mark.asyncio
async def test_a_request_without_end_is_cut_off() -> None:
    gate = Gate()
    async with listening(gate) as listener, await RawClient.connect(listener.port) as client:
        client.send(b"GET /" + b"A" * 100_000)
        assert await client.end() == b""
        assert (await gate.next_away())[0] == client.address


@pytest.mark.asyncio
async def test_a_crowd_of_silent_connections_does_not_keep_a_wallbox_out() -> None:
    """S3: the one who waited longest makes room."""
    gate = Gate()
    async with listening(gate, room=Room(3, 3, 0)) as listener, contextlib.AsyncExitStack() as hold:
        silent = [
            await hold.enter_async_context(await RawClient.connect(listener.port)) for _ in range(4)
        ]
        assert await silent[0].end() == b""
        assert await gate.next_away() == (silent[0].address, NO_ROOM, None)
        async with connect(url_of(listener), subprotocols=[OCPP16]) as ws:
            assert ws.subprotocol == "ocpp1.6"


@pytest.mark.asyncio
async def test_connections_that_said_who_they_are_take_no_room() -> None:
    gate = Gate()
    async with listening(gate, room=Room(1, 1, 0)) as listener, contextlib.AsyncExitStack() as hold:
        for _ in range(5):
            client = await hold.enter_async_context(await RawClient.connect(listener.port))
            await client.upgrade()
        assert gate.away == []


@pytest.mark.asyncio
async def test_a_reset_before_a_word_is_not_worth_a_report() -> None:
    """A port scanner, a health check."""
    gate = Gate()
    async with listening(gate) as listener:
        with socket.create_connection(("127.0.0.1", listener.port)) as hasty:
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        async with connect(url_of(listener), subprotocols=[OCPP16]):
            assert gate.away == []


@pytest.mark.asyncio
async def test_who_is_in_the_middle_of_its_request_makes_room_too() -> None:
    """S3."""
    gate = Gate()
    async with (
        listening(gate, room=Room(1, 1, 0)) as listener,
        await RawClient.connect(listener.port) as slow,
    ):
        slow.send(request()[:-2])
        async with connect(url_of(listener), subprotocols=[OCPP16]):
            assert await slow.end() == b""
        assert (await gate.next_away())[1] == NO_ROOM
