"""The connections that were not let in: remembered for people, and said in the log (P9, P10)."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from wattgate.core.ocpp.door import host_in
from wattgate.core.security.attempts import Attempts
from wattgate.ports.clock import Clock

log = structlog.get_logger()

REMEMBERED: Final = 200
"""Refused attempts that are kept for the user; the same from the same host is one."""

LOGGED: Final = 20
"""Lines in a row that the log takes; a flood must not fill the disk."""

LOGGED_AGAIN_S: Final = 3.0
"""s until it takes one more; how many were left out it says."""

_Kind = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class RefusedAttempt:
    """A connection that was not let in, and why, in words for a person.

    `times`: how often the same has come from that host; `at` and `address` are those of the last.
    """

    at: datetime
    address: str
    claimed_id: str | None
    reason: str
    times: int = 1


class RefusedAttempts:
    """Of more than it remembers it forgets the oldest, before others those without an id."""

    def __init__(self, clock: Clock) -> None:
        self.count = 0
        """Since the start, those no longer remembered included."""
        self._clock = clock
        self._kept: OrderedDict[_Kind, RefusedAttempt] = OrderedDict()
        self._lines = Attempts(LOGGED, LOGGED_AGAIN_S)
        self._left_out = 0

    def newest_first(self) -> tuple[RefusedAttempt, ...]:
        """What is remembered."""
        return tuple(reversed(self._kept.values()))

    def note(self, address: str, reason: str, claimed_id: str | None) -> None:
        """Remember an attempt."""
        self.count += 1
        attempt = RefusedAttempt(self._clock.wall(), address, claimed_id, reason)
        kind = (host_in(address), claimed_id, reason)
        before = self._kept.pop(kind, None)
        self._kept[kind] = replace(attempt, times=before.times + 1) if before else attempt
        if len(self._kept) > REMEMBERED:
            del self._kept[self._least_worth()]
        self._say(attempt)

    def _least_worth(self) -> _Kind:
        """Who floods the port names no id; who names one may be a wallbox that needs help."""
        oldest = next(iter(self._kept))
        return next((kind for kind in self._kept if kind[1] is None), oldest)

    def _say(self, attempt: RefusedAttempt) -> None:
        if not self._lines.take("", self._clock.monotonic()):
            self._left_out += 1
            return
        more = {"left_out": self._left_out} if self._left_out else {}
        self._left_out = 0
        log.warning(
            "connection refused",
            address=attempt.address,
            id=attempt.claimed_id,
            reason=attempt.reason,
            **more,
        )
