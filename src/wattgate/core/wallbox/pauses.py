"""Times without current that a Power Brain takes by itself: to wake a car, to switch phases."""

from dataclasses import dataclass
from math import ceil


@dataclass(slots=True)
class PilotCut:
    """The control pilot is off the car up to `until` (monotonic s), None while it is on."""

    until: float | None = None

    def ask(self, duration_s: int, now: float) -> None:
        """Cut it for so long; while it is cut already nothing but 0 counts, and that ends it."""
        if self.until is None or duration_s == 0:
            self.until = now + duration_s if duration_s else None

    def left_s(self, now: float) -> int:
        """Whole s that are left of it, at least 1 while it is cut."""
        return 0 if self.until is None else max(1, ceil(self.until - now))

    def settle(self, now: float) -> None:
        """Let time pass."""
        if self.until is not None and now >= self.until:
            self.until = None


@dataclass(slots=True)
class PhaseSwitch:
    """How many phases are used, how many are wanted, and the pause between.

    A car must not see its phases change while it charges: it is paused, the contactor opens, the
    pilot is cut, and all that lasts up to `until` (monotonic s).
    """

    used: int
    wanted: int
    until: float | None = None

    def settle(self, now: float, pause_s: float | None) -> None:
        """Switch where that may be.

        `pause_s` is how long the car that is plugged in has to pause; 0: there is none; None: while
        it is plugged in nothing may be switched.
        """
        if self.until is not None and now >= self.until:
            self.until = None
        if self.used == self.wanted or pause_s is None:
            return
        self.used = self.wanted
        if pause_s > 0 and self.until is None:
            self.until = now + pause_s
