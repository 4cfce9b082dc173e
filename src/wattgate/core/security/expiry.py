"""How soon a certificate ends, and how loudly that is to be said."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

_DAY: Final = timedelta(days=1)


class Stage(IntEnum):
    """How near the end of a certificate is; a later stage is a greater number."""

    FINE = 0
    """More than 60 days are left: nothing is said."""
    SOON = 1
    """At most 60 days: time to plan."""
    NEAR = 2
    """At most 30 days: time to act."""
    URGENT = 3
    """At most 7 days: said every day."""
    EXPIRED = 4
    """Nobody believes it any more."""


_WITHIN_DAYS: Final = ((Stage.URGENT, 7), (Stage.NEAR, 30), (Stage.SOON, 60))

SAID_DAILY: Final = Stage.URGENT
"""From this stage on it is said every day anew, not once."""


def days_left(not_after: datetime, now: datetime) -> int:
    """Whole days until `not_after`; 0 on the last one, negative afterwards."""
    return (not_after - now) // _DAY


def stage_of(not_after: datetime, now: datetime) -> Stage:
    """The stage at `now` of a certificate that is valid until `not_after`, inclusive."""
    left = not_after - now
    if left < timedelta():
        return Stage.EXPIRED
    found = (stage for stage, days in _WITHIN_DAYS if left <= days * _DAY)
    return next(found, Stage.FINE)


def expiry_words(not_after: datetime, now: datetime) -> str:
    """When it ends, to be read behind its name: "expires in 12 days, on 2026-05-27"."""
    days, day = days_left(not_after, now), f"{not_after:%Y-%m-%d}"
    if days < 0:
        return f"has expired on {day}"
    if days == 0:
        return f"expires within a day, on {day}"
    return f"expires in {days} {'day' if days == 1 else 'days'}, on {day}"
