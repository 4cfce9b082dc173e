"""In what the smart charging of some wallboxes differs from OCPP 1.6."""

from dataclasses import dataclass, fields, replace
from typing import Any

from wattgate.core.charging.methods import Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit


@dataclass(frozen=True, slots=True)
class Traits:
    """What deviates; the defaults are those of a wallbox that does what OCPP says.

    `stack_level_zero_only` holds whatever ChargeProfileMaxStackLevel says. `unit` and `kind` are
    the only ones it obeys, None where it obeys what it says. `refuses` are strategies that it
    rejects, or accepts and ignores; the single value is never among them, for something must be
    left. Limits are cut to a multiple of `step_a` A, or where `steps_a` names the only ones it
    knows, to one of those. `never_clear_in_session` tells that a cleared profile may set its
    current to the maximum while a car charges.
    """

    stack_level_zero_only: bool = False
    unit: RateUnit | None = None
    kind: Kind | None = None
    refuses: frozenset[Strategy] = frozenset()
    step_a: float = 0.1
    steps_a: tuple[float, ...] = ()
    never_clear_in_session: bool = False

    def __or__(self, other: "Traits") -> "Traits":
        """Both deviations at once; where they contradict each other, the other's counts."""
        deviating: dict[str, Any] = {
            field.name: getattr(other, field.name)
            for field in fields(other)
            if getattr(other, field.name) != field.default
        }
        return replace(self, **{**deviating, "refuses": self.refuses | other.refuses})


ORDINARY = Traits()
"""A wallbox of which nothing else is known."""
