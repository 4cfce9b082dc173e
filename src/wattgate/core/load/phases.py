"""On which of the site's phases an EVSE draws its current."""

from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.units import PHASES

UNKNOWN_ROTATION: Final = "unknown"
"""The wiring was never looked at: the current counts in full on every phase of the site."""

_L1_L2_L3: Final = {"R": 0, "S": 1, "T": 2}
_ROTATIONS: Final = ("RST", "RTS", "SRT", "STR", "TRS", "TSR")


def site_phases(phases: int, rotation: str) -> tuple[int, ...]:
    """The site phase (index, L1 = 0) behind each phase of an EVSE, in the EVSE's order.

    `phases` is how many the EVSE uses, 1 to 3; `rotation` as OCPP 1.6 spells it in
    ConnectorPhaseRotation (16 §9.1: the EVSE's L1, L2, L3 in terms of R, S, T), or `unknown`,
    which answers all three because each may be the one. Anything else is a LocalUsageError.
    """
    if phases not in (1, 2, 3):
        raise LocalUsageError(f"an EVSE has 1 to 3 phases, not {phases}")
    if rotation == UNKNOWN_ROTATION:
        return PHASES
    if rotation not in _ROTATIONS:
        raise LocalUsageError(
            f"unknown phase rotation {rotation!r}; known: {', '.join(_ROTATIONS)}"
        )
    return tuple(_L1_L2_L3[letter] for letter in rotation[:phases])


def phases_used(phases: int, rotation: str) -> frozenset[int]:
    """The site phases that must have room for the EVSE's current (see `site_phases`)."""
    return frozenset(site_phases(phases, rotation))
