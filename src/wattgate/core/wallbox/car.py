"""The car at a connector: what it draws, and how its battery fills."""

from dataclasses import dataclass, replace
from typing import Final

from wattgate.core.units import MIN_CHARGE_A, NOMINAL_V

FULL_WITHIN_WH: Final = 1.0
"""A battery that lacks less than this is full."""

_TAPER_STEP: Final = 0.01
"""Near full the current is taken anew after every hundredth of the capacity."""


@dataclass(frozen=True, slots=True)
class Car:
    """A car with an on-board charger and a battery.

    `max_current_a` is A per phase and at least 6; `charged_wh` is 0 to `capacity_wh`;
    `taper_from` is the state of charge, below 1, from which the current falls in a straight line
    to 6 A at full; None draws in full to the end. One that `is_asleep` takes nothing.
    """

    phases: int = 3
    max_current_a: float = 16.0
    capacity_wh: float = 40_000.0
    charged_wh: float = 20_000.0
    taper_from: float | None = None
    is_asleep: bool = False

    @property
    def state_of_charge(self) -> float:
        """From 0 (empty) to 1 (full)."""
        return self.charged_wh / self.capacity_wh

    @property
    def is_full(self) -> bool:
        """A full car draws nothing."""
        return self.capacity_wh - self.charged_wh < FULL_WITHIN_WH

    def current_a(self, offered_a: float) -> float:
        """What it draws, A per phase, of what the wallbox signals (IEC 61851-1: below 6 A none)."""
        if offered_a < MIN_CHARGE_A or self.is_full or self.is_asleep:
            return 0.0
        return min(offered_a, self._appetite_a())

    def power_w(self, current_a: float, wallbox_phases: int) -> float:
        """What a current means in W, on the phases that car and wallbox share."""
        return current_a * NOMINAL_V * min(self.phases, wallbox_phases)

    def charged(self, energy_wh: float) -> "Car":
        """The same car with more energy in its battery, at most its capacity."""
        return replace(self, charged_wh=min(self.capacity_wh, self.charged_wh + energy_wh))

    def wh_until_change(self) -> float:
        """How much energy it takes in before it wants another current."""
        charge = self.state_of_charge
        if self.taper_from is None:
            target = 1.0
        elif charge < self.taper_from:
            target = self.taper_from
        else:
            target = min(1.0, charge + _TAPER_STEP)
        return target * self.capacity_wh - self.charged_wh

    def _appetite_a(self) -> float:
        if self.taper_from is None or self.state_of_charge <= self.taper_from:
            return self.max_current_a
        share = (1.0 - self.state_of_charge) / (1.0 - self.taper_from)
        return MIN_CHARGE_A + share * (self.max_current_a - MIN_CHARGE_A)
