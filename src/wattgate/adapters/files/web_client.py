"""Files from and to the web servers of backends, on http.client."""

import base64
import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final

from wattgate.adapters.files.reaching import (
    BLOCK_BYTES,
    TIMEOUT_S,
    ContextSource,
    connected,
    secured,
)
from wattgate.adapters.files.threads import Stop
from wattgate.core.files.locations import Location, Unusable, redirected
from wattgate.core.files.transfers import Received
from wattgate.ports.files import Progress, Reach, TransferFailed

_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SAME_AGAIN: Final = frozenset({307, 308})
"""Redirects after which an upload is to be repeated as it was (RFC 9110 §15.4)."""

_PASSING: Final = frozenset({408, 425, 429})
"""Client errors that may be none the next time."""


class WebClient:
    """HTTP and HTTPS; every method blocks, and belongs into a thread."""

    def __init__(self, contexts: ContextSource) -> None:
        self._contexts = contexts

    def fetch(
        self, location: Location, path: Path, reach: Reach, progress: Progress, stop: Stop
    ) -> None:
        """Write what is there to `path`; raises OSError, HTTPException and TransferFailed."""
        for _ in range(_MOST_REDIRECTS + 1):
            with closing(self._connection(location, reach, stop)) as connection:
                connection.request("GET", location.target, headers=_headers_for(location))
                with closing(connection.getresponse()) as answer:
                    if answer.status in _REDIRECTS:
                        location = _led_on(location, answer)
                        continue
                    _expect_success(answer.status, answer.reason)
                    stop.check()
                    with path.open("wb") as file:
                        _write(answer, file, reach.max_bytes, progress, stop)
                    return
        raise TransferFailed("the server leads on and on", is_final=True)

    def deliver(
        self, location: Location, path: Path, received: Received, reach: Reach, stop: Stop
    ) -> None:
        """Send the file as the wallbox did; raises OSError, HTTPException and TransferFailed."""
        about = {name.title(): value for name, value in received.headers}
        about["Content-Length"] = str(received.size)
        for _ in range(_MOST_REDIRECTS + 1):
            headers = {**_headers_for(location), **about}
            connection = self._connection(location, reach, stop)
            with closing(connection), path.open("rb") as file:
                connection.request(received.method, location.target, _blocks(file, stop), headers)
                with closing(connection.getresponse()) as answer:
                    if answer.status in _SAME_AGAIN:
                        location = _led_on(location, answer)
                        continue
                    _expect_success(answer.status, answer.reason)
                    return
        raise TransferFailed("the server leads on and on", is_final=True)

    def _connection(
        self, location: Location, reach: Reach, stop: Stop
    ) -> http.client.HTTPConnection:
        context = self._contexts(reach.terms(location.host)) if location.is_encrypted else None
        return _Connection(location, reach, context, stop)


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was judged."""

    def __init__(
        self, location: Location, reach: Reach, context: ssl.SSLContext | None, stop: Stop
    ) -> None:
        super().__init__(location.host, location.port, timeout=TIMEOUT_S)
        self._location = location
        self._reach = reach
        self._context = context
        self._stop = stop

    def connect(self) -> None:
        """Connect, and speak TLS where that is asked for."""
        self.sock = connected(self._location, self._reach, self._stop)
        if self._context is not None:
            self.sock = secured(self.sock, self._context, self._location.host, self._stop)


def _headers_for(location: Location) -> dict[str, str]:
    headers = {"Host": location.authority, "User-Agent": "wattgate", "Accept-Encoding": "identity"}
    if location.user is not None:
        pair = f"{location.user}:{location.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _led_on(location: Location, answer: http.client.HTTPResponse) -> Location:
    there = redirected(location, answer.getheader("Location") or "")
    if isinstance(there, Unusable):
        raise TransferFailed(f"the server leads elsewhere: {there.reason}", is_final=True)
    return there


def _expect_success(status: int, reason: str) -> None:
    if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT):
        return
    is_final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    shown = "".join(char for char in reason[:60] if char.isprintable())
    raise TransferFailed(
        f"the server answered HTTP {status} {shown}".rstrip(),
        is_final=is_final and status not in _PASSING,
    )


def _write(
    answer: http.client.HTTPResponse,
    file: BinaryIO,
    max_bytes: int,
    progress: Progress,
    stop: Stop,
) -> None:
    size, written = answer.length, 0
    if size is not None and size > max_bytes:
        raise too_large(max_bytes)
    progress(size, 0)
    while block := answer.read(BLOCK_BYTES):
        stop.check()
        written += len(block)
        if written > max_bytes:
            raise too_large(max_bytes)
        file.write(block)
        file.flush()
        progress(size, written)
    if size is not None and written != size:
        raise TransferFailed("the server broke off in the middle of the file")


def too_large(max_bytes: int) -> TransferFailed:
    """Say that a file is larger than the site allows."""
    words = f"the file is larger than {max_bytes // 2**20} MiB (`max_mb` of [file_relay])"
    return TransferFailed(words, is_final=True)


def _blocks(file: BinaryIO, stop: Stop) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        stop.check()
        yield block
