"""S6: whatever a client sends as its opening handshake, plain or in TLS, only proof lets it in."""

import asyncio
import base64
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.links import LIMIT_S, Ear
from tests.support.raw_websocket import KEY, RawClient
from tests.support.secure_port import (
    CP1,
    WALLBOX_ROOT,
    read_certificate,
    server_settings,
    wallbox_settings,
)

from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.core.ocpp.door import Door
from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    DirectoryEntry,
    HandshakeRequest,
)
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.links import Receiver

pytestmark = pytest.mark.story

SECRET = b"0123456789abcdef"
ENTRIES = {
    "BOX": DirectoryEntry("BOX", SECRET.decode(), 1, assume_ocpp16=True),
    "SAFE": DirectoryEntry("SAFE", SECRET.decode(), 2, assume_ocpp16=True),
    "CP1": DirectoryEntry("CP1", "", 3, assume_ocpp16=True),
}


@dataclass
class Porter:
    """Admits by the rules of the core; `came` is who was let in."""

    came: list[str] = field(default_factory=list)
    door: Door = field(default_factory=Door)

    def find(self, claimed_id: str) -> DirectoryEntry | None:
        folded = {name.casefold(): entry for name, entry in ENTRIES.items()}
        return folded.get(claimed_id.casefold())

    def admit(self, request: HandshakeRequest) -> Admission:
        return self.door.admit(request, self, 0.0)

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        self.came.append(admitted.station_id)
        return Ear()

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        assert reason


@dataclass
class Port:
    """A listener on a loop of its own."""

    runner: asyncio.Runner
    listener: OcppListener
    porter: Porter

    def answer(self, sent: bytes, tls: ssl.SSLContext | None) -> bytes:
        """What comes back until the other end hangs up, or has upgraded."""
        self.porter.came.clear()
        self.porter.door = Door()
        return self.runner.run(self._answer(sent, tls))

    async def _answer(self, sent: bytes, tls: ssl.SSLContext | None) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            opened = await asyncio.open_connection("127.0.0.1", self.listener.port, ssl=tls)
            async with RawClient(*opened) as client:
                client.send(sent)
                if client.writer.can_write_eof():
                    client.writer.write_eof()
                head = await client.reader.read(12)
                return head if head.startswith(b"HTTP/1.1 101") else head + await client.end()


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    settings, porter = server_settings(WALLBOX_ROOT), Porter()
    listener = OcppListener(
        "127.0.0.1",
        0,
        porter,
        tls=TlsMode.DETECT,
        contexts=lambda: settings,
        read_certificate=read_certificate,
        open_timeout_s=0.5,
    )
    with asyncio.Runner() as runner:
        runner.run(listener.start())
        yield Port(runner, listener, porter)
        runner.run(listener.close())


def basic(content: bytes) -> str:
    return "Basic " + base64.b64encode(content).decode()


RIGHT = [basic(name.encode() + b":" + SECRET) for name in ENTRIES]
NEARLY = [
    basic(b"BOX:"),
    basic(b":" + SECRET),
    basic(b"BOX:" + SECRET + b"\0"),
    basic(b"BOX\0:" + SECRET),
    basic(b"BOX:" + SECRET[:-1]),
    basic(b"BOX:" + SECRET.upper()),
    basic(SECRET),
    "Bearer " + SECRET.decode(),
    "Basic " + "=" * 40,
    "Basic",
]
ODD = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
GUESSES = st.binary(max_size=20).map(lambda guess: basic(b"BOX:" + guess))
AUTHORIZATIONS = st.sampled_from(RIGHT) | st.sampled_from(NEARLY) | GUESSES | ODD
SEGMENTS = st.sampled_from(
    ["BOX", "SAFE", "CP1", "box", "B%4FX", "%42OX", "..", ".", "", "%2e%2e", "%00", "BOX%00", "%ff"]
)
TARGETS = st.lists(SEGMENTS | ODD, max_size=4).map(lambda parts: "/" + "/".join(parts)) | ODD
HEADER_NAMES = st.sampled_from(
    [
        *("Host", "Upgrade", "Connection", "Cookie", "X-Forwarded-For", "Content-Length"),
        *("Transfer-Encoding", "Sec-WebSocket-Key", "Sec-WebSocket-Version"),
    ]
)
PROTOCOLS = st.sampled_from(["ocpp1.6", "ocpp1.6, ocpp2.0.1", "ocpp9", ",,", "", "ocpp1.6\tocpp"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """An upgrade request with something odd in it, or a few things."""
    odd = draw(st.sets(st.sampled_from(["method", "target", "headers", "passwords"]), max_size=2))
    station_id = draw(st.sampled_from(list(ENTRIES)))
    method = draw(st.sampled_from(["POST", "get", "GET "])) if "method" in odd else "GET"
    target = draw(TARGETS) if "target" in odd else f"/{station_id}"
    right, nearly = basic(station_id.encode() + b":" + SECRET), draw(AUTHORIZATIONS)
    passwords = draw(st.permutations([right, nearly])) if "passwords" in odd else [nearly]
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: x",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *(f"Authorization: {each}" for each in passwords),
        *(f"Sec-WebSocket-Protocol: {each}" for each in draw(st.lists(PROTOCOLS, max_size=2))),
    ]
    if "headers" in odd:
        line = ": ".join((draw(HEADER_NAMES), draw(ODD)))
        lines.insert(draw(st.integers(1, len(lines))), line)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


NOBODY, SOMEBODY = wallbox_settings(None), wallbox_settings(None, CP1)
WAYS = st.sampled_from([None, NOBODY, SOMEBODY])


@given(sent=requests() | requests() | requests() | st.binary(max_size=200), way=WAYS)
@example(sent=b"", way=None)
def test_only_proof_lets_a_wallbox_in_whatever_else_is_sent_s6(
    port: Port, sent: bytes, way: ssl.SSLContext | None
) -> None:
    answer = port.answer(sent, way)
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    for station_id in port.porter.came:
        assert answer.startswith(b"HTTP/1.1 101")
        match station_id:
            case "CP1":
                assert way is SOMEBODY
            case "SAFE":
                assert way is not None
                assert basic(b"SAFE:" + SECRET).encode() in sent
            case _:
                assert any(
                    basic(name + b":" + SECRET).encode() in sent for name in (b"BOX", b"box")
                )


@pytest.mark.parametrize(
    ("station_id", "way", "status"),
    [
        ("BOX", None, b"101"),
        ("BOX", NOBODY, b"101"),
        ("SAFE", NOBODY, b"101"),
        ("SAFE", None, b"403"),
        ("CP1", SOMEBODY, b"101"),
        ("CP1", NOBODY, b"403"),
        ("CP1", None, b"403"),
    ],
)
def test_the_genuine_ones_come_in_by_the_same_port(
    port: Port, station_id: str, way: ssl.SSLContext | None, status: bytes
) -> None:
    """So that the property above is not true of a port that lets nobody in."""
    lines = [
        f"GET /{station_id} HTTP/1.1",
        "Host: x",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Authorization: " + basic(station_id.encode() + b":" + SECRET),
    ]
    answer = port.answer(("\r\n".join(lines) + "\r\n\r\n").encode(), way)
    assert answer.split()[1] == status
    assert port.porter.came == ([station_id] if status == b"101" else [])
