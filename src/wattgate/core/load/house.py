"""What the house leaves for charging, by a meter at its connection (load-management.md, 3.1).

The house's own load is what was measured less the *smallest* that the EVSEs may have drawn at that
moment; what they may draw is budgeted at the *largest* elsewhere. One figure for both would hide
house load behind offers that are not drawn yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Final

from wattgate.core.load.sensing import Draw
from wattgate.core.units import PHASES, PhaseTriple

SHORTEST_STALE_S: Final = 5.0
"""No reading is too old before this age."""

STALE_PERIODS: Final = 3
"""Periods of the meter after which its reading is too old."""

SAME_TIME_S: Final = 30.0
"""What an EVSE measured within this of the meter's reading counts as measured with it."""

FORGOTTEN_S: Final = 300.0
"""A measurement of an EVSE that is older says nothing: the car may be full."""

WINDOW_S: Final = 10.0
"""s for which a load of the house still counts after a lower one was read."""

_NOTHING: Final = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class MeterSample:
    """One reading of the house connection: A on L1, L2, L3, negative where it feeds in.

    `at` is its monotonic time, s.
    """

    at: float
    currents_a: PhaseTriple


def is_stale(sample: MeterSample, now: float, period_s: float) -> bool:
    """Whether a meter that reports each `period_s` should have spoken long ago."""
    return now - sample.at > max(SHORTEST_STALE_S, STALE_PERIODS * period_s)


def smallest_plausible(
    draw: Draw | None, meter_at: float, offered_low_a: float | None
) -> PhaseTriple:
    """The least that an EVSE drew at `meter_at`, A on the site's phases.

    `offered_low_a` is the lowest limit that it was told since `draw` was measured. A higher figure
    is from before: the car has followed since. None where the limit tells nothing, because it does
    not follow or may hold another one: then only what was measured at the same time counts.
    """
    if draw is None:
        return _NOTHING
    apart_s = abs(meter_at - draw.at)
    if apart_s > (SAME_TIME_S if offered_low_a is None else FORGOTTEN_S):
        return _NOTHING
    on_site_a = draw.on_site_a or (draw.everywhere_a, draw.everywhere_a, draw.everywhere_a)
    if offered_low_a is None:
        return on_site_a
    l1_a, l2_a, l3_a = on_site_a
    return (min(l1_a, offered_low_a), min(l2_a, offered_low_a), min(l3_a, offered_low_a))


def house_load_a(sample: MeterSample, draws: Iterable[PhaseTriple]) -> PhaseTriple:
    """What everything but the EVSEs drew, A per phase; `draws` as `smallest_plausible` says.

    Never below 0: what a solar plant feeds in now is no promise for the next minute.
    """
    drawn = list(draws)

    def of_house(phase: int) -> float:
        return max(0.0, sample.currents_a[phase] - sum(each[phase] for each in drawn))

    return (of_house(0), of_house(1), of_house(2))


@dataclass(frozen=True, slots=True)
class LoadWindow:
    """What the house drew of late: more of it counts at once, less only after `WINDOW_S` of calm.

    `loads` are (monotonic time of the reading in s, A on L1, L2, L3), the newest last.
    """

    loads: tuple[tuple[float, PhaseTriple], ...] = ()

    @property
    def last_a(self) -> PhaseTriple | None:
        """The newest load, A; None: nothing was read yet."""
        return self.loads[-1][1] if self.loads else None

    def seen(self, at: float, load_a: PhaseTriple) -> "LoadWindow":
        """Take a newer reading; what it replaces counts for `WINDOW_S` more."""
        return LoadWindow((*self._counting(at), (at, load_a)))

    def highest_a(self, now: float) -> PhaseTriple | None:
        """The most that it drew on each phase in the `WINDOW_S` before `now`, A; None: unknown."""
        counting = self._counting(now)
        if not counting:
            return None
        l1_a, l2_a, l3_a = (max(load_a[phase] for _, load_a in counting) for phase in PHASES)
        return (l1_a, l2_a, l3_a)

    def _counting(self, now: float) -> tuple[tuple[float, PhaseTriple], ...]:
        """A load lasts until the next reading, which is some time after its own."""
        ends = (*(at for at, _ in self.loads[1:]), inf)
        return tuple(
            load for load, end in zip(self.loads, ends, strict=False) if now - end < WINDOW_S
        )


def assumed_load_a(told_a: float, last_a: PhaseTriple | None) -> PhaseTriple:
    """What counts while the readings are too old, A per phase.

    What the owner said, but no less than was seen last: a meter that falls silent raises nobody.
    """
    l1_a, l2_a, l3_a = last_a or _NOTHING
    return (max(told_a, l1_a), max(told_a, l2_a), max(told_a, l3_a))


def circuit_limit_a(limit_a: float, reserve_a: float, house_a: PhaseTriple) -> PhaseTriple:
    """What is left for all EVSEs, A per phase; negative where the house alone is over."""
    usable_a = limit_a - reserve_a
    l1_a, l2_a, l3_a = house_a
    return (usable_a - l1_a, usable_a - l2_a, usable_a - l3_a)
