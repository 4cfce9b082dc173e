"""HTTP/1.1 on a stream of asyncio: what comes, within bounds of size and time, and what goes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from wattgate.core.files.http_head import (
    Body,
    Chunks,
    Head,
    Length,
    Wrong,
    chunk_size,
    read_head,
)

HEAD_BYTES: Final = 16 * 1024
"""How long the head of a request may be."""

HEAD_S: Final = 10.0
"""s that a head may take from the first byte of a connection to its last."""

BLOCK_BYTES: Final = 64 * 1024
BLOCK_S: Final = 30.0
"""s in which something must come, and a block must go."""

_LINGER_S: Final = 2.0
"""s for which an answer may be read by somebody who has not stopped sending."""


_Result = TypeVar("_Result")


class BrokenOff(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The other end has gone, is too slow, or breaks the rules in the middle of a body."""


class HttpStream:
    """One connection, for one request: whoever wants more connects again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self) -> Head | Wrong | None:
        """The request; None where none has come."""
        try:
            async with asyncio.timeout(HEAD_S):
                return read_head(await self._reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            return Wrong(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request is too long")
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return None

    async def body(self, kind: Body) -> AsyncIterator[bytes]:
        """The blocks of a body.

        Raises:
            BrokenOff: it does not come to its end.
        """
        match kind:
            case Length(size):
                async for block in self._exactly(size):
                    yield block
            case Chunks():
                while size := await self._chunk_size():
                    async for block in self._exactly(size):
                        yield block
                    await self._line()
                while await self._line() != b"\r\n":
                    pass  # trailers say nothing that we need

    async def _chunk_size(self) -> int:
        size = chunk_size(await self._line())
        if size is None:
            raise BrokenOff
        return size

    async def _exactly(self, size: int) -> AsyncIterator[bytes]:
        while size:
            block = await _in_time(self._reader.read(min(size, BLOCK_BYTES)))
            if not block:
                raise BrokenOff
            size -= len(block)
            yield block

    async def _line(self) -> bytes:
        return await _in_time(self._reader.readuntil(b"\r\n"))

    async def go_on(self) -> None:
        """Ask for the body, where the other end waits for that (RFC 9110 §15.2.1)."""
        await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def answer(
        self, status: HTTPStatus, words: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with a line of text as the body."""
        body = f"{words}\n".encode() if words else b""
        about = {"Content-Type": "text/plain; charset=utf-8"} if words else {}
        length = {"Content-Length": str(len(body))}
        await self.begin(status, {**about, **length, **(headers or {})})
        await self.send(body)

    async def begin(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        """Send the head of an answer."""
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def send(self, block: bytes) -> None:
        """Send some bytes, as fast as the other end takes them.

        Raises:
            BrokenOff: it takes them too slowly, or not at all.
        """
        self._writer.write(block)
        await _in_time(self._writer.drain())

    async def linger(self) -> None:
        """Let an answer arrive at somebody who is still sending: a reset would overtake it."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        try:
            async with asyncio.timeout(_LINGER_S):
                while await self._reader.read(BLOCK_BYTES):
                    pass
        except (TimeoutError, OSError):
            pass


async def _in_time(step: Coroutine[Any, Any, _Result]) -> _Result:
    try:
        async with asyncio.timeout(BLOCK_S):
            return await step
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as exc:
        raise BrokenOff from exc
