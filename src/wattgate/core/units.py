"""Units and the few constants of the electrical world that everybody shares."""

from math import floor
from typing import Final

MIN_CHARGE_A: Final = 6.0
"""A per phase: the smallest current IEC 61851-1 can signal; below it is a pause."""

NOMINAL_V: Final = 230.0
"""V between phase and neutral, as OCPP converts W to A with it (never the measured voltage)."""

PHASES: Final = (0, 1, 2)
"""Indexes of the site's phases L1, L2, L3."""

PhaseTriple = tuple[float, float, float]
"""One value for each of L1, L2, L3."""


def tenths_down(current_a: float) -> float:
    """Round down to 0.1 A, the finest step of an OCPP 1.6 charging profile (R95).

    A remainder that only binary fractions make (16.3 stored as 16.299…) does not cost a tenth.
    """
    return floor(current_a * 10 + 1e-6) / 10


def chargeable(current_a: float) -> float:
    """Round down to tenths; anything below 6 A is 0 (R100b: never 0 < I < 6 A)."""
    rounded_a = tenths_down(current_a)
    return rounded_a if rounded_a >= MIN_CHARGE_A else 0.0
