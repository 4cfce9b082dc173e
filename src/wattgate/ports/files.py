"""Files as the runtime sees them: the servers of backends, our own for wallboxes, and a folder."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wattgate.core.files.locations import Location
from wattgate.core.files.targets import is_beside, is_public, is_same_host
from wattgate.core.files.transfers import Received
from wattgate.ports.links import TlsTerms


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the manager goes for a backend's file.

    An address that is not public is gone to only if it is `own_address`, where the backend itself
    is (empty while nobody knows), or with `into_the_house`. `own_host` is that of the backend's own
    URL: it is trusted by the terms of its OCPP link, `own_terms`; a public authority must vouch for
    any other.
    """

    own_host: str = ""
    own_address: str = ""
    own_terms: TlsTerms | None = None
    into_the_house: bool = False
    max_bytes: int = 0

    def is_own(self, host: str) -> bool:
        """Whether it is the backend's own host."""
        return bool(self.own_host) and is_same_host(host, self.own_host)

    def covers(self, address: str, ours: str) -> bool:
        """Whether this IP address may be gone to; `ours` is the one that we go there from.

        By the backend's own name alone it may not: whoever owns a name says where it leads.
        """
        is_allowed = self.into_the_house or address == self.own_address
        return is_allowed or (is_public(address) and not is_beside(address, ours))

    def awaits(self, host: str) -> bool:
        """Whether a host that is not covered may be once the backend is there."""
        return self.is_own(host) and not self.own_address

    def terms(self, host: str) -> TlsTerms:
        """By what a file server on that host is verified."""
        if self.own_terms is not None and self.is_own(host):
            return self.own_terms
        return TlsTerms("", system_roots=True)


class TransferFailed(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """A file did not come or go; `reason` in plain words, without anything secret.

    `is_final`: trying again would change nothing.
    """

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


Progress = Callable[[int | None, int], None]
"""Called with the size of a file in bytes, None while nobody has said it, and what has come."""


class FileServers(Protocol):
    """Fetches files from the servers that backends name, and delivers to them."""

    async def complaint(self, location: Location, reach: Reach) -> str | None:
        """Why this place is none of ours to go to; None where it is, or cannot be told yet."""
        ...

    async def fetch(self, location: Location, path: Path, reach: Reach, progress: Progress) -> None:
        """Write the file to `path`.

        Raises:
            TransferFailed: it has not come as a whole.
        """
        ...

    async def deliver(
        self, location: Location, path: Path, received: Received, reach: Reach
    ) -> None:
        """Hand the file at `path` over, as the wallbox did.

        Raises:
            TransferFailed: the server has not confirmed that it has it.
        """
        ...


class FileFolder(Protocol):
    """Where files are while they pass through."""

    def path(self, name: str) -> Path:
        """Give the place of a file; `name` is of letters, digits, dots and hyphens."""
        ...

    def has_room_for(self, size: int) -> bool:
        """Whether so many bytes may be written without the disk becoming full."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        ...

    def keep_only(self, names: Collection[str]) -> None:
        """Remove every other file: what a kill has left behind."""
        ...

    def keep(self, name: str, new_name: str) -> None:
        """Give a complete file its lasting name, so that a power cut takes neither from it.

        Raises:
            OSError: it could not be kept.
        """
        ...


class Counter(Protocol):
    """The port at which wallboxes fetch and bring files."""

    async def open(self) -> int:
        """Begin to listen, unless it does already; the TCP port.

        Raises:
            OSError: it cannot be listened on.
        """
        ...

    async def close(self) -> None:
        """Stop listening, and end every connection; safe to repeat."""
        ...

    def address_towards(self, host: str) -> str:
        """Our own address in the network in which that host is.

        Raises:
            OSError: there is no way to it.
        """
        ...
