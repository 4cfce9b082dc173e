"""The meter at the house connection, as far as somebody reads it to us."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wattgate.core.load.giving_way import GivingWay
from wattgate.core.load.headroom import (
    Headroom,
    HouseBelief,
    Plausible,
    house_range,
    is_steady,
    on_phases,
)
from wattgate.core.load.house import (
    LoadWindow,
    MeterSample,
    assumed_load_a,
    circuit_limit_a,
    is_stale,
    smallest_plausible,
)
from wattgate.core.load.ledger import Ledger
from wattgate.core.load.offers import LowestOffers
from wattgate.core.site.model import GridMeterSource, Site
from wattgate.core.units import PhaseTriple
from wattgate.ports.evse import EvseReading
from wattgate.runtime.peer import Tools


class Freshness(StrEnum):
    """What the meter's last reading is worth."""

    NONE = "none"
    """The site has no meter, or nothing was read since the start."""
    FRESH = "fresh"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class MeterState:
    """The meter as the API shows it, A on L1, L2, L3.

    `house_load_a` counts for everything but the EVSEs: by the reading, or assumed without one.
    `age_s` and `currents_a` are None before the first reading.
    """

    freshness: Freshness
    age_s: float | None
    currents_a: PhaseTriple | None
    house_load_a: PhaseTriple


class GridMeter:
    """Keeps the newest reading and what it says of the house.

    A reading is judged once, in the first cycle after it came: what EVSEs are told and measure
    later is no part of it.
    """

    def __init__(self, site: Callable[[], Site], tools: Tools) -> None:
        self._site = site
        self._clock = tools.clock
        self._sample: MeterSample | None = None
        self._judged: MeterSample | None = None
        self._belief = HouseBelief()
        self._giving_way = GivingWay()
        self._allowed: dict[str, LoadWindow] = {}
        self._offers = LowestOffers()

    @property
    def sample(self) -> MeterSample | None:
        """The newest reading, however old."""
        return self._sample

    def take(self, currents_a: PhaseTriple) -> None:
        """Take a reading of now: A on L1, L2, L3, negative where the site feeds in."""
        self._sample = MeterSample(self._clock.monotonic(), currents_a)

    def state(self, now: float) -> MeterState:
        """What is known at `now` (monotonic, s)."""
        sample = self._sample
        return MeterState(
            self._freshness(now),
            None if sample is None else now - sample.at,
            None if sample is None else sample.currents_a,
            self._counted_a(self._belief.lenient, now),
        )

    def for_charging_a(
        self,
        readings: Iterable[EvseReading],
        ledger: Ledger,
        now: float,
        targets_a: Mapping[str, float] | None = None,
    ) -> Headroom:
        """What the house connection leaves for all EVSEs at `now`; asked in each cycle.

        `ledger` is as it was before the cycle decides anything, `targets_a` what the cycle before
        wished for each EVSE.
        """
        sample = self._sample
        if sample is not None:
            drawn = [self._plausible(each, ledger, sample.at, now) for each in readings]
            if sample is not self._judged and self._freshness(now) is Freshness.FRESH:
                self._judge(sample, drawn)
        house, belief = self._site().site, self._belief
        lenient_a, strict_a = (
            circuit_limit_a(house.max_current_a, house.reserve_a, self._counted_a(window, now))
            for window in (belief.lenient, belief.strict)
        )
        is_kept = any(
            target_a > 0 and ledger.position(evse).worst_a == 0
            for evse, target_a in (targets_a or {}).items()
        )
        self._giving_way = self._giving_way.looked(is_kept=is_kept, now=now)
        return Headroom(strict_a if self._giving_way.is_on else lenient_a, strict_a)

    def _judge(self, sample: MeterSample, drawn: Sequence[Plausible]) -> None:
        """Note what a reading says; after a silence it takes some calm to believe less."""
        belief, house = self._belief, self._site().site
        if self._judged is not None and self._is_stale(self._judged, sample.at):
            belief = belief.assuming(
                sample.at,
                self._assumed_a(belief.lenient, sample.at),
                self._assumed_a(belief.strict, sample.at),
            )
        usable_a = house.max_current_a - house.reserve_a
        self._belief = belief.seen(sample, house_range(sample, drawn), usable_a)
        self._judged = sample

    def _plausible(
        self, reading: EvseReading, ledger: Ledger, meter_at: float, now: float
    ) -> Plausible:
        view, draw = reading.view, reading.draw
        position = ledger.position(view.evse)
        late_a = self._allowed_of_late(reading, position.worst_a, now)
        least_a, most_a = self._least_a(reading, ledger, meter_at), on_phases(late_a, view.phases)
        if draw is None:
            return Plausible(least_a, least_a if reading.idle else most_a, most_a)
        offered_low_a = self._offers.look(view.evse, position, draw.at)
        follows = view.suspended_ev_since is not None or is_steady(
            draw, meter_at, offered_low_a, position.worst_a, late_a
        )
        return Plausible(least_a, least_a if follows else most_a, most_a)

    def _allowed_of_late(self, reading: EvseReading, worst_a: float, now: float) -> float:
        """The most that it was allowed in the last s: a car takes some to follow a lower limit."""
        evse = reading.view.evse
        window = self._allowed.get(evse, LoadWindow()).seen(now, (worst_a, 0.0, 0.0))
        self._allowed[evse] = window
        highest_a = window.highest_a(now)
        return worst_a if highest_a is None else highest_a[0]

    def _least_a(self, reading: EvseReading, ledger: Ledger, meter_at: float) -> PhaseTriple:
        view, draw = reading.view, reading.draw
        if draw is None or view.suspended_ev_since is not None:
            return (0.0, 0.0, 0.0)
        offered_low_a = self._offers.look(view.evse, ledger.position(view.evse), draw.at)
        return smallest_plausible(draw, meter_at, offered_low_a)

    def _freshness(self, now: float) -> Freshness:
        if self._sample is None or self._site().site.grid_meter is GridMeterSource.NONE:
            return Freshness.NONE
        return Freshness.STALE if self._is_stale(self._sample, now) else Freshness.FRESH

    def _is_stale(self, sample: MeterSample, now: float) -> bool:
        return is_stale(sample, now, self._site().site.grid_meter_period_s)

    def _counted_a(self, window: LoadWindow, now: float) -> PhaseTriple:
        match self._freshness(now):
            case Freshness.FRESH:
                return window.highest_a(now) or self._assumed_a(window, now)
            case Freshness.STALE:
                return self._assumed_a(window, now)
            case Freshness.NONE:
                return assumed_load_a(self._told_a, None)

    def _assumed_a(self, window: LoadWindow, now: float) -> PhaseTriple:
        return assumed_load_a(self._told_a, window.highest_a(now))

    @property
    def _told_a(self) -> float:
        return self._site().site.house_load_a or 0.0
