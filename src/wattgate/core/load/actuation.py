"""In which order limits change: lower first, raise only into room that is confirmed.

What every EVSE may draw at worst (`ledger`) is what counts on a row, not what it is wished to draw.
So a raise never relies on a reduction that might be lost: it waits for the answer and comes with
the next plan (architecture rule 9).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.circuits import TOLERANCE_A, Circuit, Rows, rows
from wattgate.core.load.ledger import Ledger, Position
from wattgate.core.units import MIN_CHARGE_A, chargeable

RAISE_SPACING_S: Final = 5.0
"""s between two raises of one EVSE (R100)."""

RAISE_GAIN_A: Final = 0.5
"""A that a raise must bring (R100)."""


@dataclass(frozen=True, slots=True)
class SetLimit:
    """Let the EVSE draw at most `current_a` A per phase; 0 pauses it.

    `is_interim` tells that it is to have more as soon as others have confirmed what they have.
    """

    evse: str
    current_a: float
    is_interim: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send now: `lower` before `raise_`, each in its order."""

    lower: tuple[SetLimit, ...] = ()
    raise_: tuple[SetLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """What restrains commands besides the circuits.

    `raised_at` is when each EVSE was last raised (monotonic, s); `minimum_a` the least it can
    charge with, 6 A where it is not named; `mute` the EVSEs to which nothing is sent now: out of
    reach, released, or in the pause after a refusal. They count as the ledger has them.
    """

    raised_at: Mapping[str, float]
    minimum_a: Mapping[str, float]
    mute: frozenset[str] = frozenset()


def plan(
    circuits: Sequence[Circuit],
    targets_a: Mapping[str, float],
    phases: Mapping[str, frozenset[int]],
    ledger: Ledger,
    pace: Pace,
    now: float,
) -> Plan:
    """The limits to send now on the way to `targets_a` (A per phase; not named is 0).

    `phases` names every EVSE of the circuits with the site phases it counts on. Reductions go out
    at once, as does the repetition of a limit whose fate is in doubt; that is no more than every
    row holds while all others draw their worst, since the EVSE may hold less than it counts for. A
    raise goes out as far as every row holds in the same way, lowest EVSE first, at most once in 5 s
    and for no less than 0.5 A, but from 0 at once (R100). As long as the circuits' limits stay as
    they are, no row's worst case ever rises above its limit, whatever is answered, refused or lost.
    """
    for circuit in circuits:
        if not circuit.members <= phases.keys():
            raise LocalUsageError(f"{circuit.name}: the phases of some EVSEs are missing")
    positions = {evse: ledger.position(evse) for evse in sorted(phases)}
    wanted_a = {
        evse: chargeable(targets_a.get(evse, 0.0)) for evse in positions if evse not in pace.mute
    }
    grid = rows(circuits, [(evse, phases[evse]) for evse in positions])
    rooms = _Rooms(grid, positions)
    lower = tuple(
        _reduced(evse, target_a, rooms, pace)
        for evse, target_a in wanted_a.items()
        if _is_reduction(positions[evse], target_a)
    )
    wishes = {
        evse: target_a
        for evse, target_a in wanted_a.items()
        if _is_raise(positions[evse], target_a) and _is_due(evse, positions[evse], pace, now)
    }
    return Plan(lower, tuple(_raises(rooms, positions, wishes, pace)))


class _Rooms:
    """What every row has left while each EVSE draws its worst."""

    def __init__(self, grid: Rows, positions: Mapping[str, Position]) -> None:
        self._positions = positions
        self._rows_of = dict(zip(positions, grid.rows_of, strict=True))
        self._left_a = list(grid.limits_a)
        for evse, position in positions.items():
            self.take(evse, position.worst_a)

    def spare_a(self, evse: str) -> float:
        """A that every row of the EVSE has left; negative where one is over."""
        return min(self._left_a[row] for row in self._rows_of[evse])

    def take(self, evse: str, current_a: float) -> None:
        for row in self._rows_of[evse]:
            self._left_a[row] -= current_a

    def beside_others(self, evse: str, target_a: float) -> float:
        """The target, or of an EVSE in doubt what fits beside the worst of all others."""
        position = self._positions[evse]
        if not position.doubtful:
            return target_a
        return chargeable(min(target_a, max(0.0, position.worst_a + self.spare_a(evse))))


def _reduced(evse: str, target_a: float, rooms: _Rooms, pace: Pace) -> SetLimit:
    current_a = _at_least(rooms.beside_others(evse, target_a), evse, pace)
    return SetLimit(evse, current_a, is_interim=current_a < target_a)


def _at_least(current_a: float, evse: str, pace: Pace) -> float:
    """0 instead of less than the EVSE can charge with."""
    return current_a if current_a >= pace.minimum_a.get(evse, MIN_CHARGE_A) else 0.0


def _is_reduction(position: Position, target_a: float) -> bool:
    """Whether the target goes below what the EVSE heads for, or repeats a limit in doubt."""
    if position.doubtful and position.pending_a is None:
        return target_a <= position.committed_a
    return target_a < position.heading_a - TOLERANCE_A


def _is_raise(position: Position, target_a: float) -> bool:
    """Whether the target is a raise; while something is pending, it waits for the answer."""
    return position.pending_a is None and target_a > position.committed_a + TOLERANCE_A


def _is_due(evse: str, position: Position, pace: Pace, now: float) -> bool:
    raised_at = pace.raised_at.get(evse)
    return position.committed_a == 0 or raised_at is None or now - raised_at >= RAISE_SPACING_S


def _raises(
    rooms: _Rooms, positions: Mapping[str, Position], wishes: Mapping[str, float], pace: Pace
) -> Iterator[SetLimit]:
    """The raises that fit beside everybody's worst case, the EVSE that has least first."""
    for evse in sorted(wishes, key=lambda evse: (positions[evse].committed_a, evse)):
        committed_a = positions[evse].committed_a
        # What it counts for already is taken from its rows: it may be told that much.
        worst_a = positions[evse].worst_a
        current_a = chargeable(min(wishes[evse], worst_a + rooms.spare_a(evse)))
        gain_a = current_a - committed_a
        least_gain_a = RAISE_GAIN_A - TOLERANCE_A if committed_a else MIN_CHARGE_A
        if gain_a >= least_gain_a and _at_least(current_a, evse, pace):
            rooms.take(evse, max(0.0, current_a - worst_a))
            yield SetLimit(evse, current_a)
