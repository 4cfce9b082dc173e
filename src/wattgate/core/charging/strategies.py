"""Which charging profiles say a grant to an OCPP 1.6 wallbox (R100).

The *standing* current is what holds without a manager: 0 A, or the fallback. The *grant* is what
may be drawn now; it ends by itself, so that a wallbox out of reach becomes harmless in time. Where
the backends allow less at a time within its life, it says that, too, or it ends there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.profile_ids import GRANT, MAXIMUM, STANDING, TRANSACTION, profile_ids
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import Kind, Period, Profile, Purpose, Schedule

HEAD_START_S: Final = 3600
"""s by which a grant starts in the past: a wallbox clock that is slow does not delay it."""

_LONG_AGO: Final = timedelta(days=2)
"""How long before today a schedule starts that holds for ever, whatever the clock there says."""


@dataclass(frozen=True, slots=True)
class ProfileToSet:
    """One SetChargingProfile: its connector, 0 for the wallbox, and its csChargingProfiles.

    `once` marks a profile whose text is the same all day: it may be left out while the wallbox
    still has it, accepted with an equal text. Every write wears its flash (16E 3.37).
    """

    connector: int
    profile_id: int
    profile_text: str
    once: bool = False


def profiles_for(method: Method, terms: Terms) -> tuple[ProfileToSet, ...]:
    """The profiles to set, in this order, so that the terms hold; the standing one first.

    What belongs to a transaction cannot be said without one: a TxProfile is left out, and a
    Relative schedule says the standing current only.
    """
    return tuple(_SAYINGS[method.strategy](method, terms))


@dataclass(frozen=True, slots=True)
class _Place:
    """Which profile of a connector is set, and where in the stack it is."""

    id_place: int
    purpose: Purpose = Purpose.TX_DEFAULT
    stack_level: int = 0


_BOTTOM: Final = _Place(STANDING)
_ABOVE: Final = _Place(GRANT, stack_level=1)
_IN_TRANSACTION: Final = _Place(TRANSACTION, Purpose.TX)
_WHOLE: Final = _Place(MAXIMUM, Purpose.CHARGE_POINT_MAX)


def _two_periods(method: Method, terms: Terms) -> Iterator[ProfileToSet]:
    yield _in_two_periods(_BOTTOM, method, terms)


def _standing_and_grant(method: Method, terms: Terms) -> Iterator[ProfileToSet]:
    """Without a grant the second profile repeats the standing current: an earlier one may last."""
    yield _for_ever(_BOTTOM, method, terms, terms.standing_a, once=True)
    yield _for_a_time(_ABOVE, method, terms)


def _single_value(method: Method, terms: Terms) -> Iterator[ProfileToSet]:
    yield _for_ever(_BOTTOM, method, terms, _now_a(method, terms))


def _tx_profile(method: Method, terms: Terms) -> Iterator[ProfileToSet]:
    yield _for_ever(_BOTTOM, method, terms, terms.standing_a, once=True)
    if terms.transaction_id is not None:
        say = _in_two_periods if terms.periods >= 2 else _for_a_time
        yield say(_IN_TRANSACTION, method, terms)


def _charge_point_max(method: Method, terms: Terms) -> Iterator[ProfileToSet]:
    yield _in_two_periods(_WHOLE, method, terms)


_SAYINGS: Final[Mapping[Strategy, Callable[[Method, Terms], Iterator[ProfileToSet]]]] = {
    Strategy.TWO_PERIODS: _two_periods,
    Strategy.STANDING_AND_GRANT: _standing_and_grant,
    Strategy.SINGLE_VALUE: _single_value,
    Strategy.TX_PROFILE: _tx_profile,
    Strategy.CHARGE_POINT_MAX: _charge_point_max,
}


def _now_a(method: Method, terms: Terms) -> float:
    """What may be drawn now, as far as it can be said."""
    is_sayable = method.kind is Kind.ABSOLUTE or terms.elapsed_s is not None
    return terms.grant_a if terms.grant_a is not None and is_sayable else terms.standing_a


def _so_far_s(method: Method, terms: Terms) -> int:
    """How many s of its schedule are over now."""
    return HEAD_START_S if method.kind is Kind.ABSOLUTE else max(terms.elapsed_s or 0, 0)


def changes_said(strategy: Strategy, periods: int) -> int:
    """How many changes of what the backends allow fit into a grant, of `periods` periods at most.

    At the first that does not fit the grant ends.
    """
    return max(0, periods - 1 - _NOT_FOR_CHANGES[strategy]) if strategy in _NOT_FOR_CHANGES else 0


_NOT_FOR_CHANGES: Final[Mapping[Strategy, int]] = {
    Strategy.TWO_PERIODS: 1,
    Strategy.STANDING_AND_GRANT: 0,
    Strategy.TX_PROFILE: 1,
    Strategy.CHARGE_POINT_MAX: 1,
}
"""How many periods the standing current takes; a single value has no changes."""


@dataclass(frozen=True, slots=True)
class _Grant:
    """What is said of a grant: limits by s from now, in the method's unit, and when it ends."""

    limits: tuple[tuple[int, float], ...]
    ends_s: int


def _grant(method: Method, terms: Terms, periods: int) -> _Grant:
    """The grant in so many periods at most; it ends where it would need more."""
    grant_a = _now_a(method, terms)
    limits = [(0, terms.limit(grant_a, method.unit))]
    for cap in terms.caps:
        limit = terms.limit(min(grant_a, cap.limit), method.unit)
        if cap.start_s >= terms.lifetime_s or limit == limits[-1][1]:
            continue
        if cap.start_s == 0:
            limits.clear()
        if limits and len(limits) >= periods:
            return _Grant(tuple(limits), cap.start_s)
        limits.append((cap.start_s, limit))
    return _Grant(tuple(limits), terms.lifetime_s)


def _in_two_periods(place: _Place, method: Method, terms: Terms) -> ProfileToSet:
    """The grant and then the standing current; one period where they are the same."""
    standing = terms.limit(terms.standing_a, method.unit)
    grant = _grant(method, terms, max(1, terms.periods - 1))
    limits = [*grant.limits, (grant.ends_s, standing)]
    if limits[-2][1] == standing:
        del limits[-1]
    if len(limits) == 1:
        return _for_ever(place, method, terms, terms.standing_a)
    return _profile(place, method, terms, _by_schedule(limits, method, terms))


def _for_a_time(place: _Place, method: Method, terms: Terms) -> ProfileToSet:
    grant = _grant(method, terms, terms.periods)
    ends_s = _so_far_s(method, terms) + grant.ends_s
    periods = _by_schedule(grant.limits, method, terms)
    return _profile(place, method, terms, periods, duration_s=ends_s)


def _by_schedule(
    limits: Sequence[tuple[int, float]], method: Method, terms: Terms
) -> tuple[tuple[int, float], ...]:
    """The limits from the start of the schedule on; the first holds since then."""
    so_far_s = _so_far_s(method, terms)
    (_, first), *rest = limits
    return ((0, first), *((so_far_s + start_s, limit) for start_s, limit in rest))


def _for_ever(
    place: _Place, method: Method, terms: Terms, current_a: float, *, once: bool = False
) -> ProfileToSet:
    today = datetime.combine(terms.wall_now.astimezone(UTC), time(tzinfo=UTC))
    periods = ((0, terms.limit(current_a, method.unit)),)
    return _profile(place, method, terms, periods, start_at=today - _LONG_AGO, once=once)


def _profile(
    place: _Place,
    method: Method,
    terms: Terms,
    periods: tuple[tuple[int, float], ...],
    *,
    start_at: datetime | None = None,
    duration_s: int | None = None,
    once: bool = False,
) -> ProfileToSet:
    now = terms.wall_now.astimezone(UTC).replace(microsecond=0)
    starts_at = start_at or now - timedelta(seconds=HEAD_START_S)
    profile = Profile(
        profile_id=profile_ids(terms.connector)[place.id_place],
        stack_level=place.stack_level,
        purpose=place.purpose,
        kind=method.kind,
        schedule=Schedule(
            unit=method.unit,
            periods=tuple(Period(start_s, limit, terms.phases) for start_s, limit in periods),
            start_at=starts_at if method.kind is Kind.ABSOLUTE else None,
            duration_s=duration_s,
        ),
        transaction_id=terms.transaction_id if place is _IN_TRANSACTION else None,
    )
    connector = 0 if place is _WHOLE else terms.connector
    return ProfileToSet(connector, profile.profile_id, profile_text(profile), once)
