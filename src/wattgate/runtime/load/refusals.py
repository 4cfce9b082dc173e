"""Wallboxes that refuse limits are not asked again at once."""

from dataclasses import dataclass
from math import inf
from typing import Final

from wattgate.core.load.actuation import Plan

REFUSAL_PAUSE_S: Final = 30.0
"""s between attempts at a wallbox that refuses a limit."""


PATIENT_SILENCES: Final = 5
"""Commands in a row without an answer after which it is asked every 30 s only."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A command that a wallbox refused: when (monotonic, s), and the limit it was to set, A."""

    at: float
    current_a: float


class Refusals:
    """The last refusal of each EVSE, and how often in a row it has not answered at all."""

    def __init__(self) -> None:
        self._refused: dict[str, _Refusal] = {}
        self._silences: dict[str, int] = {}

    def note(self, evse_id: str, now: float, current_a: float = inf) -> None:
        """It refused `current_a`; or to be cleared: then every limit that comes is lower."""
        self._refused[evse_id] = _Refusal(now, current_a)

    def note_silence(self, evse_id: str, now: float, current_a: float) -> None:
        """It did not answer; some obey all the same, and every repetition wears their memory."""
        self._silences[evse_id] = self._silences.get(evse_id, 0) + 1
        if self._silences[evse_id] >= PATIENT_SILENCES:
            self.note(evse_id, now, current_a)

    def forget(self, evse_id: str) -> None:
        """It has accepted a limit, connected or booted anew: what it refused before is history."""
        self._refused.pop(evse_id, None)
        self._silences.pop(evse_id, None)

    def is_recent(self, evse_id: str, now: float) -> bool:
        """Whether the EVSE refused a command a moment ago."""
        refusal = self._refused.get(evse_id)
        return refusal is not None and now - refusal.at < REFUSAL_PAUSE_S

    def restrained(self, decided: Plan, now: float) -> Plan:
        """The plan without what a wallbox has just refused.

        A limit below the refused one goes out at once: reductions know no pause (R100).
        """
        lower = tuple(
            change
            for change in decided.lower
            if not self.is_recent(change.evse, now)
            or change.current_a < self._refused[change.evse].current_a
        )
        raise_ = tuple(change for change in decided.raise_ if not self.is_recent(change.evse, now))
        return Plan(lower, raise_)
