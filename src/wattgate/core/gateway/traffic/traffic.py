"""What the traffic view remembers: the last frames of a link, what became of each (R79, R121)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from wattgate.core.gateway.policy import POLICY


class Direction(StrEnum):
    """Seen from the manager."""

    IN = "in"
    OUT = "out"


class Kind(StrEnum):
    """The message types of OCPP-J 1.6 §4.2."""

    CALL = "call"
    RESULT = "result"
    ERROR = "error"
    JUNK = "junk"
    """No frame at all."""


class Handling(StrEnum):
    """What became of a frame."""

    OPEN = "open"
    """Nothing yet, or its link went before."""
    FORWARDED = "forwarded"
    """Passed on, or passed on to here, with the payload as it came."""
    REWRITTEN = "rewritten"
    """Passed on with other ids, or without what stays here."""
    STORED = "stored"
    """Kept, and on its way through the backend's queue."""
    ANSWERED = "answered"
    """Answered by the gateway; and that very answer."""
    ABSORBED = "absorbed"
    """Taken note of, and passed on to nobody."""
    REJECTED = "rejected"
    """Refused or not usable; and that very refusal."""
    OWN = "own"
    """A CALL of the manager itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a frame, and in a few words why."""

    handling: Handling
    reason: str = ""


OPEN: Final = Verdict(Handling.OPEN)


@dataclass(slots=True)
class Entry:
    """One frame; all but `verdict` is settled when it is recorded.

    `number` orders the frames of all links. `text` has its secrets masked, and is cut where the
    length that it had, `chars`, is larger than MAX_CHARS. `action` is that of the CALL, also for an
    answer, and empty where nobody knows; `answers` is the number of that CALL. `left_out` frames of
    the link came or went since the one before and were not recorded, because there were too many.
    """

    number: int
    at: datetime
    link: str
    direction: Direction
    kind: Kind
    unique_id: str
    action: str
    text: str
    chars: int
    answers: int | None = None
    left_out: int = 0
    verdict: Verdict = OPEN


MAX_FRAMES: Final = 500
MAX_BYTES: Final = 2**20
"""What is remembered of one link."""

MAX_CHARS: Final = 32_768
"""Of a longer frame only its head is remembered: its payload is not looked into."""


@dataclass(slots=True)
class Ring:
    """The last frames of one link; the oldest go where they are too many or too large."""

    max_frames: int = MAX_FRAMES
    max_bytes: int = MAX_BYTES
    size_bytes: int = 0
    left_out: int = 0
    _entries: deque[Entry] = field(default_factory=deque)

    def add(self, entry: Entry) -> None:
        """Remember a frame."""
        entry.left_out, self.left_out = self.left_out, 0
        self._entries.append(entry)
        self.size_bytes += _bytes(entry)
        while len(self._entries) > self.max_frames or self.size_bytes > self.max_bytes:
            self.size_bytes -= _bytes(self._entries.popleft())

    def entries(self) -> tuple[Entry, ...]:
        """What is remembered, oldest first."""
        return tuple(self._entries)


BURST: Final = 100
PER_S: Final = 5.0
"""CALLs of one direction of a link that are recorded: at once, and per s over a long time.

A wallbox sends a few in a minute. One that sends hundreds in a second shall not cost the gateway
more for being watched than for being served.
"""


@dataclass(slots=True)
class Budget:
    """How many more CALLs may be recorded; `now` is in monotonic seconds."""

    left: float = BURST
    since: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more may be recorded, which is then taken off."""
        left = min(BURST, self.left + (now - self.since) * PER_S)
        if left < 1:
            return False
        self.left, self.since = left - 1, now
        return True


def merged(rings: Iterable[Ring], after: int | None, limit: int) -> tuple[Entry, ...]:
    """The frames of several links in the order in which they were seen, at most `limit`.

    Those behind the number `after`, the oldest of them first; None: the newest.
    """
    entries = sorted(
        (entry for ring in rings for entry in ring.entries() if entry.number > (after or 0)),
        key=lambda entry: entry.number,
    )
    return tuple(entries[-limit:] if after is None else entries[:limit])


def by_the_table(action: str) -> str:
    """Why the gateway answers this message itself, where nothing better is known."""
    rule = POLICY.get(action)
    return f"by the gateway ({rule.rules})" if rule is not None and rule.rules else "by the gateway"


def _bytes(entry: Entry) -> int:
    """At most; a character is one to four bytes in memory."""
    return len(entry.text) * (1 if entry.text.isascii() else 4)
