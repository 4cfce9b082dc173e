"""Answers one request of a wallbox for a file, or with one (RFC 9110)."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final, Literal

import structlog

from wattgate.adapters.files.http_lines import BLOCK_BYTES, BrokenOff, HttpStream
from wattgate.core.files.http_head import Head, Length, Wrong, body_of
from wattgate.core.files.ranges import Span, span_of
from wattgate.core.files.rewriting import Direction
from wattgate.core.files.transfers import KEPT_HEADERS, Received
from wattgate.ports.clock import Clock
from wattgate.ports.files import FileFolder
from wattgate.ports.store import StoreFailed
from wattgate.runtime.files.desk import PART, Desk, Refused, Visit
from wattgate.runtime.files.growing import GrowingFile

log = structlog.get_logger()

SIZE_S: Final = 60.0
"""s that a wallbox waits until the backend's server has begun to send."""

_METHODS: Final = {
    Direction.DOWNLOAD: ("GET", "HEAD"),
    Direction.UPLOAD: ("PUT", "POST"),
}
_LONGEST_HEADER: Final = 1000


class Serving:
    """Gives and takes files at the desk."""

    def __init__(self, desk: Desk, folder: FileFolder, clock: Clock) -> None:
        self._desk = desk
        self._folder = folder
        self._clock = clock

    async def serve(self, stream: HttpStream, visit: Visit, head: Head) -> None:
        """Answer a request at an address that is known; raises BrokenOff."""
        allowed = _METHODS[visit.transfer.direction]
        if head.method not in allowed:
            await stream.answer(
                HTTPStatus.METHOD_NOT_ALLOWED, "not here", {"Allow": ", ".join(allowed)}
            )
        elif visit.transfer.direction is Direction.DOWNLOAD:
            await self._give(stream, visit, head)
        else:
            await self._take(stream, visit, head)

    # To the wallbox

    async def _give(self, stream: HttpStream, visit: Visit, head: Head) -> None:
        file = self._desk.firmware(visit)
        size = await _size_of(file)
        if size is None:
            await stream.answer(HTTPStatus.BAD_GATEWAY, "the file has not come from its server")
            return
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{file.tag}"'}
        span = span_of(_range_asked(head, file.tag), size)
        if span is None:
            about = {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
            await stream.begin(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {**headers, **about})
            return
        headers |= {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(span.end - span.start),
        }
        if not span.is_whole:
            headers["Content-Range"] = span.content_range
        status = HTTPStatus.OK if span.is_whole else HTTPStatus.PARTIAL_CONTENT
        await stream.begin(status, headers)
        if head.method == "GET":
            await _send(stream, file, span)
            if span.end == size:
                self._desk.served(visit)

    # From the wallbox

    async def _take(self, stream: HttpStream, visit: Visit, head: Head) -> None:
        body = body_of(head)
        if isinstance(body, Wrong):
            await stream.answer(body.status, body.reason)
            await stream.linger()
            return
        refused = self._desk.refusal(visit, body.size if isinstance(body, Length) else 0)
        if refused is not None:
            await _refuse(stream, refused)
            return
        if head.is_waiting():
            await stream.go_on()
        name = self._desk.new_name()
        try:
            written = await self._write(stream.body(body), visit, name + PART)
            if isinstance(written, Refused):
                await _refuse(stream, written)
                return
            received = Received(
                name=name,
                size=written,
                at=self._clock.wall(),
                method=head.method,
                names=visit.names,
                headers=_kept(head),
            )
            await self._confirm(stream, visit, received)
        finally:
            self._folder.remove(name + PART)

    async def _write(self, blocks: AsyncIterator[bytes], visit: Visit, name: str) -> int | Refused:
        written = 0
        try:
            with _opened(self._folder.path(name), "wb") as file:
                async for block in blocks:
                    written += len(block)
                    refused = self._desk.refusal(visit, written)
                    if refused is not None:
                        return refused
                    await asyncio.to_thread(file.write, block)
        except OSError as exc:
            log.warning("a file could not be written", reason=exc.strerror)
            return Refused("it could not be written")
        return written

    async def _confirm(self, stream: HttpStream, visit: Visit, received: Received) -> None:
        """It is confirmed only where it would outlast a power cut."""
        try:
            is_kept = await self._desk.take(visit, received)
        except (StoreFailed, OSError) as exc:
            log.warning("a file could not be kept", reason=str(exc))
            await stream.answer(HTTPStatus.INSUFFICIENT_STORAGE, "it could not be kept")
            return
        if not is_kept:
            await stream.answer(HTTPStatus.GONE, "nobody waits for it any more")
        elif received.method == "PUT":
            await stream.answer(HTTPStatus.CREATED)
        else:
            await stream.answer(HTTPStatus.OK)


async def _size_of(file: GrowingFile) -> int | None:
    try:
        async with asyncio.timeout(SIZE_S):
            return await file.until_sized()
    except TimeoutError:
        return None


def _range_asked(head: Head, tag: str) -> str | None:
    """The part that is asked for, unless that was to be of another file (RFC 9110 §13.1.5)."""
    condition = head.headers.get("if-range")
    is_another = condition is not None and condition.strip() != f'"{tag}"'
    return None if is_another else head.headers.get("range")


async def _send(stream: HttpStream, file: GrowingFile, span: Span) -> None:
    """Send it as it comes; where it does not come to its end, hang up, so that this is seen."""
    at = span.start
    with _opened(file.path, "rb") as content:
        content.seek(at)
        while at < span.end:
            there = min(await file.until(at), span.end)
            if there <= at:
                raise BrokenOff
            block = await asyncio.to_thread(content.read, min(there - at, BLOCK_BYTES))
            if not block:
                raise BrokenOff
            await stream.send(block)
            at += len(block)


async def _refuse(stream: HttpStream, refused: Refused) -> None:
    status = HTTPStatus.INSUFFICIENT_STORAGE
    if refused.is_too_large:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    await stream.answer(status, refused.reason)
    await stream.linger()


def _kept(head: Head) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value[:_LONGEST_HEADER])
        for name in KEPT_HEADERS
        if (value := head.headers.get(name)) is not None
    )


def _opened(path: Path, mode: Literal["rb", "wb"]) -> BinaryIO:
    return path.open(mode)
