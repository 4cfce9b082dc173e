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
        At this moment it does not count: the limit itself follows that.
        """
        until = self.start + timedelta(seconds=self.lifetime_s)
        said = [change for change in self._changes(self.caps, self.start) if change[0] > now]
        return said != [change for change in self._changes(caps, now) if change[0] < until]

    def _changes(
        self, caps: tuple[Period, ...], start: datetime
    ) -> Iterator[tuple[datetime, float]]:
        """When after `start`, and to what, the grant changes; none after its end was said."""
        end_s = self.lifetime_s
        before_a = chargeable(self.grant_a)
        for cap in caps:
            limit_a = chargeable(min(self.grant_a, cap.limit))
            if cap.start_s > 0 and limit_a != before_a and cap.start_s < end_s:
                yield start + timedelta(seconds=cap.start_s), limit_a
            before_a = limit_a
