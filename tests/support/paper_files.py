"""File servers, a folder and a file port on paper, for sites in virtual time."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.support.virtual_time import ScriptedIdentifiers

from wattgate.core.files.locations import Location
from wattgate.core.files.transfers import Received
from wattgate.ports.files import Progress, Reach, TransferFailed
from wattgate.runtime.files.desk import Desk
from wattgate.runtime.files.surroundings import Outside


class TokenIdentifiers(ScriptedIdentifiers):
    """With salts that differ, as tokens have to."""

    def __init__(self, message_ids: Iterable[str] = ()) -> None:
        super().__init__(message_ids)
        self._salts = (n.to_bytes(32, "big") for n in count(1))

    def salt(self) -> bytes:
        return next(self._salts)


@dataclass
class PaperFiles:
    """All of it. `failures` are what the servers say first, one per request.

    `parts` of a file come before its failure, where that is to come in the middle.
    """

    failures: list[TransferFailed] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    size: int = 1000
    complaint_of: Callable[[Location, Reach], str | None] = lambda _, __: None
    fetched: list[str] = field(default_factory=list)
    delivered: list[tuple[str, str]] = field(default_factory=list)
    """Place and name of the file, of every attempt."""
    reaches: list[Reach] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    """What is in the folder."""
    room: int = 2**40
    opened: int = 0
    port_in_use: bool = False
    desk: Desk | None = None

    def outside(self) -> Outside:
        return Outside(self, self, self._counter)

    def _counter(self, desk: Desk) -> "PaperFiles":
        self.desk = desk
        return self

    # FileServers

    async def complaint(self, location: Location, reach: Reach) -> str | None:
        return self.complaint_of(location, reach)

    async def fetch(self, location: Location, path: Path, reach: Reach, progress: Progress) -> None:
        self.fetched.append(location.shown())
        self.reaches.append(reach)
        self.there.add(path.name)
        progress(self.size, 0)
        if self.failures:
            if self.parts:
                progress(self.size, self.parts.pop(0))
            raise self.failures.pop(0)
        progress(self.size, self.size)

    async def deliver(
        self, location: Location, path: Path, received: Received, reach: Reach
    ) -> None:
        assert path.name in self.there
        self.delivered.append((location.shown(), received.name))
        self.reaches.append(reach)
        if self.failures:
            raise self.failures.pop(0)

    # FileFolder

    def path(self, name: str) -> Path:
        return Path(name)

    def has_room_for(self, size: int) -> bool:
        return size <= self.room

    def remove(self, name: str) -> None:
        self.there.discard(name)

    def keep_only(self, names: Collection[str]) -> None:
        self.there &= set(names)

    def keep(self, name: str, new_name: str) -> None:
        self.there.remove(name)
        self.there.add(new_name)

    # Counter

    async def open(self) -> int:
        if self.port_in_use:
            raise OSError(98, "Address already in use")
        self.opened += 1
        return 19522

    async def close(self) -> None:
        self.opened = 0

    def address_towards(self, host: str) -> str:
        return "2001:db8::1" if ":" in host else "192.0.2.1"
