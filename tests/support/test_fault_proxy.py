"""The proxy does what it is told, and nothing else; ends see it as they would see a network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.support.fault_proxy import Deed, Fault, FaultProxy, Way, fault_proxy
from tests.support.links import LIMIT_S
from tests.support.raw_websocket import CLOSE, TEXT, RawClient, frame
from tests.support.websocket_stream import WebSocketStream
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.asyncio


class Far:
    """A server that says every text again, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ended = asyncio.Event()
        self._news = asyncio.Event()

    async def until_heard(self, count: int) -> None:
        while len(self.heard) < count:
            self._news.clear()
            await self._news.wait()

    async def talk(self, connection: ServerConnection) -> None:
        try:
            async for text in connection:
                self.heard.append(str(text))
                self._news.set()
                await connection.send(f"again {text!s}")
        except ConnectionClosed:
            pass
        self.ended.set()


@asynccontextmanager
async def between(**manner: int | bool) -> AsyncIterator[tuple[Far, FaultProxy]]:
    """A server behind a proxy, for at most LIMIT_S seconds."""
    far = Far()
    async with asyncio.timeout(LIMIT_S), serve(far.talk, "127.0.0.1", 0, compression=None) as it:
        port = next(iter(it.sockets)).getsockname()[1]
        async with fault_proxy(port, **manner) as proxy:
            yield far, proxy


def dial(proxy: FaultProxy) -> connect:
    return connect(proxy.url, proxy=None, compression=None, ping_interval=None)


async def ask(client: ClientConnection, text: str) -> str:
    await client.send(text)
    return str(await client.recv())


async def test_everything_passes_both_ways_without_a_fault() -> None:
    async with between() as (far, proxy), dial(proxy) as client:
        for text in ("one", "x" * 200, "y" * 70_000):
            assert await ask(client, text) == f"again {text}"
        assert [len(text) for text in far.heard] == [3, 200, 70_000]
        assert (proxy.accepted, proxy.struck) == (1, 0)


@pytest.mark.parametrize("deed", [Deed.CUT, Deed.RESET])
@pytest.mark.parametrize(
    ("way", "share", "heard"),
    [
        (Way.THERE, 0.0, ["first"]),
        (Way.THERE, 0.5, ["first"]),
        (Way.BACK, 0.0, ["first", "second"]),
        (Way.BACK, 0.5, ["first", "second"]),
    ],
)
async def test_a_fault_strikes_at_its_frame_and_at_no_other(
    way: Way, share: float, heard: list[str], deed: Deed
) -> None:
    async with between() as (far, proxy):
        async with dial(proxy) as client:
            proxy.faults.append(Fault(way, "second", share, deed))
            assert await ask(client, "first") == "again first"
            with pytest.raises(ConnectionClosed):
                await ask(client, "second")
        await far.ended.wait()
        assert far.heard == heard
        async with dial(proxy) as client:
            assert await ask(client, "second") == "again second"
        assert proxy.struck == 1


async def test_after_a_frame_means_that_it_has_arrived() -> None:
    async with between() as (far, proxy), dial(proxy) as client:
        proxy.faults.append(Fault(Way.THERE, "one", 1.0, Deed.CUT))
        with pytest.raises(ConnectionClosed):
            await ask(client, "one")
        await far.ended.wait()
        assert far.heard == ["one"]


async def test_a_held_connection_is_silent_and_neither_end_is_told() -> None:
    async with between() as (far, proxy), dial(proxy) as client:
        proxy.faults.append(Fault(Way.THERE, "one", 0.5, Deed.HOLD))
        await client.send("one")
        await proxy.until_struck(1)
        await client.send("two")
        assert far.heard == []
        assert not far.ended.is_set()
        proxy.let_go()
        assert [await client.recv(), await client.recv()] == ["again one", "again two"]


async def test_one_way_can_be_held_alone() -> None:
    async with between() as (far, proxy), dial(proxy) as client:
        assert await ask(client, "one") == "again one"
        (connection,) = proxy.connections
        connection.hold(Way.BACK)
        await client.send("two")
        await far.until_heard(2)
        connection.let_go()
        assert await client.recv() == "again two"


async def test_a_half_open_proxy_takes_in_and_says_nothing() -> None:
    async with between(half_open=True) as (far, proxy):
        near = await RawClient.connect(proxy.port)
        await proxy.until_accepted(1)
        near.send(b"GET / HTTP/1.1\r\n\r\n")
        proxy.half_open = False
        async with dial(proxy) as client:
            assert await ask(client, "one") == "again one"
        assert not near.reader.at_eof()
        assert far.heard == ["one"]
        near.writer.transport.abort()


async def test_who_dials_is_refused_until_it_listens_again() -> None:
    async with between() as (_, proxy):
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await RawClient.connect(proxy.port)
        await proxy.listen()
        async with dial(proxy) as client:
            assert await ask(client, "one") == "again one"


async def test_a_storm_cuts_as_many_connections_as_it_is_told() -> None:
    async with between(storm=3) as (_, proxy):
        for _ in range(3):
            async with await RawClient.connect(proxy.port) as near:
                assert await near.end() == b""
        async with dial(proxy) as client:
            assert await ask(client, "one") == "again one"
        assert proxy.accepted == 4


async def test_a_slow_proxy_passes_every_byte() -> None:
    async with between(slow_bytes=1) as (far, proxy), dial(proxy) as client:
        assert await ask(client, "word " * 100) == f"again {'word ' * 100}"
        assert far.heard == ["word " * 100]


async def test_nobody_behind_the_proxy_is_an_end_at_once() -> None:
    async with asyncio.timeout(LIMIT_S), between() as (_, proxy):
        proxy.far_port = 1
        async with await RawClient.connect(proxy.port) as near:
            assert await near.end() == b""


async def test_a_stream_is_read_however_its_bytes_come() -> None:
    data = b"GET / HTTP/1.1\r\n\r\n" + frame(TEXT, b"a" * 130) + frame(CLOSE) + b"\x81\x02hi"
    stream = WebSocketStream()
    parts = [part for byte in data for part in stream.feed(bytes([byte]))]
    assert parts == WebSocketStream().feed(data)
    assert [part.text for part in parts[1:]] == ["a" * 130, "", "hi"]
    assert b"".join(part.data for part in parts) == data


async def test_a_masked_frame_reads_as_what_it_says() -> None:
    stream = WebSocketStream()
    stream.feed(b"HTTP/1.1 101 ok\r\n\r\n")
    masked = bytes(byte ^ key for byte, key in zip(b"hello", b"\x01\x02\x03\x04\x01", strict=True))
    (part,) = stream.feed(b"\x81\x85\x01\x02\x03\x04" + masked)
    assert part.text == "hello"
