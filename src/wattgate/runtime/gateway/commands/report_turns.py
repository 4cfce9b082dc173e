"""Whose turn it is among the commands of a backend that only listens (R106)."""

from collections import deque
from collections.abc import Callable
from typing import Final

MAX_WAITING: Final = 16
"""Commands of one such backend that wait for the wallbox; what comes beyond is refused."""


class ReportTurns:
    """Lets one of them through at a time, so that nobody else waits for more than one."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_busy = False

    def begin(self, work: Callable[[], None]) -> bool:
        """Do it when its turn comes; False where too many wait already.

        Whoever does it says `ended`, once, when it has.
        """
        if self._is_busy:
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(work)
            return True
        self._is_busy = True
        work()
        return True

    def ended(self) -> None:
        """What was begun has ended: the next may."""
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._is_busy = False
