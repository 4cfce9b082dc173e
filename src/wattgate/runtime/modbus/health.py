"""How well a wallbox on Modbus answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from wattgate.ports.clock import Clock

log = structlog.get_logger()

LOST_AFTER: Final = 2
"""Polls in a row without an answer; a single one gets lost on any serial line."""

MOST_REASONS: Final = 5
"""Reasons that the log hears while a wallbox is away: it may be away for weeks."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, for a person; `at` is when it began."""

    reason: str
    at: datetime


class Health:
    """Counts answers and failures of one wallbox.

    `polls`, `failures` and `raises`, how often somebody else raised its limit, count since the
    start; `trouble` is what is wrong now, None if nothing.
    """

    def __init__(self, evse_id: str, clock: Clock) -> None:
        self.polls = 0
        self.failures = 0
        self.raises = 0
        self.trouble: Trouble | None = None
        self.is_connected = False
        self._evse_id = evse_id
        self._clock = clock
        self._in_a_row = 0
        self._told: set[str] = set()
        """Reasons that the log has heard since it is away."""
        self._answered_at = clock.monotonic()
        self._absurd: frozenset[str] = frozenset()

    def silent_s(self, now: float) -> float:
        """S since the last answer, or since the start; 0 while it answers."""
        return 0.0 if self.is_connected else now - self._answered_at

    def answered(self) -> bool:
        """Note an answer; whether it was found by that."""
        self.polls += 1
        self._in_a_row = 0
        self._answered_at = self._clock.monotonic()
        self.trouble = None
        if self.is_connected:
            return False
        self.is_connected = True
        self._told.clear()
        log.info("wallbox answers", evse=self._evse_id)
        return True

    def failed(self, reason: str) -> bool:
        """Note a poll without a result; whether it was lost by that."""
        self.failures += 1
        self._in_a_row += 1
        at = self.trouble.at if self.trouble is not None else self._clock.wall()
        self.trouble = Trouble(reason, at)
        if self.is_connected and self._in_a_row < LOST_AFTER:
            return False
        is_lost, self.is_connected = self.is_connected, False
        if is_lost:
            log.warning("wallbox lost", evse=self._evse_id, reason=reason)
        elif reason not in self._told and len(self._told) < MOST_REASONS:
            log.warning("wallbox does not answer", evse=self._evse_id, reason=reason)
        if len(self._told) < MOST_REASONS:
            self._told.add(reason)
        return is_lost

    def overruled(self, now_a: float | None, ours_a: float | None) -> None:
        """Note that somebody else let it draw more than we did, A per phase."""
        self.raises += 1
        if self.raises.bit_count() > 1:
            return  # the 1st, 2nd, 4th ... time: he may be at it for ever, with every poll
        log.warning(
            "somebody else raised its limit",
            evse=self._evse_id,
            now_a=now_a,
            ours_a=ours_a,
            times=self.raises,
        )

    def doubted(self, absurd: tuple[str, ...]) -> None:
        """Say once which values make no sense."""
        news = frozenset(absurd) - self._absurd
        self._absurd = frozenset(absurd)
        if news:
            log.warning("values that make no sense", evse=self._evse_id, values=sorted(news))
