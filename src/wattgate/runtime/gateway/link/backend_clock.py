"""A backend's clock, as far as its answers tell (R46, R48)."""

from datetime import datetime

import structlog

from wattgate.core.gateway.link.backend_time import BackendTime, read_backend_time
from wattgate.core.gateway.link.registration import LONGEST_S
from wattgate.core.ocpp.frames import CallResult
from wattgate.ports.clock import Clock
from wattgate.runtime.peer import Outcome

log = structlog.get_logger()


class BackendClock:
    """What one backend says of the time; it is asked with heartbeats."""

    def __init__(self, link_id: str, clock: Clock) -> None:
        self._link_id = link_id
        self._clock = clock
        self._time: BackendTime | None = None
        self._asked_at = clock.monotonic()
        self._is_notable = False

    def heard(self, outcome: Outcome) -> None:
        """Take over the time in the answer to a boot notification or heartbeat."""
        self._asked_at = now = self._clock.monotonic()
        text = outcome.payload_text if isinstance(outcome, CallResult) else "{}"
        time = read_backend_time(text, now)
        if time is None:
            return
        self._time, was_notable = time, self._is_notable
        wall = self._clock.wall()
        self._is_notable = time.is_notable(now, wall)
        if self._is_notable and not was_notable:
            ahead_s = round(time.ahead_s(now, wall), 1)
            log.warning("our clock and the backend's differ", link=self._link_id, ahead_s=ahead_s)

    def now(self) -> datetime | None:
        """Its time; None where it never said."""
        return None if self._time is None else self._time.now(self._clock.monotonic())

    def due_s(self, now: float) -> float:
        """S until it is to be asked again, whatever else is sent (R46)."""
        return self._asked_at + LONGEST_S - now

    @property
    def ahead_s(self) -> float | None:
        """How many s it is ahead of ours, where that is worth a word."""
        time, now, wall = self._time, self._clock.monotonic(), self._clock.wall()
        if time is None or not time.is_notable(now, wall):
            return None
        return time.ahead_s(now, wall)
