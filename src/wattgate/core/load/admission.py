"""Who may charge at all: nobody gets less than its minimum."""

from collections.abc import Iterable, Sequence

from wattgate.core.load.circuits import Load, Rows

_ROUNDING_A = 1e-9


def queue_key(load: Load) -> tuple[int, bool, bool, float, str]:
    """Order in which EVSEs are asked, first served first.

    Priority, then those that want current before the satisfied, the running before the waiting, the
    longest waiting first; the name settles the rest so that the order of a list never counts.
    """
    return (-load.priority, load.satisfied, not load.running, load.since, load.evse)


def admit(
    rows: Rows, free_a: Sequence[float], loads: Sequence[Load], queue: Iterable[int]
) -> list[int]:
    """Those of `queue` (places in `loads`) that can have their minimum together, in queue order.

    `free_a` is what each row has left. Who does not fit is passed over and the next one is asked,
    so that no one is kept waiting by a car that cannot charge anyway.
    """
    left_a = list(free_a)
    admitted: list[int] = []
    for index in queue:
        minimum_a = loads[index].minimum_a
        its_rows = rows.rows_of[index]
        for row in its_rows:
            if left_a[row] < minimum_a - _ROUNDING_A:
                break
        else:
            for row in its_rows:
                left_a[row] -= minimum_a
            admitted.append(index)
    return admitted
