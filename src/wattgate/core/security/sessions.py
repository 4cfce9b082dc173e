"""Logins of a browser: how many there may be, and when each ends by itself.

The cookie that proves one is not kept, only its digest.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

IDLE_S: Final = 12 * 3600.0
"""s without a request after which a session ends."""

LONGEST_S: Final = 7 * 24 * 3600.0
"""s after which a session ends whatever it does."""

MOST: Final = 32
"""Sessions at a time; of more, the one that has been idle longest ends."""


@dataclass(slots=True)
class Session:
    """One login. `csrf_token` is what its own pages prove themselves with; times monotonic, s."""

    digest: bytes = field(repr=False)
    csrf_token: str = field(repr=False)
    began_at: float
    used_at: float

    def left_s(self, now: float) -> float:
        """For how long it still counts without a request; 0 or less: it has ended."""
        return min(self.used_at + IDLE_S, self.began_at + LONGEST_S) - now


class Sessions:
    """All sessions, the one idle longest first."""

    def __init__(self) -> None:
        self._by_digest: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_digest)

    def begin(self, digest: bytes, csrf_token: str, now: float) -> Session:
        """Begin one whose cookie has this digest."""
        session = Session(digest, csrf_token, now, now)
        self._by_digest[digest] = session
        if len(self._by_digest) > MOST:
            self._by_digest.popitem(last=False)
        return session

    def use(self, digest: bytes, now: float) -> Session | None:
        """Find the session of a cookie for one more request; None where it has ended."""
        # Looking a digest up tells by its time nothing about the cookie behind it.
        session = self._by_digest.get(digest)
        if session is None:
            return None
        if session.left_s(now) <= 0:
            self.end(digest)
            return None
        session.used_at = now
        self._by_digest.move_to_end(digest)
        return session

    def end(self, digest: bytes) -> None:
        """End one; safe to repeat."""
        self._by_digest.pop(digest, None)

    def end_all(self) -> None:
        """End every one: the password has changed."""
        self._by_digest.clear()
