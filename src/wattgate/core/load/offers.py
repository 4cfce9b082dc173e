"""What an EVSE was told at least since it was last measured."""

from math import inf

from wattgate.core.load.ledger import Position


class LowestOffers:
    """Follows the limits of EVSEs between two of their measurements."""

    def __init__(self) -> None:
        self._lowest: dict[str, tuple[float, float]] = {}

    def look(self, evse: str, position: Position, draw_at: float) -> float | None:
        """The lowest limit of `evse` since it was measured at `draw_at` (monotonic, s), A.

        Looked at in every cycle. None where its limit says nothing about what it draws: it does
        not follow, or nobody knows which limit it holds.
        """
        measured_at, lowest_a = self._lowest.get(evse, (draw_at, inf))
        told_a = _told_a(position)
        lowest_a = min(lowest_a, told_a) if measured_at == draw_at else told_a
        self._lowest[evse] = (draw_at, lowest_a)
        return None if position.drawn_a is not None or lowest_a == inf else lowest_a


def _told_a(position: Position) -> float:
    """The lower of what it holds and what is on its way; infinite where neither is known."""
    held_a = inf if position.doubtful else position.committed_a
    return held_a if position.pending_a is None else min(held_a, position.pending_a)
