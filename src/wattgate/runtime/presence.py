"""Whether a wallbox is here, since when, and what its connection says about what it obeys."""

from datetime import datetime, timedelta
from typing import Final

from wattgate.ports.clock import Clock
from wattgate.runtime.peer import Peer

CLOCK_STEP_S: Final = 60.0
"""s by which a wallbox's clock may be set without putting its schedules in doubt."""


class Presence:
    """One wallbox's connection to us, over all its connections.

    `peer` is the live connection, None while there is none. `seen_before` tells that the wallbox
    has been here at least once, `boot_text` the last boot data it sent, None where it never did.
    `connection` counts connections and boots: after each, what it obeys is in doubt. `has_booted`
    and `is_new` tell of the present connection: that it began with a boot, that it is the first.
    """

    def __init__(self, station_id: str, clock: Clock) -> None:
        self.station_id = station_id
        self.peer: Peer | None = None
        self.boot_text: str | None = None
        self.seen_before = False
        self.left_at = clock.monotonic()
        self.connected_at: float | None = None
        self.connection = 0
        self.has_booted = False
        self.is_new = False
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the wallbox has a live connection."""
        return self.peer is not None

    def came(self, peer: Peer) -> Peer | None:
        """Take over a new connection; the one that it replaces, None where there was none."""
        old, self.peer = self.peer, peer
        self.connected_at = self._clock.monotonic()
        self.connection += 1
        self.has_booted = False
        self.is_new = not self.seen_before
        self.seen_before = True
        return old

    def booted(self, boot_text: str) -> None:
        """Take over boot data of the present connection."""
        self.boot_text = boot_text
        self.has_booted = True
        self.connection += 1

    def left(self) -> None:
        """The connection is gone, and no newer one is there."""
        self.peer = None
        self.left_at = self._clock.monotonic()

    def silent_s(self, now: float) -> float:
        """Seconds since the wallbox had a connection; 0 while it has one."""
        return 0.0 if self.is_connected else now - self.left_at

    def is_settled(self, now: float, patience_s: float) -> bool:
        """Whether it takes commands: some drop them before their boot, some never boot again."""
        if self.peer is None or self.connected_at is None:
            return False
        return self.has_booted or now - self.connected_at >= patience_s

    def wall(self) -> datetime:
        """The time by our own clock."""
        return self._clock.wall()

    def tell_time(self) -> datetime:
        """The time to answer the wallbox with; it is remembered as what its clock says."""
        wall = self._clock.wall()
        step_s = abs((wall - self.its_time()).total_seconds())
        if step_s > CLOCK_STEP_S:
            self.connection += 1  # its schedules lie elsewhere in time now
        self._told = (wall, self._clock.monotonic())
        return wall

    def its_time(self) -> datetime:
        """The time by the wallbox's clock, as we set it: ours may have jumped since (R48)."""
        if self._told is None:
            return self._clock.wall()
        wall, told_at = self._told
        return wall + timedelta(seconds=self._clock.monotonic() - told_at)
