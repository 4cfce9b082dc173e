"""Circuits, what wants current from them, and the rows that both make.

A row is one phase of one circuit: the currents of all EVSEs below it that draw on that phase must
not exceed its limit. A tree of circuits needs no more than this: an EVSE is a member of its own
circuit and of every one above.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wattgate.core.errors import LocalUsageError
from wattgate.core.units import MIN_CHARGE_A, PHASES, PhaseTriple, tenths_down

TOLERANCE_A = 1e-6
"""What binary fractions may add to a sum of currents; a row that is fuller than this is over."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A fuse with the EVSEs below it.

    `limit_a` is what is left for them on L1, L2, L3: the rating less reserve, house load and what
    wallboxes out of reach may draw. It may be negative; then nobody charges on that phase.
    """

    name: str
    limit_a: PhaseTriple
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class Load:
    """An EVSE that wants current: nothing, or `minimum_a` to `maximum_a` A on each of its phases.

    `minimum_a` is at least 6 A and a multiple of 0.1 A, the finest step there is (R95, R100b).
    `phases` are the site phases it counts on. A higher `priority` is served first. Within a class
    the `running` (in their minimum time on) keep their place, then the longest waiting comes first:
    `since` is the stamp of the wait, smaller is longer. `satisfied` marks a car that takes nothing
    although it may: it comes after all others of its class.
    """

    evse: str
    phases: frozenset[int]
    minimum_a: float
    maximum_a: float
    priority: int = 1
    since: float = 0.0
    running: bool = False
    satisfied: bool = False

    def __post_init__(self) -> None:
        if not MIN_CHARGE_A <= self.minimum_a <= self.maximum_a:
            raise LocalUsageError(
                f"{self.evse}: not 6 A <= {self.minimum_a} A <= {self.maximum_a} A"
            )
        if abs(tenths_down(self.minimum_a) - self.minimum_a) > TOLERANCE_A:
            raise LocalUsageError(f"{self.evse}: {self.minimum_a} A is not a multiple of 0.1 A")
        if not self.phases or not self.phases <= set(PHASES):
            raise LocalUsageError(f"{self.evse}: {sorted(self.phases)} are not phases of the site")


@dataclass(frozen=True, slots=True)
class Rows:
    """Which EVSE, by its place in a list, counts on which row.

    `limits_a` and `members` have one entry per row, `rows_of` one per EVSE.
    """

    limits_a: tuple[float, ...]
    members: tuple[tuple[int, ...], ...]
    rows_of: tuple[tuple[int, ...], ...]


def rows(circuits: Iterable[Circuit], drawing: Sequence[tuple[str, frozenset[int]]]) -> Rows:
    """The rows on which EVSEs draw, each given with its site phases.

    Of several phases of a circuit with the same EVSEs only the tightest is kept: it decides for
    all. An EVSE that is listed twice or belongs to no circuit is a LocalUsageError: nothing would
    hold it back.
    """
    place = {evse: index for index, (evse, _) in enumerate(drawing)}
    if len(place) != len(drawing):
        raise LocalUsageError("an EVSE is listed twice")
    limits_a: list[float] = []
    members: list[tuple[int, ...]] = []
    rows_of: list[list[int]] = [[] for _ in drawing]
    for circuit in sorted(circuits, key=lambda circuit: circuit.name):
        for on_row, limit_a in _rows_of_circuit(circuit, place, drawing).items():
            for index in on_row:
                rows_of[index].append(len(limits_a))
            limits_a.append(limit_a)
            members.append(on_row)
    homeless = [evse for (evse, _), its_rows in zip(drawing, rows_of, strict=True) if not its_rows]
    if homeless:
        raise LocalUsageError(f"in no circuit: {', '.join(homeless)}")
    return Rows(tuple(limits_a), tuple(members), tuple(map(tuple, rows_of)))


def _rows_of_circuit(
    circuit: Circuit, place: dict[str, int], drawing: Sequence[tuple[str, frozenset[int]]]
) -> dict[tuple[int, ...], float]:
    """The rows of one circuit, members to limit."""
    present = sorted([place[evse] for evse in circuit.members if evse in place])
    tightest: dict[tuple[int, ...], float] = {}
    for phase in PHASES:
        on_row = tuple([index for index in present if phase in drawing[index][1]])
        if on_row:
            limit_a = circuit.limit_a[phase]
            tightest[on_row] = min(limit_a, tightest.get(on_row, limit_a))
    return tightest
