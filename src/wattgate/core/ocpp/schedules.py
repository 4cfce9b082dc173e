"""What all charging profiles of a charge point say together (OCPP 1.6 §3.13, R92-R98)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final

from wattgate.core.ocpp.profile_periods import (
    LAST_INSTANT,
    concerns,
    later,
    marks,
    once,
    period_at,
    periods_ahead,
)
from wattgate.core.ocpp.profiles import Period, Profile, Purpose, RateUnit, Running
from wattgate.core.units import NOMINAL_V

_SECOND: Final = timedelta(seconds=1)
_LONGEST_CYCLE: Final = timedelta(days=7)

Entry = tuple[int, Profile]
"""A connector (0: the charge point) and a profile installed on it."""


def amperes(period: Period, unit: RateUnit, phases: int = 3) -> float:
    """A period's limit in A per phase.

    W are shared by numberPhases at the nominal voltage (R95); `phases` is what an absent
    numberPhases means, 3 unless the wallbox is known to have fewer.
    """
    if unit is RateUnit.A:
        return period.limit
    return period.limit / (NOMINAL_V * (period.phases or phases))


@dataclass(frozen=True, slots=True)
class ProfileStack:
    """The installed profiles, sorted; a value: what changes it answers a new one."""

    entries: tuple[Entry, ...] = ()

    def installed(self, connector: int, profile: Profile) -> "ProfileStack":
        """Add a profile; one of the same id, or of the same place in the stack, goes (R93)."""
        kept = [
            (at, old)
            for at, old in self.entries
            if old.profile_id != profile.profile_id
            and _place(at, old) != _place(connector, profile)
        ]
        kept.append((connector, profile))
        return ProfileStack(tuple(sorted(kept, key=lambda entry: _place(*entry))))

    def cleared(
        self,
        *,
        profile_id: int | None = None,
        connector: int | None = None,
        purpose: Purpose | None = None,
        stack_level: int | None = None,
    ) -> tuple["ProfileStack", int]:
        """Remove what matches, and say how many went (R98).

        With an id nothing else counts; otherwise what is given must all match; with nothing given
        everything goes.
        """

        def goes(at: int, profile: Profile) -> bool:
            if profile_id is not None:
                return profile.profile_id == profile_id
            return (
                connector in (None, at)
                and purpose in (None, profile.purpose)
                and stack_level in (None, profile.stack_level)
            )

        kept = tuple(entry for entry in self.entries if not goes(*entry))
        return ProfileStack(kept), len(self.entries) - len(kept)

    def limit_at(
        self, connector: int, at: datetime, running: Running | None, phases: int = 3
    ) -> float | None:
        """A per phase that the connector may draw at an instant; None: no profile says anything.

        The lower of ChargePointMaxProfile and TxProfile, or TxDefaultProfile where no TxProfile
        speaks; of each purpose the highest stack level that speaks now (R92). Connector 0 asks
        for ChargePointMaxProfile alone. `phases` as for `amperes`.
        """
        said = [
            (on, profile, _said_a(profile, at, running, phases)) for on, profile in self.entries
        ]
        return _together_a(connector, said)

    def composite(
        self,
        connector: int,
        start: datetime,
        duration_s: int,
        running: Running | None,
        *,
        unlimited_a: float,
        unit: RateUnit = RateUnit.A,
        phases: int = 3,
    ) -> tuple[Period, ...]:
        """What holds from `start` for `duration_s`, in whole seconds after it, neighbours merged.

        No more than `unlimited_a` is ever stated, and that is stated where no profile says anything
        (R99: the EVSE's own maximum). W are those of `phases` phases at the nominal voltage.
        A change within a second counts from the next whole one.
        """
        factor = 1.0 if unit is RateUnit.A else NOMINAL_V * phases
        said: list[_Said] = []
        words: list[tuple[int, int, float | None]] = []
        for place, (on, profile) in enumerate(self._about(connector)):
            said.append((on, profile, None))
            words += (
                (offset_s, place, _said_a(profile, start + offset_s * _SECOND, running, phases))
                for offset_s in _offsets_s(profile, running, start, duration_s)
            )
        periods: list[Period] = []
        for offset_s, changes in groupby(sorted(words, key=_ORDER), key=_ORDER):
            for _, place, word_a in changes:
                said[place] = (*said[place][:2], word_a)
            limit_a = _together_a(connector, said)
            limit = min(unlimited_a, unlimited_a if limit_a is None else limit_a) * factor
            if not periods or periods[-1].limit != limit:
                periods.append(Period(offset_s, limit))
        if not periods and duration_s > 0:
            periods.append(Period(0, unlimited_a * factor))
        return tuple(periods)

    def least_ahead_a(
        self, connector: int, now: datetime, running: Running | None, phases: int = 3
    ) -> float | None:
        """A per phase of the lowest period that may still come to speak; None: there is none.

        It is never more than `limit_at` will be, and may be less: a period that a higher stack
        level will overrule counts, too, as do all of a schedule that starts anew.
        """
        return min(
            (
                amperes(period, profile.schedule.unit, phases)
                for _, profile in self._about(connector)
                if concerns(profile, running)
                for period in periods_ahead(profile, now)
            ),
            default=None,
        )

    def next_change(
        self, connector: int, at: datetime, running: Running | None, phases: int = 3
    ) -> datetime | None:
        """The first instant after `at` at which `limit_at` answers something else; None: never."""
        now_a = self.limit_at(connector, at, running, phases)
        for mark in _marks_in_order(self._about(connector), at, running):
            if self.limit_at(connector, mark, running, phases) != now_a:
                return mark
        return None

    def _about(self, connector: int) -> list[Entry]:
        return [entry for entry in self.entries if entry[0] in (0, connector)]


_Said = tuple[int, Profile, float | None]
"""On which connector a profile is, and the A per phase that it says; None: it says nothing."""

_ORDER: Final = itemgetter(0)


def _said_a(profile: Profile, at: datetime, running: Running | None, phases: int) -> float | None:
    if not concerns(profile, running):
        return None
    period = period_at(profile, at, running)
    return None if period is None else amperes(period, profile.schedule.unit, phases)


def _together_a(connector: int, said: Iterable[_Said]) -> float | None:
    """A per phase, of what all profiles say at one instant."""
    highest: dict[tuple[Purpose, int], tuple[int, float]] = {}
    for on, profile, word_a in said:
        place, level = (profile.purpose, on), profile.stack_level
        if word_a is not None and level >= highest.get(place, (level, word_a))[0]:
            highest[place] = level, word_a
    words = [highest[_WHOLE][1]] if _WHOLE in highest else []
    # TxProfile, else the connector's own TxDefaultProfile, else that for all connectors.
    for place in (
        (Purpose.TX, connector),
        (Purpose.TX_DEFAULT, connector),
        (Purpose.TX_DEFAULT, 0),
    ):
        if connector and place in highest:
            words.append(highest[place][1])
            break
    return min(words, default=None)


_WHOLE: Final = (Purpose.CHARGE_POINT_MAX, 0)


def _offsets_s(
    profile: Profile, running: Running | None, start: datetime, duration_s: int
) -> set[int]:
    """The whole s after `start`, and before its end, from which a profile may say another thing."""
    end = later(start, duration_s * _SECOND)
    offsets_s = {-((start - at) // _SECOND) for at in marks(profile, running, start, end)}
    return {offset_s for offset_s in (0, *offsets_s) if offset_s < duration_s}


def _place(connector: int, profile: Profile) -> tuple[int, str, int]:
    """Where in the stack a profile is: of two in one place the later replaces the earlier (R93)."""
    return connector, profile.purpose, profile.stack_level


def _marks_in_order(
    entries: list[Entry], at: datetime, running: Running | None
) -> Iterator[datetime]:
    """Every instant after `at` that may change the composite, in order and without end in vain.

    Between two instants that no cycle repeats, one longest cycle shows all that the cycles have
    to say; the rest of such a stretch is skipped.
    """
    profiles = [profile for _, profile in entries]
    singles = sorted({mark for profile in profiles for mark in once(profile, running) if mark > at})
    here = at
    for end in [*singles, LAST_INSTANT]:
        horizon = min(end, later(here, _LONGEST_CYCLE))
        yield from sorted(
            {mark for profile in profiles for mark in marks(profile, running, here, horizon)}
        )
        if end != LAST_INSTANT:
            yield end
        here = end
