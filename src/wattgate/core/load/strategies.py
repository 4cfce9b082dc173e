"""Which charging profiles say a grant to an OCPP 1.6 wallbox (R100).

The *standing* current is what holds without a manager: 0 A, or the fallback. The *grant* is what
may be drawn now; it ends by itself, so that a wallbox out of reach becomes harmless in time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import Kind, Period, Profile, Purpose, RateUnit, Schedule
from wattgate.core.units import NOMINAL_V, chargeable

HEAD_START_S: Final = 3600
"""s by which a schedule starts in the past: a wallbox clock that is slow does not delay it."""

LIFETIMES_S: Final = range(60, 3601)
"""s a grant may last (R100)."""


class Strategy(StrEnum):
    """How a grant is said, best first."""

    TWO_PERIODS = "two periods"
    STANDING_AND_GRANT = "standing + grant"
    SINGLE_VALUE = "single value"

    @property
    def expires(self) -> bool:
        """Whether a grant ends by itself; else a silent wallbox gets no credit (R100a)."""
        return self is not Strategy.SINGLE_VALUE


@dataclass(frozen=True, slots=True)
class ChargingKeys:
    """What a wallbox says about its smart charging (16 §9.4); None where it says nothing.

    ChargeProfileMaxStackLevel, MaxChargingProfilesInstalled, ChargingScheduleMaxPeriods and
    ChargingScheduleAllowedChargingRateUnit.
    """

    max_stack_level: int | None = None
    max_profiles: int | None = None
    max_periods: int | None = None
    rate_units: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileToSet:
    """One SetChargingProfile: its connector and its csChargingProfiles.

    `once` marks a profile that may be left out while the wallbox still has it, accepted with the
    same standing current: every write wears its flash.
    """

    connector: int
    profile_text: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be said to one connector (1 or more).

    `grant_a` and `standing_a` in A per phase, `grant_a` None for nothing beyond the standing
    current. The grant lasts `lifetime_s`, 60 to 3600 s. `wall_now` is the time by the wallbox's
    own clock (R48): its offset shifts the end of the grant. `phases` is numberPhases.
    """

    grant_a: float | None
    standing_a: float
    lifetime_s: int
    wall_now: datetime
    phases: int
    connector: int
    unit: RateUnit = RateUnit.A

    def __post_init__(self) -> None:
        if self.wall_now.tzinfo is None:
            raise LocalUsageError("the time of a grant needs a zone")
        if self.lifetime_s not in LIFETIMES_S:
            raise LocalUsageError(f"a grant lasts 60 to 3600 s, not {self.lifetime_s}")


def choose(keys: ChargingKeys) -> Strategy:
    """The best strategy that the wallbox says it can; two periods where it says nothing (R100)."""
    if keys.max_periods is None or keys.max_periods >= 2:
        return Strategy.TWO_PERIODS
    if (keys.max_stack_level or 0) >= 1 and (keys.max_profiles or 0) >= 2:
        return Strategy.STANDING_AND_GRANT
    return Strategy.SINGLE_VALUE


def rate_unit(keys: ChargingKeys) -> RateUnit:
    """W only for a wallbox that names power and not current.

    The values are `Current` and `Power` (16E 3.86); `A` and `W` are seen in the field (R95).
    """
    named = {unit.strip().casefold() for unit in (keys.rate_units or "").split(",")}
    return RateUnit.W if named & {"power", "w"} and not named & {"current", "a"} else RateUnit.A


def profile_ids(connector: int) -> tuple[int, int]:
    """The chargingProfileIds of a connector: always the same, so that a profile replaces its past.

    The first is the standing profile or the only one, the second the grant beside it, which is to
    be cleared when the strategy changes to one without it.
    """
    first = 9091 + 10 * connector
    return first, first + 1


def profiles_for(strategy: Strategy, terms: Terms) -> tuple[ProfileToSet, ...]:
    """The profiles to set, in this order, so that the terms hold.

    Limits are cut to what can be charged with: tenths, and 0 instead of less than 6 A (R95, R100b).
    """
    return tuple(_SAYINGS[strategy](terms))


def _two_periods(terms: Terms) -> Iterator[ProfileToSet]:
    standing = _limit(terms.standing_a, terms)
    if terms.grant_a is None:
        yield _profile(terms, 0, [(0, standing)])
    else:
        grant = _limit(terms.grant_a, terms)
        yield _profile(terms, 0, [(0, grant), (HEAD_START_S + terms.lifetime_s, standing)])


def _standing_and_grant(terms: Terms) -> Iterator[ProfileToSet]:
    """Without a grant the second profile repeats the standing current: an earlier one may last."""
    yield _profile(terms, 0, [(0, _limit(terms.standing_a, terms))], once=True)
    current_a = terms.standing_a if terms.grant_a is None else terms.grant_a
    duration_s = HEAD_START_S + terms.lifetime_s
    yield _profile(terms, 1, [(0, _limit(current_a, terms))], duration_s)


def _single_value(terms: Terms) -> Iterator[ProfileToSet]:
    current_a = terms.standing_a if terms.grant_a is None else terms.grant_a
    yield _profile(terms, 0, [(0, _limit(current_a, terms))])


_SAYINGS: Final[Mapping[Strategy, Callable[[Terms], Iterator[ProfileToSet]]]] = {
    Strategy.TWO_PERIODS: _two_periods,
    Strategy.STANDING_AND_GRANT: _standing_and_grant,
    Strategy.SINGLE_VALUE: _single_value,
}


def _limit(current_a: float, terms: Terms) -> float:
    """The current in the unit of the terms; W are those of numberPhases at 230 V (R95)."""
    factor = NOMINAL_V * terms.phases if terms.unit is RateUnit.W else 1.0
    return chargeable(current_a) * factor


def _profile(
    terms: Terms,
    stack_level: int,
    periods: list[tuple[int, float]],
    duration_s: int | None = None,
    *,
    once: bool = False,
) -> ProfileToSet:
    start_at = terms.wall_now.astimezone(UTC).replace(microsecond=0)
    schedule = Schedule(
        unit=terms.unit,
        periods=tuple(Period(start_s, limit, terms.phases) for start_s, limit in periods),
        start_at=start_at - timedelta(seconds=HEAD_START_S),
        duration_s=duration_s,
    )
    profile = Profile(
        profile_id=profile_ids(terms.connector)[stack_level],
        stack_level=stack_level,
        purpose=Purpose.TX_DEFAULT,
        kind=Kind.ABSOLUTE,
        schedule=schedule,
    )
    return ProfileToSet(terms.connector, profile_text(profile), once)
