"""An observer at the cables between manager and wallboxes: no limit may promise too much.

It knows only what went over the wire. Wherever a wallbox's obedience is in doubt it takes the
highest limit that the wallbox may have, and looks at the sum on every phase of every circuit
whenever a limit arrives.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.boxes import Box, Outlet

SILENT_S = 60.0 + 3.0 + 0.1
"""s after which the manager must have noticed that a wallbox is gone: at its next cycle."""


@dataclass
class CurrentAudit:
    """Watches the limits that arrive.

    `phases` are the site phases of each outlet (station id, connector); `limit_a` is what the house
    has for charging, `feeders_a` what a wallbox's own line carries, A per phase.
    """

    phases: Mapping[tuple[str, int], frozenset[int]]
    boxes: Sequence[Box]
    limit_a: float
    feeders_a: Mapping[str, float] = field(default_factory=dict)
    manager_since: float = 0.0
    checked: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for box in self.boxes:
            box.on_limit.append(self._arrived)

    def worst_a(self, box: Box, outlet: Outlet) -> float:
        """The most that the outlet may draw, as far as the wire tells (R100a)."""
        if box.left_at is not None:
            away_s = asyncio.get_running_loop().time() - max(box.left_at, self.manager_since)
            if away_s > SILENT_S:
                return outlet.hardware_a
        if outlet.bare:  # nobody draws without a car
            return outlet.hardware_a if outlet.transaction_id is not None else 0.0
        return max(outlet.told_a.values())

    def _arrived(self, box: Box, outlet: Outlet, limit_a: float) -> None:
        """A limit may lower; it may raise only what fits beside everybody's worst."""
        self.checked += 1
        before_a = self.worst_a(box, outlet)
        if limit_a <= before_a:
            return
        now = asyncio.get_running_loop().time()
        for name, row_limit_a, used_a in self._rows(box, outlet):
            after_a = used_a - before_a + limit_a
            if after_a > row_limit_a + 1e-6:
                self.complaints.append(
                    f"{now:.2f} s: {box.station_id} {before_a} -> {limit_a} A, "
                    f"{name}: {after_a:.1f} of {row_limit_a} A"
                )

    def _rows(self, box: Box, outlet: Outlet) -> list[tuple[str, float, float]]:
        own = next(number for number, each in box.outlets.items() if each is outlet)
        rows = []
        for phase in self.phases[box.station_id, own]:
            rows.append((f"house L{phase + 1}", self.limit_a, self._used_a(self.boxes, phase)))
            if box.station_id in self.feeders_a:
                feeder_a = self.feeders_a[box.station_id]
                rows.append((f"feeder L{phase + 1}", feeder_a, self._used_a([box], phase)))
        return rows

    def _used_a(self, boxes: Sequence[Box], phase: int) -> float:
        return sum(
            self.worst_a(box, outlet)
            for box in boxes
            for connector, outlet in box.outlets.items()
            if phase in self.phases[box.station_id, connector]
        )
