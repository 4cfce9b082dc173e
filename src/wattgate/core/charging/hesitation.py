"""A wallbox that has accepted a grant and keeps its car waiting (R96, wallbox-quirks.md).

Some resume only with the second profile, some keep to a TxDefaultProfile only in the transactions
that begin later. Neither draws too much, so nothing else would help them.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from wattgate.core.load.demand import RESTS_BELOW_A, EvseView
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.units import MIN_CHARGE_A


class Nudge(Enum):
    """What may wake it."""

    SAY_AGAIN = auto()
    NEXT_WAY = auto()


@dataclass(frozen=True, slots=True)
class Hesitation:
    """Since when (monotonic, s) one EVSE has been keeping its car waiting, None while it is not.

    `nudges` counts what was tried since it last charged.
    """

    since: float | None = None
    nudges: int = 0


def looked(
    before: Hesitation, view: EvseView, allowed_a: float, now: float, patience_s: float
) -> tuple[Hesitation, Nudge | None]:
    """Look at an EVSE with a transaction, and say what to try once `patience_s` are over.

    It hesitates while it says that the EVSE, not the car, suspends charging, though it may draw
    `allowed_a`, and no measurement tells otherwise. First it is told the same again, then in other
    ways, one after the other.
    """
    if view.status is not ConnectorStatus.SUSPENDED_EVSE or _flows(view, before.since):
        return Hesitation(), None
    if allowed_a < MIN_CHARGE_A:
        return replace(before, since=None), None
    if before.since is None:
        return replace(before, since=now), None
    if now - before.since < patience_s:
        return before, None
    nudge = Nudge.NEXT_WAY if before.nudges else Nudge.SAY_AGAIN
    return Hesitation(now, before.nudges + 1), nudge


def _flows(view: EvseView, since: float | None) -> bool:
    """Whether current was measured since: some wallboxes report no change of status."""
    draw = view.draw
    return draw is not None and draw.least_a >= RESTS_BELOW_A and draw.at > (since or 0.0)
