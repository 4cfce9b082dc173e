"""A WebSocket client made of bytes, for what a proper library refuses to send."""

import asyncio
import struct
from dataclasses import dataclass
from typing import Self

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA


def request(target: str = "/CP1", *headers: str, protocol: str | None = "ocpp1.6") -> bytes:
    """An upgrade request; a header given replaces the usual one of its name."""
    usual = [
        "Host: wattgate",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *([] if protocol is None else [f"Sec-WebSocket-Protocol: {protocol}"]),
    ]
    given = {line.partition(":")[0].lower() for line in headers}
    kept = [line for line in usual if line.partition(":")[0].lower() not in given]
    lines = [f"GET {target} HTTP/1.1", *kept, *(line for line in headers if line[-1] != ":")]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """One frame, masked with zeros, which change nothing."""
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", len(payload))
    return head + (bytes(4) if mask else b"") + payload


@dataclass
class RawClient:
    """A connected socket; reads what the server sends."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, port: int, host: str = "127.0.0.1", own_host: str = "") -> Self:
        """Connect; from `own_host`, or from whatever address the system takes."""
        local = (own_host, 0) if own_host else None
        return cls(*await asyncio.open_connection(host, port, local_addr=local))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    @property
    def address(self) -> str:
        host, port = self.writer.get_extra_info("sockname")[:2]
        return f"{host}:{port}"

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> tuple[int, str]:
        """Status and header lines of an HTTP answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        return int(head.split(" ", 2)[1]), head

    async def upgrade(self, data: bytes | None = None) -> str:
        """Send an upgrade request that must succeed; gives the header lines."""
        self.send(data or request())
        status, head = await self.head()
        assert status == 101, head
        return head

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next, short or middling frame."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", await self.reader.readexactly(2))
        return first & 0xF, await self.reader.readexactly(length)

    async def close_frame(self) -> tuple[int, str]:
        """Code and reason of the close frame, which must come next."""
        opcode, payload = await self.frame()
        assert opcode == CLOSE
        return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    async def end(self) -> bytes:
        """Whatever comes until the server hangs up, however it does."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""
