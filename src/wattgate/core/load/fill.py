"""Max-min fair shares: water that rises to the same level in every open vessel.

All admitted loads start at their minimum. A common level rises; a load follows it once the level
reaches its minimum, until it has its maximum or one of its rows is full. Nobody could then get more
without somebody with no more getting less (the bottleneck condition of Bertsekas and Gallager, Data
Networks, section 6.5.2).
"""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Final

from wattgate.core.load.circuits import Load, Rows

# Plain numbers: the look-ups of an enum would cost a quarter of the time.
_SETTLED: Final = 0
_WAITING: Final = 1
_RISING: Final = 2


class _Vessels:
    """The state of one filling; every list has one entry per row or per load."""

    def __init__(
        self, rows: Rows, free_a: Sequence[float], loads: Sequence[Load], admitted: Iterable[int]
    ) -> None:
        self._rows = rows
        self._state = [_SETTLED] * len(loads)
        self._room_a = list(free_a)
        self._rising = [0] * len(self._room_a)
        # A row's place in the heap is a level that it surely survives: a load that settles below
        # the level only ever lets its rows last longer, so an old entry is never too late.
        self._full_at_a = [-1.0] * len(self._room_a)
        self._heap: list[tuple[float, int]] = []
        self._changed: set[int] = set()
        self._level_a = 0.0
        self.share_a: dict[int, float] = {}
        for index in admitted:
            minimum_a = loads[index].minimum_a
            self._state[index] = _WAITING
            self.share_a[index] = minimum_a
            for row in rows.rows_of[index]:
                self._room_a[row] -= minimum_a

    def rise_to(self, level_a: float) -> None:
        """Raise the level, and stop the loads on rows that are full before."""
        if level_a <= self._level_a:
            return
        for row in self._changed:
            if self._rising[row]:
                self._push(row, self._room_a[row] / self._rising[row])
        self._changed.clear()
        while self._heap and self._heap[0][0] < level_a:
            noted_a, row = heappop(self._heap)
            # An outdated entry, or a row that nothing raises any more.
            if noted_a != self._full_at_a[row] or not self._rising[row]:
                continue
            full_at_a = self._room_a[row] / self._rising[row]
            if full_at_a > noted_a:
                self._push(row, full_at_a)
            else:
                self._close(row, max(full_at_a, self._level_a))
        self._level_a = level_a

    def open(self, index: int) -> None:
        """Let a load rise with the level, which has reached its minimum."""
        if self._state[index] != _WAITING:
            return
        self._state[index] = _RISING
        its_rows, room_a, rising = self._rows.rows_of[index], self._room_a, self._rising
        minimum_a = self.share_a[index]
        for row in its_rows:
            room_a[row] += minimum_a
            rising[row] += 1
        self._changed.update(its_rows)

    def settle(self, index: int, share_a: float) -> None:
        """Stop a load where it is."""
        if self._state[index] != _RISING:
            return
        self._state[index] = _SETTLED
        self.share_a[index] = share_a
        room_a, rising = self._room_a, self._rising
        for row in self._rows.rows_of[index]:
            room_a[row] -= share_a
            rising[row] -= 1

    def _close(self, row: int, level_a: float) -> None:
        for index in self._rows.members[row]:
            if self._state[index] == _WAITING:
                self._state[index] = _SETTLED
            else:
                self.settle(index, level_a)

    def _push(self, row: int, full_at_a: float) -> None:
        self._full_at_a[row] = full_at_a
        heappush(self._heap, (full_at_a, row))


def fill(
    rows: Rows, free_a: Sequence[float], loads: Sequence[Load], admitted: Sequence[int]
) -> dict[int, float]:
    """The exact max-min share of each admitted load (its place in `loads`), A per phase.

    `free_a` is what each row has for them; their minimums must fit. O(E log E) for E events, plus
    one update per load and row.
    """
    vessels = _Vessels(rows, free_a, loads, admitted)
    events = [(loads[index].minimum_a, 0, index) for index in admitted]
    events += [(loads[index].maximum_a, 1, index) for index in admitted]
    events.sort()
    for level_a, ends, index in events:
        vessels.rise_to(level_a)
        if ends:
            vessels.settle(index, level_a)
        else:
            vessels.open(index)
    return vessels.share_a
