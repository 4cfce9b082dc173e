"""What one connector's grant told its wallbox of the limits that the backends set (R97)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from wattgate.core.charging.said_caps import SaidCaps
from wattgate.core.gateway.profiles.allowances import Allowance, common_course
from wattgate.core.gateway.profiles.courses import Course

Allowances = tuple[Allowance, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told, and of which profiles: while they are the same, so is what they allow."""

    caps: SaidCaps
    of: Allowances

    @property
    def course(self) -> Course:
        """What they allow, s from when it was told."""
        return self.caps.caps


class CapsTold:
    """Says what the backends allow in a grant's life, and notices when that has changed since.

    `allowances` are those of the moment, `wall` the time, `phases` those of the EVSE.
    """

    def __init__(
        self,
        allowances: Callable[[], Allowances],
        wall: Callable[[], datetime],
        phases: Callable[[], int],
    ) -> None:
        self._allowances = allowances
        self._wall = wall
        self._phases = phases
        self._told: Told | None = None

    def for_grant(self, current_a: float, lifetime_s: int) -> Told:
        """What to tell with a grant that goes out now; it counts once it is `told`."""
        start, allowances = self._now(), self._allowances()
        course = self._course(allowances, start, lifetime_s)
        return Told(SaidCaps(current_a, start, lifetime_s, course), allowances)

    def told(self, what: Told) -> None:
        """The wallbox has accepted it: a newer one may be on its way."""
        self._told = what

    @property
    def is_outdated(self) -> bool:
        """Whether the backends let the grant end differently from what the wallbox was told."""
        if self._told is None:
            return False
        allowances, now = self._allowances(), self._now()
        if allowances == self._told.of:
            return False
        said = self._told.caps
        return said.is_outdated(self._course(allowances, now, said.lifetime_s), now)

    def least_within_a(self, seconds: int) -> float:
        """A per phase that the backends allow in all of the next `seconds`, 1 at least."""
        course = self._course(self._allowances(), self._now(), seconds)
        return min(period.limit for period in course)

    def _now(self) -> datetime:
        return self._wall().replace(microsecond=0)

    def _course(self, allowances: Allowances, start: datetime, seconds: int) -> Course:
        return common_course(allowances, start, seconds, most_a=float("inf"), phases=self._phases())
