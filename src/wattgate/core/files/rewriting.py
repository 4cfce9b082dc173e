"""Which commands name a place for a file, and the address of ours that takes its place (R87)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from json.encoder import encode_basestring_ascii
from typing import Final

from wattgate.core.files.locations import Location
from wattgate.core.ocpp.splice import Path, read_scalar, replace_scalar
from wattgate.core.station.clock import read_stamp


class Direction(StrEnum):
    """Which way a file goes, as the wallbox sees it."""

    DOWNLOAD = "download"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Where a command names the place, and which way the file goes."""

    path: Path
    direction: Direction


RELAYED: Final[Mapping[str, Rewriting]] = {
    "UpdateFirmware": Rewriting(("location",), Direction.DOWNLOAD),
    "GetDiagnostics": Rewriting(("location",), Direction.UPLOAD),
    "GetLog": Rewriting(("log", "remoteLocation"), Direction.UPLOAD),
}
"""By action. SignedUpdateFirmware is none of them: it is passed on as it is, for ever (R39)."""

TOKEN: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""The secret part of an address of ours: 32 bytes that nobody can guess."""

UNDER: Final = "/relay/"
"""What stands before the token in an address of ours."""
_LATEST: Final = timedelta(days=90)
"""How far ahead a backend may put the time at which a wallbox fetches its firmware."""


def location_in(action: str, payload_text: str) -> str | None:
    """The place that a command names; None where there is none, or it is no text."""
    rewriting = RELAYED.get(action)
    found = read_scalar(payload_text, rewriting.path) if rewriting is not None else None
    return found if isinstance(found, str) else None


def with_location(action: str, payload_text: str, url: str) -> str:
    """The payload of a command of `RELAYED` with another place in it, the rest to the letter."""
    return replace_scalar(payload_text, RELAYED[action].path, encode_basestring_ascii(url))


def our_url(base_url: str, token: str, direction: Direction, location: Location) -> str:
    """The address that a wallbox is told in place of `location`.

    Firmware keeps its name, since some wallboxes tell by it what the file is; the place for an
    upload ends with a slash where the backend's does, since wallboxes put a name behind it.
    """
    tail = f"/{location.name}"
    if direction is Direction.UPLOAD:
        tail = "/" if location.path.endswith("/") else ""
    return f"{base_url.rstrip('/')}{UNDER}{token}{tail}"


def token_in(path: str, behind: str = "") -> tuple[str, str] | None:
    """The token in the path of a request, and what the wallbox has put behind it.

    `behind` is the path of the address that it was told, which may be one of a proxy. What is put
    behind begins with a slash: some wallboxes leave it out.
    """
    rest = path.removeprefix(behind.rstrip("/")).removeprefix(UNDER)
    found = TOKEN.match(rest)
    if found is None:
        return None
    name = rest[found.end() :]
    return found[0], f"/{name}" if name and not name.startswith("/") else name


def ends_at(payload_text: str, now: datetime, lifetime: timedelta) -> datetime:
    """Until when a wallbox may use the address: firmware is fetched at a time of its own."""
    fetched_at = read_stamp(read_scalar(payload_text, ("retrieveDate",)))
    begins_at = now if fetched_at is None else min(max(now, fetched_at), now + _LATEST)
    return begins_at + lifetime
