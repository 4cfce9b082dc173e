"""The ways worth trying with a wallbox, the best first (R100)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit
from wattgate.core.station.traits import Traits


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

    @property
    def periods(self) -> int:
        """How many periods a schedule may have: two where the wallbox does not say."""
        return 2 if self.max_periods is None else max(1, self.max_periods)

    @property
    def units(self) -> tuple[RateUnit, ...]:
        """The units of limits, the better first; A alone where the wallbox names none.

        The values are `Current` and `Power` (16E 3.86); `A` and `W` are seen in the field (R95).
        """
        named = {unit.strip().casefold() for unit in (self.rate_units or "").split(",")}
        units = tuple(unit for unit, words in _UNITS.items() if named & words)
        return units or (RateUnit.A,)


_UNITS: Final[Mapping[RateUnit, frozenset[str]]] = {
    RateUnit.A: frozenset({"current", "a"}),
    RateUnit.W: frozenset({"power", "w"}),
}


def _two_defaults(keys: ChargingKeys, traits: Traits) -> bool:
    has_room = (keys.max_stack_level or 0) >= 1 and (keys.max_profiles or 0) >= 2
    return has_room and not traits.stack_level_zero_only


def _beside_default(keys: ChargingKeys, _: Traits) -> bool:
    return keys.max_profiles is None or keys.max_profiles >= 2


_POSSIBLE: Final[Mapping[Strategy, Callable[[ChargingKeys, Traits], bool]]] = {
    Strategy.TWO_PERIODS: lambda keys, _: keys.periods >= 2,
    Strategy.STANDING_AND_GRANT: _two_defaults,
    Strategy.TX_PROFILE: _beside_default,
    Strategy.CHARGE_POINT_MAX: lambda keys, _: keys.periods >= 2,
}
"""What expires, in the order of preference, and what it needs."""

_DEFAULTS: Final = (Strategy.TWO_PERIODS, Strategy.STANDING_AND_GRANT)


def ladder(keys: ChargingKeys, traits: Traits, *, connectors: int) -> tuple[Method, ...]:
    """Every way worth trying with a wallbox of so many connectors; the first is to be used.

    It is R100's order. First what limits through TxDefaultProfiles and expires: that holds before
    a transaction, without one and without us. TxProfile next, for what a wallbox applies to a new
    transaction only; ChargePointMaxProfile, which limits the sum of the connectors, where there is
    one. Then the best way in the other unit, and what counts from the start of charging, for
    wallboxes that misread the time. The single value is the last, because it holds for ever, but
    the first where no TxDefaultProfile expires: a wallbox that ignores a TxProfile would leave
    its cars at the standing current, and a single value is at least obeyed.

    Nothing is found out by trying: the keys and what is known of the model decide. Where the keys
    say nothing, two periods are the first: one profile at stack level 0, which nearly all take.
    """
    unit, *other_units = (traits.unit,) if traits.unit else keys.units
    kind = traits.kind or Kind.ABSOLUTE
    single = Method(Strategy.SINGLE_VALUE, unit, kind)
    expiring = [
        Method(strategy, unit, kind)
        for strategy, is_possible in _POSSIBLE.items()
        if is_possible(keys, traits)
        and strategy not in traits.refuses
        and (strategy is not Strategy.CHARGE_POINT_MAX or _may_limit_all(kind, connectors))
    ]
    best, then = [single], expiring
    if expiring and expiring[0].strategy in _DEFAULTS:
        best, then = expiring, []
    others = [Method(best[0].strategy, other, kind) for other in other_units]
    if traits.kind is None:
        others += _relative(best[0], expiring)
    return tuple(dict.fromkeys((*best, *then, *others, single)))


def _may_limit_all(kind: Kind, connectors: int) -> bool:
    return kind is Kind.ABSOLUTE and connectors == 1


def _relative(best: Method, expiring: list[Method]) -> list[Method]:
    """The best way and a TxProfile, counted from the start of charging."""
    return [
        Method(method.strategy, method.unit, Kind.RELATIVE)
        for method in (best, *expiring)
        if method == best or method.strategy is Strategy.TX_PROFILE
    ]
