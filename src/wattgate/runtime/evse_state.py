"""One EVSE at one moment, as people and programs see it."""

from dataclasses import dataclass

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.proving import Trial
from wattgate.ports.evse import Cleared
from wattgate.runtime.charging.obedience_watch import ObedienceState
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse


@dataclass(frozen=True, slots=True)
class Safety:
    """What is known of how an EVSE takes its limits.

    `obedience` is offered against measured; `behaviour` what wallboxes of its model and firmware
    have been seen to do. `refuses` tells that it has refused its last limit, however it was said;
    `released` that it gets none. `cleared` is how removing ours ended, None while limits are set;
    `trial` the proof under way or the last one, None without one.
    """

    obedience: ObedienceState
    behaviour: Behaviour
    refuses: bool
    released: bool
    cleared: Cleared | None
    trial: Trial | None


@dataclass(frozen=True, slots=True)
class EvseState:
    """One EVSE at this moment, with what limits it; currents in A per phase."""

    evse: StationEvse
    station: Station
    offered_a: float
    target_a: float
    counted_a: float
    doubtful: bool
    safety: Safety
