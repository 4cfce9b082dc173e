"""What each EVSE gets of the circuits' current."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from wattgate.core.load.admission import admit, queue_key
from wattgate.core.load.circuits import Circuit, Load, rows
from wattgate.core.load.fill import fill
from wattgate.core.units import chargeable


def allocate(circuits: Sequence[Circuit], loads: Iterable[Load]) -> dict[str, float]:
    """A per phase for every load, as it can be sent: 0 or its minimum to maximum, in tenths.

    No row of a circuit is ever exceeded; the order of the arguments is irrelevant. See `shares`.
    """
    return {evse: chargeable(share_a) for evse, share_a in shares(circuits, loads).items()}


def shares(circuits: Sequence[Circuit], loads: Iterable[Load]) -> dict[str, float]:
    """A per phase for every load, exact, before it is rounded down for the wire.

    The classes of priority are served from high to low, each from what the higher ones left:
    first who may charge (`admit`), then how much, max-min fair among those (`fill`). So a class
    never loses anything to a lower one.
    """
    ordered = sorted(loads, key=lambda load: load.evse)
    grid = rows(circuits, [(load.evse, load.phases) for load in ordered])
    free_a = list(grid.limits_a)
    share_a = dict.fromkeys((load.evse for load in ordered), 0.0)
    queue = sorted(range(len(ordered)), key=lambda index: queue_key(ordered[index]))
    for _, of_class in groupby(queue, key=lambda index: ordered[index].priority):
        admitted = admit(grid, free_a, ordered, of_class)
        for index, current_a in fill(grid, free_a, ordered, admitted).items():
            share_a[ordered[index].evse] = current_a
            for row in grid.rows_of[index]:
                free_a[row] -= current_a
    return share_a
