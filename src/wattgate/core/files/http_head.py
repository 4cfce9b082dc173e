"""The head of an HTTP request as a value (RFC 9112), as far as transferring a file takes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final


@dataclass(frozen=True, slots=True)
class Length:
    """The body has so many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Chunks:
    """The body comes in chunks, the last of which is empty."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is answered to a request that cannot be served; `reason` is its body."""

    status: HTTPStatus
    reason: str


Body = Length | Chunks


@dataclass(frozen=True, slots=True)
class Head:
    """Method, path and headers of a request, the names of which are in lower case.

    `path` is as it was sent, without host and query. `is_old`: HTTP/1.0.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    is_old: bool = False

    def is_waiting(self) -> bool:
        """Whether the body comes only once it has been asked for (RFC 9110 §10.1.1)."""
        return self.headers.get("expect", "").lower() == "100-continue"


_LINE: Final = re.compile(r"([A-Za-z]{1,16}) (\S{1,4096}) HTTP/1\.([01])", re.ASCII)
_HEADER: Final = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*", re.ASCII
)
"""No control characters: what is kept of an upload is said to another server as well."""

_WITH_HOST: Final = re.compile(r"https?://[^/?#]*", re.ASCII | re.IGNORECASE)
_SIZE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_ONCE: Final = frozenset({"content-length", "transfer-encoding", "content-type", "host"})


def read_head(raw: bytes) -> Head | Wrong:
    """Read a request up to the empty line; `raw` may end with it."""
    text = raw.decode("latin-1").removesuffix("\r\n\r\n")
    first, *lines = text.split("\r\n")
    found = _LINE.fullmatch(first)
    if found is None:
        return Wrong(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            return Wrong(HTTPStatus.BAD_REQUEST, "a header cannot be read")
        name, value = header[1].lower(), header[2]
        if name in headers and name in _ONCE:
            return Wrong(HTTPStatus.BAD_REQUEST, f"{name} is there twice")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path = _WITH_HOST.sub("", found[2], count=1).partition("?")[0]
    return Head(found[1].upper(), path, headers, is_old=found[3] == "0")


def body_of(head: Head) -> Body | Wrong:
    """How the body of an upload comes; two opinions about its end are one too many (§6.3)."""
    coding, size = head.headers.get("transfer-encoding"), head.headers.get("content-length")
    if "content-range" in head.headers:
        return Wrong(HTTPStatus.BAD_REQUEST, "a file is taken as a whole only")
    if coding is not None and (size is not None or head.is_old):
        return Wrong(HTTPStatus.BAD_REQUEST, "it is not clear where the file ends")
    if coding is not None:
        is_known = coding.lower() == "chunked"
        unknown = Wrong(HTTPStatus.NOT_IMPLEMENTED, "only chunked is known here")
        return Chunks() if is_known else unknown
    if size is None:
        return Wrong(HTTPStatus.LENGTH_REQUIRED, "say how long the file is, or send it in chunks")
    if _SIZE.fullmatch(size) is None:
        return Wrong(HTTPStatus.BAD_REQUEST, "content-length is no number")
    return Length(int(size))


_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n")


def chunk_size(line: bytes) -> int | None:
    """Read the line before a chunk, its end included: bytes that follow; None: unreadable."""
    found = _CHUNK.fullmatch(line)
    return int(found[1], 16) if found is not None else None
