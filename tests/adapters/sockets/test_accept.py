import asyncio
import errno
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.links import LIMIT_S

from wattgate.adapters.sockets.accept import (
    BACK_OFF_S,
    address_text,
    host_of,
    keep_accepting,
    listening_socket,
    opening_of,
)
from wattgate.core.security.first_byte import Opening


class Enough(Exception):  # noqa: N818 - ends the endless loop
    pass


@pytest.mark.parametrize(
    ("address", "text", "host"),
    [
        (("192.0.2.7", 49152), "192.0.2.7:49152", "192.0.2.7"),
        (("2001:db8::7", 49152, 0, 0), "[2001:db8::7]:49152", "2001:db8::7"),
        (("::ffff:192.0.2.7", 49152, 0, 0), "192.0.2.7:49152", "192.0.2.7"),
    ],
)
def test_an_address_is_written_as_people_do(address: tuple[Any, ...], text: str, host: str) -> None:
    assert address_text(address) == text
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("number", "pauses"),
    [
        (errno.EMFILE, [BACK_OFF_S, 0]),
        (errno.ENFILE, [BACK_OFF_S, 0]),
        (errno.ENOMEM, [BACK_OFF_S, 0]),
        (errno.EBADF, [BACK_OFF_S, 0]),
        (errno.ECONNABORTED, [0]),
        (errno.EPROTO, [0]),
    ],
)
@pytest.mark.asyncio
async def test_accepting_goes_on_after_an_error_and_does_not_spin(
    number: int, pauses: list[float]
) -> None:
    with socket.socket() as accepted:
        outcomes: Iterator[OSError | tuple[socket.socket, str]] = iter(
            [OSError(number, "no"), (accepted, "there")]
        )
        paused: list[float] = []
        welcomed: list[str] = []

        async def accept() -> tuple[socket.socket, str]:
            outcome = next(outcomes, None)
            if outcome is None:
                raise Enough
            if isinstance(outcome, OSError):
                raise outcome
            return outcome

        async def pause(seconds: float) -> None:
            paused.append(seconds)

        with pytest.raises(Enough):
            await keep_accepting(accept, lambda _, address: welcomed.append(address), pause)
        assert welcomed == ["there"]
        assert paused == [*pauses, 0]


async def opening_after(*parts: bytes, end: bool = False) -> Opening | None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        served, _ = server.accept()
    with client, served:
        served.setblocking(False)
        async with asyncio.timeout(LIMIT_S):
            looking = asyncio.get_running_loop().create_task(opening_of(served))
            for part in parts:
                await asyncio.sleep(0)
                client.send(part)
            if end:
                await asyncio.sleep(0)
                client.shutdown(socket.SHUT_WR)
            opening = await looking
        if opening is not None:
            assert served.recv(100) == b"".join(parts)
        return opening


@pytest.mark.parametrize(
    ("parts", "end", "opening"),
    [
        ([b"GET / HTTP/1.1"], False, Opening.PLAIN),
        ([b"G"], False, Opening.PLAIN),
        ([b"\x16\x03\x01"], False, Opening.TLS),
        ([b"\x16", b"\x03"], False, Opening.TLS),
        ([], True, None),
        ([b"\x16"], True, None),
    ],
)
@pytest.mark.asyncio
async def test_the_opening_is_seen_and_left_unread(
    parts: list[bytes], end: bool, opening: Opening | None
) -> None:
    """R31."""
    assert await opening_after(*parts, end=end) is opening


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
@pytest.mark.asyncio
async def test_a_host_can_be_an_address_a_name_or_all(host: str) -> None:
    with await listening_socket(host, 0) as listening:
        port = listening.getsockname()[1]
        target = ("::1" if ":" in listening.getsockname()[0] and host else "127.0.0.1", port)
        with socket.create_connection(target):
            pass


@pytest.mark.asyncio
async def test_a_port_in_use_is_an_os_error() -> None:
    with await listening_socket("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await listening_socket("127.0.0.1", port)
