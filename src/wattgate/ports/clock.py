"""Time as the runtime sees it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one that never jumps, and the one on the wall."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back. The event loop's own time."""
        ...

    def wall(self) -> datetime:
        """Date and time in UTC, timezone-aware; may jump."""
        ...

    def is_synchronised(self) -> bool:
        """Whether a time server keeps the clock on the wall; false where that cannot be known."""
        ...
