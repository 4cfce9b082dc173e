"""For how long things are kept, and when the clock on the wall may be believed about it.

A clock that was set says nothing about the age of what was stored before. A machine without a
battery starts in 1970 or where it was switched off, and is put right minutes later; somebody may
set it to the wrong year. So nothing goes for its age before the clock has run without a jump for as
long as receipts are kept: by then, whatever was stored before the jump is at least that old.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from wattgate.core.site.storage import StorageSettings

RECEIPTS_KEPT: Final = timedelta(days=8)
"""For how long a repeated message of a wallbox is recognised (R68: at least 7 days)."""

JUMP: Final = timedelta(days=1)
"""How far a clock may be off at once: by what receipts are kept for longer than R68 asks."""

LONGEST_OFF: Final = timedelta(days=30)
"""How long a machine may have been switched off; more looks like a clock that was wrong."""

NO_AGE_BEFORE: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""A time stamp before this is from a clock that had not been set: it tells no age."""


@dataclass(frozen=True, slots=True)
class SteadyClock:
    """The clock on the wall when it was last looked at, and how long it has run without a jump.

    `steady` is counted while the manager runs, up to `RECEIPTS_KEPT`.
    """

    seen_at: datetime
    steady: timedelta = timedelta(0)

    @property
    def is_trusted(self) -> bool:
        """Whether what was stored before its last jump is as old as receipts are kept."""
        return self.steady >= RECEIPTS_KEPT

    def after(self, elapsed: timedelta, wall_now: datetime) -> "SteadyClock":
        """Look again in the same process, `elapsed` later by a clock that does not jump."""
        if abs(wall_now - self.seen_at - elapsed) > JUMP:
            return SteadyClock(wall_now)
        return SteadyClock(wall_now, min(self.steady + elapsed, RECEIPTS_KEPT))

    def after_restart(self, wall_now: datetime) -> "SteadyClock":
        """Look again in a later process: nobody knows how much time has passed."""
        if -JUMP <= wall_now - self.seen_at <= LONGEST_OFF:
            return SteadyClock(wall_now, self.steady)
        return SteadyClock(wall_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimits:
    """What may go for its age: receipts outside of their span, and the rest before its time.

    A receipt from after `receipts_until` is from before a jump back.
    """

    receipts_since: datetime
    receipts_until: datetime
    transactions_since: datetime
    frames_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is kept: `transactions` and `frames` count the newest that may stay.

    Without `ages` nothing goes for its age, and no transaction at all: a repetition of its start
    would become another one (R68).
    """

    transactions: int
    frames: int
    ages: AgeLimits | None = None


def retention(settings: StorageSettings, clock: SteadyClock) -> Retention:
    """What the settings say at the time of `clock`."""
    now = clock.seen_at
    ages = AgeLimits(
        receipts_since=now - RECEIPTS_KEPT,
        receipts_until=now + JUMP,
        transactions_since=_ago(now, settings.transaction_days),
        frames_since=_ago(now, settings.evidence_days),
    )
    return Retention(
        transactions=settings.transactions,
        frames=settings.evidence_frames,
        ages=ages if clock.is_trusted else None,
    )


def _ago(now: datetime, days: int) -> datetime:
    """A time before the calendar begins is as good as its beginning."""
    return now - min(timedelta(days=days), now - NO_AGE_BEFORE.min.replace(tzinfo=UTC))
