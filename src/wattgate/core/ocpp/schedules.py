"""What all charging profiles of a charge point say together (OCPP 1.6 §3.13, R92-R98)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from wattgate.core.ocpp.profile_periods import (
    LAST_INSTANT,
    concerns,
    later,
    marks,
    once,
    period_at,
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
        words = (
            self._word(Purpose.CHARGE_POINT_MAX, 0, at, running, phases),
            self._transaction_word(connector, at, running, phases) if connector else None,
        )
        return min((word for word in words if word is not None), default=None)

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
        end = later(start, timedelta(seconds=duration_s))
        changes = {
            at for profile in self._about(connector) for at in marks(profile, running, start, end)
        }
        offsets_s = {0, *(-((start - at) // _SECOND) for at in changes)}
        periods: list[Period] = []
        for offset_s in sorted(offset_s for offset_s in offsets_s if offset_s < duration_s):
            limit_a = self.limit_at(connector, start + offset_s * _SECOND, running, phases)
            limit = min(unlimited_a, unlimited_a if limit_a is None else limit_a) * factor
            if not periods or periods[-1].limit != limit:
                periods.append(Period(offset_s, limit))
        return tuple(periods)

    def next_change(
        self, connector: int, at: datetime, running: Running | None, phases: int = 3
    ) -> datetime | None:
        """The first instant after `at` at which `limit_at` answers something else; None: never."""
        now_a = self.limit_at(connector, at, running, phases)
        for mark in _marks_in_order(self._about(connector), at, running):
            if self.limit_at(connector, mark, running, phases) != now_a:
                return mark
        return None

    def _about(self, connector: int) -> list[Profile]:
        return [profile for on, profile in self.entries if on in (0, connector)]

    def _transaction_word(
        self, connector: int, at: datetime, running: Running | None, phases: int
    ) -> float | None:
        """TxProfile, else the connector's own TxDefaultProfile, else that for all connectors."""
        for purpose, on in (
            (Purpose.TX, connector),
            (Purpose.TX_DEFAULT, connector),
            (Purpose.TX_DEFAULT, 0),
        ):
            word = self._word(purpose, on, at, running, phases)
            if word is not None:
                return word
        return None

    def _word(
        self, purpose: Purpose, connector: int, at: datetime, running: Running | None, phases: int
    ) -> float | None:
        """A per phase, as the highest stack level of one purpose that speaks at an instant."""
        speaking = (
            (profile.stack_level, amperes(period, profile.schedule.unit, phases))
            for on, profile in self.entries
            if on == connector and profile.purpose is purpose and concerns(profile, running)
            if (period := period_at(profile, at, running)) is not None
        )
        return max(speaking, default=(0, None), key=lambda pair: pair[0])[1]


def _place(connector: int, profile: Profile) -> tuple[int, str, int]:
    """Where in the stack a profile is: of two in one place the later replaces the earlier (R93)."""
    return connector, profile.purpose, profile.stack_level


def _marks_in_order(
    profiles: list[Profile], at: datetime, running: Running | None
) -> Iterator[datetime]:
    """Every instant after `at` that may change the composite, in order and without end in vain.

    Between two instants that no cycle repeats, one longest cycle shows all that the cycles have
    to say; the rest of such a stretch is skipped.
    """
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
