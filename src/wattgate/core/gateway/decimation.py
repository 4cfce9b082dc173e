"""Which periodic meter values a backend gets that asked for fewer than the wallbox sends (R80).

Signed values, and all but periodic ones, always go: see `wattgate.core.station.signed` (R113).
"""

from dataclasses import dataclass
from typing import Final

SAME_READING_S: Final = 2.0
"""s within which messages belong to one reading: wallboxes send it in several."""

_EARLY_SHARE: Final = 0.1
"""Part of the interval by which a sample may be early, so that none is missed by a whisker."""

_EARLY_AT_MOST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """When the last sample went to the backend, and when the next one is due.

    Both in s by the time stamps of the samples, so that those that waited in a wallbox count by
    when they were taken.
    """

    last_at: float
    due_at: float


def paced(before: Pace | None, at: float, interval_s: int) -> Pace | None:
    """The pace after the sample of time `at` has gone; None where it need not go.

    `before` None: none has gone yet, the first one is due. `interval_s` is what the backend asked
    for; 0 is none at all. A sample from before the last one is due: nothing is known of a wallbox
    whose clock goes back.
    """
    if interval_s == 0:
        return None
    if before is None or at < before.last_at:
        return Pace(at, at + interval_s)
    if at <= before.last_at + min(SAME_READING_S, interval_s / 2):
        return before
    if at < before.due_at - min(_EARLY_SHARE * interval_s, _EARLY_AT_MOST_S):
        return None
    due_at = before.due_at + interval_s
    return Pace(at, due_at if due_at > at else at + interval_s)
