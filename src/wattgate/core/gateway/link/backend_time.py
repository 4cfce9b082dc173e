"""What time it is by a backend's clock, between two of its answers (R48)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.clock import read_stamp

NOTABLE_S: Final = 5.0
"""s by which our clock and a backend's may differ without a word."""


@dataclass(frozen=True, slots=True)
class BackendTime:
    """The backend said `said` at monotonic `at` (s): from there its time goes on by itself."""

    said: datetime
    at: float

    def now(self, now: float) -> datetime:
        """Its time at monotonic `now`."""
        return self.said + timedelta(seconds=now - self.at)

    def ahead_s(self, now: float, wall: datetime) -> float:
        """How many s it is ahead of our clock, which says `wall` at `now`."""
        return (self.now(now) - wall).total_seconds()

    def is_notable(self, now: float, wall: datetime) -> bool:
        """Whether one of the two clocks must be wrong."""
        return abs(self.ahead_s(now, wall)) > NOTABLE_S


def read_backend_time(payload_text: str, now: float) -> BackendTime | None:
    """Read `currentTime` of an answer to a boot notification or heartbeat; None without sense."""
    said = read_stamp(read_scalar(payload_text, ("currentTime",)))
    return None if said is None else BackendTime(said, now)
