"""What the circuits leave for the EVSEs that can be commanded now (R100a)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wattgate.core.load.circuits import TOLERANCE_A, Circuit
from wattgate.core.units import PHASES, PhaseTriple

SILENT_S: Final = 60.0
"""s without a connection after which a wallbox counts at its hardware maximum.

Until then a reconnect is normal (P12) and the wallbox counts at what it was last allowed.
"""


@dataclass(frozen=True, slots=True)
class Feeder:
    """The line to one wallbox: A per phase, and the EVSEs behind it."""

    station_id: str
    limit_a: float
    members: frozenset[str]


def site_circuits(
    limit_a: PhaseTriple, members: Iterable[str], feeders: Iterable[Feeder]
) -> tuple[Circuit, ...]:
    """The house connection with all EVSEs below it, and each wallbox's feeder.

    `limit_a` is what the house connection leaves for EVSEs, A on each phase; it may be negative.
    """
    house = Circuit("house", limit_a, frozenset(members))
    lines = [
        Circuit(
            f"feeder {feeder.station_id}",
            (feeder.limit_a, feeder.limit_a, feeder.limit_a),
            feeder.members,
        )
        for feeder in feeders
    ]
    return (house, *lines)


def without(
    circuits: Sequence[Circuit],
    fixed_a: Mapping[str, float],
    phases: Mapping[str, frozenset[int]],
) -> tuple[Circuit, ...]:
    """The circuits as they are left by EVSEs that draw `fixed_a` whatever is decided."""
    return tuple(_reduced(circuit, fixed_a, phases) for circuit in circuits)


def _reduced(
    circuit: Circuit, fixed_a: Mapping[str, float], phases: Mapping[str, frozenset[int]]
) -> Circuit:
    taken_a = [
        sum(
            current_a
            for evse, current_a in fixed_a.items()
            if evse in circuit.members and phase in phases[evse]
        )
        for phase in PHASES
    ]
    left: PhaseTriple = (
        circuit.limit_a[0] - taken_a[0],
        circuit.limit_a[1] - taken_a[1],
        circuit.limit_a[2] - taken_a[2],
    )
    return replace(circuit, limit_a=left)


def excess_a(
    circuits: Sequence[Circuit], worst_a: Mapping[str, float], phases: Mapping[str, frozenset[int]]
) -> dict[str, float]:
    """By how much each circuit is over on its fullest phase if all draw their worst, A.

    Circuits that carry it are not named.
    """
    spare_a = {
        circuit.name: min(_reduced(circuit, worst_a, phases).limit_a) for circuit in circuits
    }
    return {name: -left_a for name, left_a in spare_a.items() if left_a < -TOLERANCE_A}


def last_resort(
    circuits: Sequence[Circuit],
    over: Iterable[str],
    culprits: frozenset[str],
    allowed_a: Mapping[str, float],
) -> frozenset[str]:
    """Who is to be stopped: nothing else helped, and its neighbours have made all the room (R100b).

    `over` names the circuits that are over, `culprits` are EVSEs that follow no limit whatever way
    it is said. One is named where all others on an overloaded circuit are at 0 or culprits, too.
    """
    overloaded = frozenset(over)
    stopped: set[str] = set()
    for circuit in circuits:
        neighbours = circuit.members - culprits
        if circuit.name in overloaded and all(allowed_a.get(e, 0.0) == 0 for e in neighbours):
            stopped |= circuit.members & culprits
    return frozenset(stopped)


def worth_after_connecting(
    *, booted: bool, idle: bool, worst_a: float, measured_a: float | None, hardware_a: float
) -> float:
    """What a wallbox counts for between its connection and our next accepted profile, A (R100a).

    After a boot nothing is known of its profiles: its hardware maximum, or nothing while no car is
    plugged. After a mere reconnect: what it was allowed at most, or what it draws.
    """
    if not booted:
        return min(max(worst_a, measured_a or 0.0), hardware_a)
    return 0.0 if idle else hardware_a


def turn(
    *, waiting_since: float, charging_since: float | None, now: float, minimum_on_s: float
) -> tuple[bool, float]:
    """An EVSE's place in the queue: whether it keeps its place, and the stamp of its wait.

    Whoever has just begun to charge keeps the current for `minimum_on_s`; afterwards its wait
    counts from the end of that time, so that whoever has waited longer comes next.
    """
    if charging_since is None:
        return False, waiting_since
    turn_ends = charging_since + minimum_on_s
    return now < turn_ends, turn_ends
