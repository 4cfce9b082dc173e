"""The way in which one connector of an OCPP 1.6 wallbox is told its limits (R100)."""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.choosing import in_order
from wattgate.core.charging.ladder import ChargingKeys, ladder
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import RateUnit
from wattgate.core.site.choices import RateUnitChoice, StrategyChoice
from wattgate.core.site.model import WallboxSettings
from wattgate.core.station.models import WallboxModel, read_model
from wattgate.core.station.quirks import traits_of
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.station.presence import Presence

log = structlog.get_logger()

_STRATEGIES: Final = {
    StrategyChoice.AUTO: None,
    StrategyChoice.TWO_PERIODS: Strategy.TWO_PERIODS,
    StrategyChoice.STANDING_AND_GRANT: Strategy.STANDING_AND_GRANT,
    StrategyChoice.SINGLE_VALUE: Strategy.SINGLE_VALUE,
    StrategyChoice.TX_PROFILE: Strategy.TX_PROFILE,
    StrategyChoice.CHARGE_POINT_MAX: Strategy.CHARGE_POINT_MAX,
}

_UNITS: Final = {
    RateUnitChoice.AUTO: None,
    RateUnitChoice.A: RateUnit.A,
    RateUnitChoice.W: RateUnit.W,
}


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a choice rests on; while it is the same, so is the choice.

    `strategy` and `unit` are the installer's, None where they leave it to the wallbox's own words.
    """

    keys: ChargingKeys
    model: WallboxModel | None
    strategy: Strategy | None
    unit: RateUnit | None


class MethodChoice:
    """Keeps the present way of one connector, and moves on where it is of no use.

    `present` is None until the first limit. What is learned holds for all wallboxes of the model.
    """

    def __init__(
        self, presence: Presence, behaviours: Behaviours | None, *, connectors: int
    ) -> None:
        self.present: Method | None = None
        self._presence = presence
        self._behaviours = behaviours
        self._connectors = connectors
        self._basis: _Basis | None = None
        self._tried: set[Method] = set()
        self._taken: set[Method] = set()

    @property
    def behaviour(self) -> Behaviour:
        """What wallboxes of this model and firmware were seen to do."""
        if self._behaviours is None:
            return Behaviour()
        return self._behaviours.of(read_model(self._presence.boot_text))

    def choose(self, keys: ChargingKeys, wallbox: WallboxSettings) -> Method:
        """The way for the next limit."""
        basis = _Basis(
            keys,
            read_model(self._presence.boot_text),
            _STRATEGIES[wallbox.strategy],
            _UNITS[wallbox.rate_unit],
        )
        if self.present is not None and basis == self._basis:
            return self.present
        self._basis = basis
        self._tried.clear()
        return self._take(self._order(basis)[0])

    def forget(self) -> None:
        """It booted: what it did not obey before may have had a cause that is gone."""
        self.present = None
        self._taken.clear()

    def next(self) -> bool:
        """Note that the present way is not obeyed, and take the next; False where none is left."""
        present, basis = self.present, self._basis
        if present is None or basis is None:
            return False
        if self._behaviours is not None:
            self._behaviours.learn(basis.model, self.behaviour.learned_failure(present))
        return self._move_on(present, basis)

    def is_obeyed(self) -> None:
        """Note that the present way is obeyed."""
        if self._behaviours is None or self.present is None or self._basis is None:
            return
        self._behaviours.learn(self._basis.model, self.behaviour.learned_obeys(self.present))

    def accepted(self) -> None:
        """The wallbox took what was said in the present way."""
        if self.present is not None:
            self._taken.add(self.present)

    def refused(self) -> bool:
        """It did not; take the next way, and say whether that is worth trying at once.

        A way that it took since its boot is kept: the cause is another, and will pass. After the
        last way the best is the next again, but not at once.
        """
        if self.present is None or self._basis is None or self.present in self._taken:
            return False
        if self._move_on(self.present, self._basis):
            return True
        self._tried.clear()
        return False

    def _move_on(self, present: Method, basis: _Basis) -> bool:
        self._tried.add(present)
        order = self._order(basis)
        untried = [method for method in order if method not in self._tried]
        # After the last comes the best again: most probably it ends by itself.
        _ = self._take((*untried, *order)[0])
        return bool(untried)

    def _order(self, basis: _Basis) -> tuple[Method, ...]:
        traits = traits_of(basis.model)
        if basis.unit is not None:
            traits = replace(traits, unit=basis.unit)
        ways = ladder(basis.keys, traits, connectors=self._connectors)
        return in_order(ways, basis.strategy, self.behaviour, connectors=self._connectors)

    def _take(self, method: Method) -> Method:
        if method != self.present:
            log.info("limits are set by", station=self._presence.station_id, method=str(method))
        self.present = method
        return method
