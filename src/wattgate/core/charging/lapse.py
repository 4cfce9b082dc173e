"""Did a grant end by itself? What a current says about it (R100a)."""

from dataclasses import dataclass
from typing import Final

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.obedience import tolerance_a
from wattgate.core.load.sensing import Draw

CLEARLY_A: Final = 5.0
"""A above the standing current that only a grant can explain; the least that a car draws."""

SURELY_S: Final = 600.0
"""s after its end from which a grant has lapsed by any clock that is worth one."""


def flows(draw: Draw, standing_a: float) -> bool:
    """Whether clearly more is drawn than is allowed without a manager."""
    return draw.least_a >= standing_a + CLEARLY_A


def rests(draw: Draw, standing_a: float) -> bool:
    """Whether no more is drawn than is allowed without a manager."""
    return draw.most_a < standing_a + tolerance_a(standing_a)


@dataclass(frozen=True, slots=True)
class Parting:
    """A wallbox was seen for the last time while its car drew what only a grant allows.

    `charging_since` tells one transaction from the next. From `ended_by` on (monotonic, s) its
    grant has surely lapsed.
    """

    charging_since: float
    ended_by: float


def parted(
    draw: Draw | None, *, standing_a: float, charging_since: float, now: float, lifetime_s: float
) -> Parting | None:
    """What to remember of an EVSE at `now`, in case its wallbox is not seen again for long."""
    if draw is None or not flows(draw, standing_a):
        return None
    return Parting(charging_since, now + lifetime_s + SURELY_S)


def lapse_seen(
    parting: Parting,
    draw: Draw | None,
    *,
    standing_a: float,
    charging_since: float,
    back_at: float,
    is_held: bool,
) -> Proof:
    """What a wallbox that was away, and has not booted since, shows about the end of its grant.

    Only a sample from between the end of the grant and `back_at` (monotonic, s) counts, such as
    one that the wallbox kept until it was back: then nothing newer of ours was in it. That no
    current flows is the end of the grant only where the wallbox says that it holds the car back
    (`is_held`): the battery may have become full meanwhile.

    Only the end can be seen like this. That a profile survives a power cycle cannot: after a boot
    it is not known whether the wallbox lost its power, and whether the car would have charged.
    """
    if draw is None or charging_since != parting.charging_since:
        return Proof.UNPROVEN
    if not parting.ended_by < draw.at <= back_at:
        return Proof.UNPROVEN
    if rests(draw, standing_a):
        return Proof.PROVEN if is_held else Proof.UNPROVEN
    return Proof.REFUTED if flows(draw, standing_a) else Proof.UNPROVEN
