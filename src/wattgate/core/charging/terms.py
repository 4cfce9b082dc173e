"""What a wallbox is to be told about one connector, whichever way it is said (R95, R100)."""

from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.profiles import Period, RateUnit
from wattgate.core.units import NOMINAL_V, chargeable, tenths_down

LIFETIMES_S: Final = range(60, 3601)
"""s a grant may last (R100)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be said to one connector (1 or more).

    `grant_a` and `standing_a` in A per phase. `grant_a` takes the place of the standing current,
    also where it is lower, for `lifetime_s` s, 60 to 3600; None for the standing current alone.
    `wall_now` is the time by the wallbox's own clock (R48): its offset shifts the end of the
    grant. `phases` is numberPhases.

    `transaction_id` is that of the transaction on the connector, as the wallbox knows it, and
    `elapsed_s` the s since it began, below 0 counts as 0; None without one. `periods` is how many
    periods a schedule may have. `step_a` and `steps_a` as in Traits.

    `caps` say what the backends allow from now on, s after `wall_now` and A per phase: where that
    is less than the grant, it holds instead (R97). The standing current is below all of them.
    """

    grant_a: float | None
    standing_a: float
    lifetime_s: int
    wall_now: datetime
    phases: int
    connector: int
    transaction_id: int | None = None
    elapsed_s: int | None = None
    periods: int = 2
    step_a: float = 0.1
    steps_a: tuple[float, ...] = ()
    caps: tuple[Period, ...] = ()

    def __post_init__(self) -> None:
        if self.wall_now.tzinfo is None:
            raise LocalUsageError("the time of a grant needs a zone")
        if self.lifetime_s not in LIFETIMES_S:
            raise LocalUsageError(f"a grant lasts 60 to 3600 s, not {self.lifetime_s}")

    def limit(self, current_a: float, unit: RateUnit) -> float:
        """A current in A per phase as the limit of a profile, never more than it.

        Cut to what the wallbox knows, and 0 instead of less than 6 A (R95, R100b); W are those of
        numberPhases at 230 V.
        """
        limit_a = chargeable(self._stepped(chargeable(current_a)))
        return limit_a if unit is RateUnit.A else tenths_down(limit_a * NOMINAL_V * self.phases)

    def _stepped(self, current_a: float) -> float:
        if self.steps_a:
            return max((step_a for step_a in self.steps_a if step_a <= current_a), default=0.0)
        return tenths_down(floor(current_a / self.step_a + 1e-6) * self.step_a)
