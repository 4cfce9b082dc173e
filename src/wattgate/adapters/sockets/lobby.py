"""Room for connections that have not said who they are, and who must leave when it is full (S3)."""

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

Visitor = TypeVar("Visitor", bound=Hashable)


class Lobby(Generic[Visitor]):
    """Holds at most `room` visitors, of one host at most `per_host`; None: any number.

    When it is full, the one who has waited longest of the host with the most visitors leaves: a
    genuine wallbox speaks within milliseconds, whoever floods the port keeps silent, and so a
    flood from one host does not shut out the others.
    """

    def __init__(self, room: int, per_host: int | None = None) -> None:
        self._room = room
        self._per_host = room if per_host is None else per_host
        self._hosts: dict[Visitor, str] = {}
        self._crowds: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._hosts)

    def has_room_for(self, host: str) -> bool:
        """Whether nobody has to leave for one more of this host."""
        return len(self._hosts) < self._room and self._crowds[host] < self._per_host

    def enter(self, visitor: Visitor, host: str) -> Visitor | None:
        """Let a visitor in; gives the one who had to leave for it, if any."""
        evicted = self._who_must_leave_for(host)
        if evicted is not None:
            self.leave(evicted)
        self._hosts[visitor] = host
        self._crowds[host] += 1
        return evicted

    def leave(self, visitor: Visitor) -> None:
        """Let a visitor go; safe to repeat."""
        host = self._hosts.pop(visitor, None)
        if host is None:
            return
        self._crowds[host] -= 1
        if not self._crowds[host]:
            del self._crowds[host]

    def _who_must_leave_for(self, host: str) -> Visitor | None:
        if self._crowds[host] >= self._per_host:
            return self._longest_of(host)
        if len(self._hosts) < self._room or not self._crowds:
            return None
        return self._longest_of(max(self._crowds, key=self._crowds.__getitem__))

    def _longest_of(self, host: str) -> Visitor | None:
        return next((visitor for visitor, at in self._hosts.items() if at == host), None)
