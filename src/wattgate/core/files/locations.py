"""Where a backend keeps or expects a file: the `location` of its commands (OCPP 1.6 §6.17)."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit


class Scheme(StrEnum):
    """Ways to transfer a file that we know ourselves."""

    HTTP = "http"
    HTTPS = "https"
    FTP = "ftp"
    FTPS = "ftps"


IMPLICIT_FTPS: Final = 990
"""The port of FTP that is encrypted from its first byte; at any other one it begins in plain."""

_PORTS: Final = {
    Scheme.HTTP: 80,
    Scheme.HTTPS: 443,
    Scheme.FTP: 21,
    Scheme.FTPS: IMPLICIT_FTPS,
}

_UNNAMED: Final = "diagnostics.bin"
"""What a file is called on an FTP server where nobody has named it."""

_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Location:
    """A URL in its parts; `path` begins with a slash, it and `query` are as they were written.

    `user` and `password` are None where the URL names none, and are decoded.
    """

    scheme: Scheme
    host: str
    port: int
    path: str
    query: str = field(default="", repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The last part of its path, as it was written; empty where it is a folder."""
        return self.path.rpartition("/")[2]

    @property
    def is_encrypted(self) -> bool:
        """Whether the file goes through TLS."""
        return self.scheme in (Scheme.HTTPS, Scheme.FTPS)

    @property
    def is_ftp(self) -> bool:
        """Whether a server for files alone is meant, which has no URLs of its own."""
        return self.scheme in (Scheme.FTP, Scheme.FTPS)

    @property
    def target(self) -> str:
        """Path and query, as an HTTP request names them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def authority(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def shown(self) -> str:
        """What anybody may read of it: no user, no password, and no query, which may hold a key."""
        hidden = "?(masked)" if self.query else ""
        return f"{self.scheme}://{self.authority}{self.path}{hidden}"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A location that is left to the wallbox; `reason` never repeats it."""

    reason: str


def read_location(text: str) -> Location | Unusable:
    """Read what a backend has sent."""
    if any(character <= " " or character == "\x7f" for character in text):
        return Unusable("it has white space in it")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return Unusable("its host or port cannot be read")
    return _location(parts, port)


def _location(parts: SplitResult, port: int | None) -> Location | Unusable:
    scheme = parts.scheme.lower()
    if scheme not in frozenset(Scheme):
        return Unusable(f"we do not know {scheme[:20]!a} as a way to transfer files")
    if not parts.hostname or not parts.hostname.isascii():
        return Unusable("it names no host that we can look up")
    known = Scheme(scheme)
    path = parts.path if known in (Scheme.FTP, Scheme.FTPS) else quote(parts.path, safe=_SAFE)
    user, password = (_decoded(each) for each in (parts.username, parts.password))
    location = Location(
        known,
        parts.hostname,
        port or _PORTS[known],
        path or "/",
        quote(parts.query, safe=_SAFE),
        user,
        password,
    )
    return Unusable("it has line ends in it") if _has_line_ends(location) else location


_SAFE: Final = "/%:@!$&'()*+,;=?~"
"""What stays as it is in a path and a query: also what is encoded already."""


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _has_line_ends(location: Location) -> bool:
    """Whether one of its parts would become another command on the wire of an FTP server."""
    parts = (unquote(location.path), location.user or "", location.password or "")
    return any(character in part for part in parts for character in "\r\n\0")


def redirected(location: Location, target: str) -> Location | Unusable:
    """Where a web server sends whoever asked for `location`; `target` is its `Location` header.

    User and password stay with the host that they are for. From TLS nobody is led out of it.
    """
    if target.startswith("/") and not target.startswith("//"):
        target = f"{location.scheme}://{location.authority}{target}"
    there = read_location(target)
    if isinstance(there, Unusable):
        return there
    if there.is_ftp or (location.is_encrypted and not there.is_encrypted):
        return Unusable(f"it leads from {location.scheme} to {there.scheme}")
    if (there.host, there.port) == (location.host, location.port) and there.user is None:
        return replace(there, user=location.user, password=location.password)
    return there


def names_behind(path: str) -> tuple[str, ...] | None:
    """The names that a wallbox has put behind an address of ours, decoded; None: it may not.

    `path` is percent-encoded and begins with a slash, or is empty. A name can lead nowhere else.
    """
    names = tuple(unquote(part, errors="replace") for part in path.split("/") if part)
    return names if all(map(_is_name, names)) else None


def _is_name(name: str) -> bool:
    harmless = name.isprintable() and not any(mark in name for mark in "/\\")
    return harmless and name not in (".", "..") and len(name.encode()) <= _LONGEST_NAME


def destination_of(location: Location, names: tuple[str, ...]) -> Location:
    """Where a file goes that a wallbox has put under `names` behind an address of ours.

    A location with a query is one file's own already, as a signed address is: nothing is put
    behind its path.
    """
    if names and not location.query:
        folder = location.path.rstrip("/")
        tail = "/".join(quote(name, safe="") for name in names)
        return replace(location, path=f"{folder}/{tail}")
    if location.is_ftp and not location.name:
        return replace(location, path=f"{location.path}{_UNNAMED}")
    return location
