"""When a backend gets meter values that asked for fewer than the wallbox sends (R80).

What of them it gets, and what always goes, is said by `selection` beside.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

SAME_READING_S: Final = 2.0
"""s within which messages belong to one reading: wallboxes send it in several."""

_EARLY_SHARE: Final = 0.1
"""Part of the interval by which a sample may be early, so that none is missed by a whisker."""

_EARLY_AT_MOST_S: Final = 5.0

_DAY_S: Final = 86_400


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
    if at < before.due_at - _early_s(interval_s):
        return None
    due_at = before.due_at + interval_s
    return Pace(at, due_at if due_at > at else at + interval_s)


def aligned(before: Pace | None, at: float, interval_s: int) -> tuple[bool, Pace | None]:
    """Whether the clock-aligned sample of time `at` (s of the epoch) goes, and the pace after it.

    It goes at the multiples of the interval since midnight (OCPP 1.6 §9.1.4), UTC, and where no
    other did for a whole interval: a wallbox may count from another midnight. The rest is as for
    `paced`.
    """
    if interval_s == 0:
        return False, before
    if before is None or at < before.last_at:
        before = Pace(-inf, at + interval_s)
    if at <= before.last_at + min(SAME_READING_S, interval_s / 2):
        return True, before
    early_s = _early_s(interval_s)
    is_new = at - before.last_at > 2 * early_s
    is_aligned = is_new and _from_multiple_s(at % _DAY_S, interval_s) <= early_s
    if is_aligned or at >= before.due_at - early_s:
        return True, Pace(at, at + interval_s)
    return False, before


def _early_s(interval_s: int) -> float:
    return min(_EARLY_SHARE * interval_s, _EARLY_AT_MOST_S)


def _from_multiple_s(of_day_s: float, interval_s: int) -> float:
    """How far a time of day is from the nearest multiple, or from the next midnight."""
    since_s = of_day_s % interval_s
    return min(since_s, interval_s - since_s, _DAY_S - of_day_s)
