"""What a grant said of the limits to come, and whether that is still what the backends allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wattgate.core.ocpp.profiles import Period
from wattgate.core.units import chargeable


@dataclass(frozen=True, slots=True)
class SaidCaps:
    """What was said with a grant of `grant_a` A per phase that was given at `start`.

    `caps` are what the backends allowed then, s after `start` and A per phase; the grant lasts
    `lifetime_s`.
    """

    grant_a: float
    start: datetime
    lifetime_s: int
    caps: tuple[Period, ...]

    def is_outdated(self, caps: tuple[Period, ...], now: datetime) -> bool:
        """Whether the backends let the rest of the grant take another course than was said.

        `caps` are what they allow at present, s after `now`.
        """
        until = self.start + timedelta(seconds=self.lifetime_s)
        said = list(self._course(self.caps, self.start))
        seen = max(now, self.start)  # a clock that was set back may be before the start
        now_a = [limit_a for at, limit_a in said if at <= seen][-1]
        (_, present_a), *ahead = self._course(caps, now)
        rest = [change for change in said if change[0] > seen]
        return now_a != present_a or rest != [change for change in ahead if change[0] < until]

    def _course(
        self, caps: tuple[Period, ...], start: datetime
    ) -> Iterator[tuple[datetime, float]]:
        """From when on the grant is what, as it is told; its end is not said."""
        before_a = None
        for cap in caps:
            limit_a = chargeable(min(self.grant_a, cap.limit))
            if limit_a != before_a and cap.start_s < self.lifetime_s:
                yield start + timedelta(seconds=cap.start_s), limit_a
            before_a = limit_a
