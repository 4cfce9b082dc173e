"""Who decides what a car may draw: the strictest of all that have a say (P31, P32)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattgate.core.units import chargeable


class Decider(StrEnum):
    """Whose word counts; of equally strict ones the first counts."""

    FAULT = "a fault"
    NOBODY = "nobody"
    """No car is plugged in, or no card has let it charge."""
    PILOT_CUT = "the pilot cut"
    PHASE_SWITCH = "the phase switch"
    HARDWARE = "the hardware"
    CABLE = "the cable"
    FAIL_SAFE = "the fail-safe"
    MODBUS = "Modbus"
    OCPP = "OCPP"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one of them allows, A per phase."""

    by: Decider
    current_a: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A per phase, 0 or at least 6 (IEC 61851-1), and whose word it is."""

    by: Decider
    current_a: float


def strictest(limits: Sequence[Limit]) -> Decision:
    """Charging happens only if every one of them allows it; the lowest wins.

    There is at least one limit. One below 6 A is a pause.
    """
    order = list(Decider)
    lowest = min(limits, key=lambda limit: (limit.current_a, order.index(limit.by)))
    return Decision(lowest.by, chargeable(lowest.current_a))
