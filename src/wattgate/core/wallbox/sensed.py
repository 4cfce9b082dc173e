"""What the hardware of one charging point says of itself (IEC 61851-1 annex A)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.units import MIN_CHARGE_A, PhaseTriple

NO_ERROR: Final = "NoError"


class Pilot(StrEnum):
    """State of the control pilot.

    A: no car; B: a car, not asking; C: it asks or charges; D: the same with ventilation; E: shorted
    or cut; F: the wallbox itself is not available.
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


PLUGGED: Final = frozenset({Pilot.B, Pilot.C, Pilot.D})
"""States in which a car is known to be there."""

BROKEN: Final = frozenset({Pilot.E, Pilot.F})
"""States that say nothing about the car."""

ASKING: Final = frozenset({Pilot.C, Pilot.D})
"""States in which the car takes what it is offered."""


def phases_to_close(pilot: Pilot, offered_a: float, phases: int) -> int:
    """How many of the selected phases the contactor may connect now, 0 for none.

    Only a car that asks for current and was offered some is connected.
    """
    return phases if pilot in ASKING and offered_a >= MIN_CHARGE_A else 0


@dataclass(frozen=True, slots=True)
class MeterLook:
    """What a meter shows: a register that never falls, A on L1, L2, L3, W on all together."""

    energy_wh: float = 0.0
    currents_a: PhaseTriple = (0.0, 0.0, 0.0)
    power_w: float = 0.0


@dataclass(frozen=True, slots=True)
class Sensed:
    """One look at the hardware.

    `energy_wh` is a register that never falls; `currents_a` flow on L1, L2, L3; `power_w` is on all
    phases together; `error_code` is spelled as in OCPP 1.6 §7.6.
    """

    pilot: Pilot = Pilot.A
    energy_wh: float = 0.0
    currents_a: PhaseTriple = (0.0, 0.0, 0.0)
    power_w: float = 0.0
    error_code: str = NO_ERROR
