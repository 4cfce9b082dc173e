"""Where connections wait until they have said who they are: some of it is for regulars (S3)."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from wattgate.adapters.sockets.lobby import Lobby
from wattgate.core.security.regulars import Regulars

Visitor = TypeVar("Visitor", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Room:
    """How many may wait: `places` altogether, `per_host` of one host in each part.

    `kept` of the places are for hosts that have proved before who they are: a flood of strangers
    never takes those.
    """

    places: int = 256
    per_host: int = 128
    kept: int = 64


class WaitingRoom(Generic[Visitor]):
    """A regular goes to the part that is kept, and among the strangers where that is full."""

    def __init__(self, room: Room) -> None:
        self._strangers: Lobby[Visitor] = Lobby(room.places - room.kept, room.per_host)
        self._kept: Lobby[Visitor] = Lobby(room.kept, room.per_host)
        self.regulars = Regulars()

    def enter(self, visitor: Visitor, host: str) -> Visitor | None:
        """Let a visitor in; gives the one who had to leave for it, if any."""
        is_kept = self.regulars.knows(host) and self._kept.has_room_for(host)
        return (self._kept if is_kept else self._strangers).enter(visitor, host)

    def leave(self, visitor: Visitor) -> None:
        """Let a visitor go; safe to repeat."""
        self._strangers.leave(visitor)
        self._kept.leave(visitor)
