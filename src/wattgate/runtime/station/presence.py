"""Whether a wallbox is here, since when, and what its connection says about what it obeys."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from wattgate.core.station.clock import CLOCK_STEP_S, WallboxClock
from wattgate.core.station.triggers import METER_VALUES, Triggers
from wattgate.ports.clock import Clock
from wattgate.runtime.peer import Peer

HEARTBEAT_S: Final = 300.0
"""s between a wallbox's heartbeats, as we ask for in the answer to its boot notification."""

SETTLE_S: Final = 30.0
"""s after a connection, a boot or a change of its backends until a wallbox is told what is not
urgent: first it is told its limits."""


class Presence:
    """One wallbox's connection to us, over all its connections.

    `peer` is the live connection, None while there is none. `seen_before` tells that the wallbox
    has been here at least once, `boot_text` the last boot data it sent, None where it never did.
    `links` counts connections; `connection` also boots and steps of its clock: after each, what it
    obeys is in doubt. `has_booted` and `is_new` tell of the present connection: that it began with
    a boot, that it is the first.
    """

    def __init__(self, station_id: str, clock: Clock) -> None:
        self.station_id = station_id
        self.peer: Peer | None = None
        self.boot_text: str | None = None
        self.seen_before = False
        self.left_at = clock.monotonic()
        self.connected_at: float | None = None
        self.connection = 0
        self.links = 0
        self.has_booted = False
        self.is_new = False
        self.heartbeat_s = HEARTBEAT_S
        """S between its heartbeats, as it was asked for with the answer to its last boot."""
        self.backend_time: Callable[[], datetime | None] = _no_backend
        """What its backend's clock says, None where none has said anything."""
        self._clock = clock
        self._its_clock = WallboxClock()
        self._triggers = Triggers()

    @property
    def is_connected(self) -> bool:
        """Whether the wallbox has a live connection."""
        return self.peer is not None

    def came(self, peer: Peer) -> Peer | None:
        """Take over a new connection; the one that it replaces, None where there was none."""
        old, self.peer = self.peer, peer
        self.connected_at = self._clock.monotonic()
        self.connection += 1
        self.links += 1
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

    # Its clock (R48)

    def tell_time(self) -> datetime:
        """The time to answer the wallbox with; most set their clock by it.

        Ours where a time server keeps it, else its backend's, else ours for want of a better one.
        """
        told = self._clock.wall()
        if not self._clock.is_synchronised():
            told = self.backend_time() or told
        self._took(self._its_clock.set_to(told, self._clock.monotonic()))
        return told

    def heard_time(self, stamp: datetime | None) -> None:
        """Learn what its clock says from the time stamp of a message; None tells nothing."""
        if stamp is not None:
            now, wall = self._clock.monotonic(), self._clock.wall()
            self._took(self._its_clock.heard(stamp, now, wall))

    def its_time(self) -> datetime:
        """The time by the wallbox's clock: as it says, else as we set it, else ours."""
        return self._its_clock.its_time(self._clock.monotonic(), self._clock.wall())

    def our_time_of(self, stamp: datetime | None) -> datetime:
        """When by our clock it was what its clock called `stamp`: never later than now.

        Now, where it makes no sense of time, or its clock is ahead by more than is known.
        """
        now = self.wall()
        ahead = timedelta(seconds=self.clock_offset_s or 0.0)
        return now if stamp is None else min(stamp - ahead, now)

    @property
    def clock_offset_s(self) -> float | None:
        """How many s its clock is ahead of ours; None while it has not said."""
        return self._its_clock.offset_s(self._clock.monotonic(), self._clock.wall())

    def _took(self, its_clock: WallboxClock) -> None:
        """Beyond CLOCK_STEP_S its schedules lie elsewhere in time now: they are in doubt."""
        before = self.its_time()
        self._its_clock = its_clock
        if abs((self.its_time() - before).total_seconds()) > CLOCK_STEP_S:
            self.connection += 1

    # What it was asked to measure (R88)

    def expect_own_trigger(self, connector: int) -> None:
        """The manager triggers the MeterValues of a connector, for itself.

        Call it when the TriggerMessage is sent, and again when it was accepted.
        """
        self._triggers.expect(connector, self._clock.monotonic())

    def backend_triggered(
        self, link_id: str, connector: int | None, message: str = METER_VALUES
    ) -> None:
        """The backend of that link triggers a message; None where it names no connector.

        Call it when the TriggerMessage is sent, and again when it was answered.
        """
        self._triggers.asked(link_id, message, connector, self._clock.monotonic())

    def triggered_for(self, connector: int) -> frozenset[str] | None:
        """The links that are to hear of triggered meter values which come now; ask once for each.

        Nobody where only the manager asked for them; None where nobody is known to have asked.
        """
        return self._triggers.askers(connector, self._clock.monotonic())

    def notice_for(self, message: str) -> frozenset[str]:
        """The links whose backends triggered a notice of that kind which comes now (R88)."""
        return self._triggers.links(message, None, self._clock.monotonic())


def _no_backend() -> datetime | None:
    return None
