import asyncio
from typing import Any

import pytest
from picows import WSInvalidURL, WSListener

from wattgate.adapters.ocpp_socket.client_protocol import FirstRead, plan_of


def anything(*_: object) -> WSListener:
    return WSListener()


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("ws://backend.example/CP1", ("backend.example", 80, False)),
        ("wss://backend.example/CP1", ("backend.example", 443, True)),
        ("wss://192.0.2.7:9000/", ("192.0.2.7", 9000, True)),
        ("ws://[2001:db8::1]:9000/a?key=b", ("2001:db8::1", 9000, False)),
    ],
)
def test_a_plan_says_where_to_and_whether_with_tls(url: str, place: tuple[str, int, bool]) -> None:
    plan = plan_of(url, anything, {})
    assert (plan.host, plan.port, plan.is_secure) == place


def test_what_is_no_address_has_no_plan() -> None:
    with pytest.raises(WSInvalidURL):
        plan_of("http://backend.example/", anything, {})


class Written(asyncio.Transport):
    """A transport that remembers who is behind it."""

    behind: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.behind = protocol


class Told(asyncio.BufferedProtocol):
    """A protocol that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.told.append(transport)

    def get_buffer(self, sizehint: int) -> bytearray:
        return bytearray(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        self.told.append(nbytes)

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(exc)


def test_with_the_first_byte_it_steps_aside() -> None:
    """Every later message costs no call of ours (bench/relay)."""
    inner, transport, steps = Told(), Written(), list[str]()
    first = FirstRead(inner, lambda: steps.append("connected"))
    first.connection_made(transport)
    assert (steps, transport.behind, first.has_read) == (["connected"], None, False)
    assert len(first.get_buffer(5)) == 5
    first.buffer_updated(5)
    assert (transport.behind, first.has_read) == (inner, True)
    assert inner.told == [transport, 5]


def test_an_end_before_the_first_byte_is_kept_with_its_error() -> None:
    inner, error = Told(), OSError("gone")
    first = FirstRead(inner, lambda: None)
    first.connection_made(Written())
    first.connection_lost(error)
    assert (first.lost, inner.told[1:]) == (error, [error])
