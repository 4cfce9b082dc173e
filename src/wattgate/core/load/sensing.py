"""What an EVSE draws, as far as its wallbox measures it (load-management.md, section 3.1)."""

from dataclasses import dataclass
from typing import Final

from wattgate.core.load.phases import UNKNOWN_ROTATION, site_phases
from wattgate.core.station.measurements import Measurement
from wattgate.core.units import NOMINAL_V, PHASES, PhaseTriple

POWER_NEWER_S: Final = 60.0
"""s by which a power must be newer to stand against currents, which say more."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One measurement of an EVSE.

    `at` is the monotonic time of the sample, s. The current on the phase that carries most lies
    between `least_a` and `most_a`: one figure where currents are measured; where only power is, it
    may flow on all phases of the EVSE or on one. `on_site_a` is A on the site's L1, L2, L3; None
    where nobody knows which current flows on which of them. `everywhere_a` is what flows on every
    phase of the site at least, whichever is which; 0 where one may carry nothing.
    """

    at: float
    least_a: float
    most_a: float
    on_site_a: PhaseTriple | None = None
    everywhere_a: float = 0.0


def draw_of(measurement: Measurement, phases: int, rotation: str) -> Draw | None:
    """What an EVSE with so many phases draws; None where it told neither currents nor power.

    `rotation` as in core.load.phases.
    """
    by_power = _by_power(measurement, phases)
    if measurement.currents_at is None or not measurement.currents_a:
        return by_power
    if by_power is not None and by_power.at > measurement.currents_at + POWER_NEWER_S:
        return by_power
    largest_a = max(measurement.currents_a.values())
    on_its_own_a = _on_its_own_a(measurement, phases)
    on_site_a = _on_site_a(on_its_own_a, phases, rotation)
    everywhere_a = max(0.0, min(on_its_own_a)) if len(on_its_own_a) == len(PHASES) else 0.0
    return Draw(measurement.currents_at, largest_a, largest_a, on_site_a, everywhere_a)


def _by_power(measurement: Measurement, phases: int) -> Draw | None:
    """A power may flow on all phases alike or on one: cars do both."""
    if measurement.power_at is None or measurement.power_w is None:
        return None
    on_one_a = max(0.0, measurement.power_w) / NOMINAL_V
    return Draw(measurement.power_at, on_one_a / phases, on_one_a)


def _on_its_own_a(measurement: Measurement, phases: int) -> tuple[float, ...]:
    """A on each phase of the EVSE; empty where not each has its own figure."""
    currents_a = measurement.currents_a
    is_measured = all(phase in currents_a for phase in range(phases))
    is_told_apart = phases == 1 or measurement.assumed.isdisjoint(range(phases))
    if not is_measured or not is_told_apart:
        return ()
    return tuple(currents_a[phase] for phase in range(phases))


def _on_site_a(on_its_own_a: tuple[float, ...], phases: int, rotation: str) -> PhaseTriple | None:
    if rotation == UNKNOWN_ROTATION or not on_its_own_a:
        return None
    on_site_a = [0.0, 0.0, 0.0]
    for phase, site_phase in enumerate(site_phases(phases, rotation)):
        on_site_a[site_phase] = on_its_own_a[phase]
    return (on_site_a[0], on_site_a[1], on_site_a[2])
