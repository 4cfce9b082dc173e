"""Which of its charging profiles a wallbox with quirks heeds, and what it makes of their limit."""

from collections.abc import Callable
from math import floor
from typing import Final

from wattgate.core.ocpp.profiles import Purpose
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.state import State

STEPS_A: Final = (0.0, 6.0, 8.0, 10.0, 13.0, 16.0)
"""The only currents of a wallbox with Quirk.STEPS, A per phase."""

_SHAPES: Final[dict[Quirk, Callable[[float], float]]] = {
    Quirk.WHOLE_AMPERES: lambda limit_a: float(floor(limit_a)),
    Quirk.STEPS: lambda limit_a: max(step_a for step_a in STEPS_A if step_a <= limit_a),
    Quirk.ZERO_IGNORED: lambda limit_a: max(limit_a, MIN_CHARGE_A),
}


def heeded(state: State, connector: Connector | None = None) -> ProfileStack:
    """The profiles that count for a connector, or for the charge point as a whole."""
    if state.plays(Quirk.KEEPS_CURRENT):
        return ProfileStack()
    running = None if connector is None else connector.transaction
    if running is None or not state.plays(Quirk.ONLY_NEW_TRANSACTIONS):
        return state.profiles
    others = (entry for entry in state.profiles.entries if not _is_default(entry[1].purpose))
    return ProfileStack((*running.defaults.entries, *others))


def defaults_of(stack: ProfileStack) -> ProfileStack:
    """The TxDefaultProfiles alone."""
    return ProfileStack(tuple(entry for entry in stack.entries if _is_default(entry[1].purpose)))


def shaped(state: State, limit_a: float) -> float:
    """A limit that profiles say, A per phase, as the wallbox carries it out."""
    for quirk, shape in _SHAPES.items():
        if state.plays(quirk):
            limit_a = shape(limit_a)
    return limit_a


def resumed(state: State, connector: Connector, limit_a: float) -> float:
    """A limit of 0 or at least 6 A, held at 0 where a pause does not end yet (SUSPENDED_STAYS)."""
    is_paused = connector.transaction is not None and connector.limit_a == 0
    if limit_a == 0 or not is_paused or not state.plays(Quirk.SUSPENDED_STAYS):
        connector.raised_at = None
        return limit_a
    if connector.raised_at is None:
        connector.raised_at = state.profiles_taken
    return limit_a if state.profiles_taken > connector.raised_at else 0.0


def _is_default(purpose: Purpose) -> bool:
    return purpose is Purpose.TX_DEFAULT
