"""What the house may draw by a reading of its meter: a range, and which end of it counts when.

A reading may be older or newer than what the EVSEs measure. So one reading tells a range, as wide
as what the EVSEs may have drawn beside what they did for sure (load-management.md, 3.1). Raises
have to fit beside the highest house load in it. Nobody is lowered because of the range alone: the
connection was measured as a whole, and was not full.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wattgate.core.load.circuits import TOLERANCE_A
from wattgate.core.load.house import (
    FORGOTTEN_S,
    WINDOW_S,
    LoadWindow,
    MeterSample,
    house_load_a,
)
from wattgate.core.load.sensing import Draw
from wattgate.core.units import PHASES, PhaseTriple


@dataclass(frozen=True, slots=True)
class Headroom:
    """What the house connection leaves for all EVSEs, A per phase; negative where it is over.

    `lenient_a` is what is shared among them and what they are lowered to, `strict_a` what a raise
    has to fit into.
    """

    lenient_a: PhaseTriple
    strict_a: PhaseTriple


@dataclass(frozen=True, slots=True)
class Plausible:
    """What an EVSE drew when the meter was read: at least, most likely, at most; A per phase."""

    least_a: PhaseTriple
    likely_a: PhaseTriple
    most_a: PhaseTriple


@dataclass(frozen=True, slots=True)
class HouseRange:
    """What the house drew by one reading: at least, if the EVSEs draw as is likely, at most, A."""

    low_a: PhaseTriple
    likely_a: PhaseTriple
    high_a: PhaseTriple


def on_phases(current_a: float, phases: Iterable[int]) -> PhaseTriple:
    """`current_a` A on each of these site phases."""
    counting = frozenset(phases)
    l1_a, l2_a, l3_a = (current_a if phase in counting else 0.0 for phase in PHASES)
    return (l1_a, l2_a, l3_a)


def is_steady(
    draw: Draw | None, meter_at: float, offered_low_a: float | None, now_a: float, late_a: float
) -> bool:
    """Whether an EVSE likely drew at `meter_at` what `draw` says.

    It was measured under the limit that it has: `offered_low_a` is the lowest since, `now_a` the
    most that it may draw now. If it was allowed `late_a` until a moment ago, a car takes some s to
    follow: the measurement has to show that it did.
    """
    if draw is None or draw.on_site_a is None or offered_low_a != now_a:
        return False
    return abs(meter_at - draw.at) <= FORGOTTEN_S and (draw.most_a <= now_a or late_a <= now_a)


def house_range(sample: MeterSample, drawn: Sequence[Plausible]) -> HouseRange:
    """The range by a reading, from what each EVSE drew then."""
    return HouseRange(
        house_load_a(sample, [each.most_a for each in drawn]),
        house_load_a(sample, [each.likely_a for each in drawn]),
        house_load_a(sample, [each.least_a for each in drawn]),
    )


@dataclass(frozen=True, slots=True)
class HouseBelief:
    """What the readings of late say: `lenient` what is believed, `strict` the highest possible.

    `over_since` is since when each phase of the connection has been full, monotonic, s.
    """

    lenient: LoadWindow = field(default_factory=LoadWindow)
    strict: LoadWindow = field(default_factory=LoadWindow)
    over_since: tuple[float | None, ...] = (None, None, None)

    def seen(self, sample: MeterSample, house: HouseRange, usable_a: float) -> "HouseBelief":
        """Take a reading and the range that it leaves; more than `usable_a` A are too much.

        What was believed last stays, as far as the range leaves it possible. Where too much flows
        it is at least what is likely: one step ends it if the EVSEs draw so. If it does not within
        `WINDOW_S`, the highest counts.
        """
        over_since = tuple(
            (sample.at if since is None else since) if current_a > usable_a + TOLERANCE_A else None
            for current_a, since in zip(sample.currents_a, self.over_since, strict=True)
        )
        last_a = self.lenient.last_a or house.high_a

        def of_phase(phase: int) -> float:
            since, high_a = over_since[phase], house.high_a[phase]
            if since is not None and sample.at - since >= WINDOW_S:
                return high_a
            low_a = house.low_a[phase] if since is None else house.likely_a[phase]
            return min(max(last_a[phase], low_a), high_a)

        load_a = (of_phase(0), of_phase(1), of_phase(2))
        return HouseBelief(
            self.lenient.seen(sample.at, load_a),
            self.strict.seen(sample.at, house.high_a),
            over_since,
        )

    def assuming(self, at: float, lenient_a: PhaseTriple, strict_a: PhaseTriple) -> "HouseBelief":
        """Go on from what was assumed while nothing was read."""
        return HouseBelief(self.lenient.seen(at, lenient_a), self.strict.seen(at, strict_a))
