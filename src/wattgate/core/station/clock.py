"""What a wallbox's own clock says, judged by the time stamps in its messages (R48).

Limits are written as times that the wallbox reads by its own clock, so a clock that is off moves
their ends. Delays and repetitions make a stamp look old, never new; hence the newest-looking of the
recent ones tells the time. Everything is kept against monotonic time: a jump of our own clock moves
nothing.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.profile_text import parse_time

CLOCK_STEP_S: Final = 60.0
"""s up to which a stamp agrees with what the clock is believed to say."""

WINDOW_S: Final = 900.0
"""s for which a stamp counts as recent."""

AGREE_S: Final = 5.0
"""s by which two stamps of one clock may differ: they are cut to seconds, and lines are slow."""

APART_S: Final = 10.0
"""s that must lie between two witnesses: a stamp sent twice must not confirm itself."""

SETTING_S: Final = 5.0
"""s after which a clock must show that it was set: a message may have been under way."""

MOST_STAMPS: Final = 16
"""Stamps that are kept of each kind."""

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2100
"""A clock that was never set begins in 1970; beyond 2100 there is no room to calculate."""


def read_stamp(text: object) -> datetime | None:
    """Read the time stamp of a message; None where there is none, or none that a clock could say.

    Without a zone it is UTC, as OCPP 1.6 §3.14 recommends.
    """
    if not isinstance(text, str):
        return None
    try:
        at = parse_time(text)
    except PeerError:
        return None
    return at if _FIRST_YEAR <= at.year < _LAST_YEAR else None


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A stamp as s of the epoch minus the monotonic s `at` which it came."""

    at: float
    ahead_s: float

    def is_confirmed_by(self, other: "_Stamp") -> bool:
        """Whether both come from one clock that went on between them."""
        return other.at - self.at >= APART_S and abs(other.ahead_s - self.ahead_s) <= AGREE_S


@dataclass(frozen=True, slots=True)
class WallboxClock:
    """The clock of one wallbox; every `now` is in monotonic s, `wall` what our own clock says.

    A stamp within CLOCK_STEP_S of what is believed corrects it. One further off is a message that
    waited somewhere, or a clock that was set: it is believed when it fits the time that we told
    last, or when two in a row agree that are at least APART_S apart. A wallbox whose stamps go on
    contradicting what we tell it does not take our time, and is no longer believed to.
    """

    ahead_s: float | None = None
    """s of the epoch minus monotonic s; None before anything is known."""

    agreeing: tuple[_Stamp, ...] = ()
    strange: tuple[_Stamp, ...] = ()
    told: _Stamp | None = None
    was_set: bool = False
    """Whether we told it the time since its last stamp that agreed."""

    takes_our_time: bool = True

    def heard(self, stamp: datetime, now: float, wall: datetime) -> "WallboxClock":
        """A message came that was stamped with `stamp`."""
        new = _Stamp(now, stamp.timestamp() - now)
        believed_s = wall.timestamp() - now if self.ahead_s is None else self.ahead_s
        if _is_no_step(believed_s, new.ahead_s):
            return self._corrected(new)
        if self.was_set and self._fits_told(new.ahead_s):
            return self._believing(new)
        for witness in self.strange:
            if witness.is_confirmed_by(new):
                return self._believing(witness, new)
        return replace(self, strange=(*self.strange, new)[-MOST_STAMPS:])

    def set_to(self, told: datetime, now: float) -> "WallboxClock":
        """We told the wallbox the time; most set their clock by it."""
        new = _Stamp(now, told.timestamp() - now)
        clock = replace(self, told=new, was_set=True)
        if self.ahead_s is not None and (
            not self.takes_our_time or _is_no_step(self.ahead_s, new.ahead_s)
        ):
            return clock
        return replace(clock, ahead_s=new.ahead_s, agreeing=(), strange=())

    def its_time(self, now: float, wall: datetime) -> datetime:
        """What it says at `now`; before anything is known, what ours says."""
        if self.ahead_s is None:
            return wall
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self.ahead_s + now)

    def offset_s(self, now: float, wall: datetime) -> float | None:
        """How many s it is ahead of ours; None while no stamp of its tells."""
        if not self.agreeing:
            return None
        return (self.its_time(now, wall) - wall).total_seconds()

    def _fits_told(self, ahead_s: float) -> bool:
        return self.told is not None and _is_no_step(self.told.ahead_s, ahead_s)

    def _corrected(self, new: _Stamp) -> "WallboxClock":
        """Its clock may have been set back a little since we told it the time: begin anew then."""
        kept = () if self.was_set else self.agreeing
        recent = [stamp for stamp in kept if new.at - stamp.at <= WINDOW_S]
        agreeing = (*recent, new)[-MOST_STAMPS:]
        return replace(
            self,
            ahead_s=max(stamp.ahead_s for stamp in agreeing),
            agreeing=agreeing,
            strange=(),
            was_set=False,
        )

    def _believing(self, *stamps: _Stamp) -> "WallboxClock":
        """Take over another time than what was believed."""
        ahead_s = max(stamp.ahead_s for stamp in stamps)
        takes_our_time = self.takes_our_time
        if self.told is not None and stamps[-1].at - self.told.at >= SETTING_S:
            takes_our_time = self._fits_told(ahead_s)
        return replace(
            self,
            ahead_s=ahead_s,
            agreeing=stamps,
            strange=(),
            was_set=False,
            takes_our_time=takes_our_time,
        )


def _is_no_step(one_s: float, other_s: float) -> bool:
    return abs(one_s - other_s) <= CLOCK_STEP_S
