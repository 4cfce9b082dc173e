"""One wallbox: its connection, its EVSEs, and where each of its messages is handled."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.frames import Call
from wattgate.core.station.connector import Connector
from wattgate.ports.store import RememberStation, Store, StoreFailed
from wattgate.runtime.knowledge import CardKnowledge
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.supervisor import Supervisor

if TYPE_CHECKING:
    from wattgate.runtime.evse_ocpp16 import EvseOcpp16

log = structlog.get_logger()

SWAPS_PER_MINUTE: Final = 3
"""More take-overs than this per minute mean that two wallboxes carry the same id (R27)."""

TOOK_OVER: Final = 1008
"""WebSocket close code for the connection that a newer one of the same id replaces (R27)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A CALL that waits for its answer."""

    peer: Peer
    call: Call

    def answer(self, payload_text: str) -> None:
        """Answer it; nothing happens when the link is gone."""
        self.peer.answer(self.call.unique_id, payload_text)

    def refuse(self, code: str, description: str) -> None:
        """Answer it with a CALLERROR; nothing happens when the link is gone."""
        self.peer.refuse(self.call.unique_id, code, description)


@dataclass(frozen=True, slots=True)
class House:
    """What all stations share."""

    store: Store
    tools: Tools
    tasks: Supervisor
    cards: CardKnowledge
    observing: Callable[[], bool]
    something_changed: Callable[[], None]
    """Called when the control loop should look again before its next cycle."""


class Station:
    """One wallbox, known by its ChargeBox ID, over all its connections."""

    def __init__(self, station_id: str, evses: "Sequence[EvseOcpp16]", house: House) -> None:
        self.station_id = station_id
        self.evses = tuple(evses)
        self.house = house
        self.peer: Peer | None = None
        self.boot_text: str | None = None
        self.seen_before = False
        self.left_at = house.tools.clock.monotonic()
        self.connected_at: float | None = None
        self.connection = 0
        """Counts connections and boots: after each, what the wallbox obeys is in doubt."""
        self.has_booted = False
        """Whether it has booted on its present connection."""
        self.is_new = False
        """Whether its first connection ever is the present one, and what it holds unknown."""
        self.id_is_contested = False
        self._told: tuple[datetime, float] | None = None
        self._swaps: deque[float] = deque(maxlen=SWAPS_PER_MINUTE + 1)
        self.on_call: Callable[[Ask], None] = _nobody_handles
        self.on_connected: Callable[[], None] = _nothing
        self.on_booted: Callable[[], None] = _nothing
        self.on_transaction: Callable[[EvseOcpp16], None] = _no_matter
        """Called when an EVSE's transaction has begun or ended."""

    def tell_time(self) -> datetime:
        """The time to answer the wallbox with; it is remembered as what its clock says."""
        clock = self.house.tools.clock
        wall, now = clock.wall(), clock.monotonic()
        self._told = (wall, now)
        return wall

    def its_time(self) -> datetime:
        """The time by the wallbox's clock, as far as we set it: ours may have jumped since."""
        clock = self.house.tools.clock
        if self._told is None:
            return clock.wall()
        wall, now = self._told
        return wall + timedelta(seconds=clock.monotonic() - now)

    @property
    def is_connected(self) -> bool:
        """Whether the wallbox has a live connection."""
        return self.peer is not None

    def evse_at(self, connector: object) -> "EvseOcpp16 | None":
        """The EVSE of a connector number; None where the site has none there."""
        for evse in self.evses:
            if evse.settings.connector == connector:
                return evse
        return None

    @property
    def primary(self) -> "EvseOcpp16 | None":
        """The EVSE whose backend hears what concerns the whole wallbox (R102)."""
        return next((evse for evse in self.evses if evse.link is not None), None)

    def booted(self, boot_text: str) -> None:
        """Take over boot data of the present connection; profiles may be gone since."""
        self.boot_text = boot_text
        self.has_booted = True
        self.connection += 1
        now = self.house.tools.clock.monotonic()
        for evse in self.evses:
            evse.connector = Connector(since=now)  # what was plugged before the boot says nothing
            if evse.link is not None:
                evse.link.wallbox_booted(boot_text)
        self.on_booted()
        self.house.something_changed()

    def silent_s(self, now: float) -> float:
        """Seconds since the wallbox had a connection; 0 while it has one."""
        return 0.0 if self.is_connected else now - self.left_at

    # PeerOwner

    def peer_opened(self, peer: Peer) -> None:
        """Take over the newest authenticated connection; the older one goes (R27)."""
        old, self.peer = self.peer, peer
        now = self.house.tools.clock.monotonic()
        self.connected_at = now
        self.connection += 1
        self.has_booted = False
        self.is_new = not self.seen_before
        self.seen_before = True
        if old is not None:
            old.close(TOOK_OVER, "a newer connection with this id took over")
            self._count_swap(now)
        log.info("wallbox connected", station=self.station_id, address=peer.address)
        if self.is_new:
            self.house.tasks.spawn(self._remember(), name=f"{self.station_id} first visit")
        for evse in self.evses:
            # What it last reported may be history: it is asked, or says so by itself (R44).
            evse.connector = replace(evse.connector, report_text=None)
            if evse.link is not None:
                evse.link.wallbox_came()
        self.on_connected()
        self.house.something_changed()

    def peer_called(self, peer: Peer, call: Call) -> None:
        """Hand a message of the wallbox to whoever handles it."""
        ask = Ask(peer, call)
        try:
            self.on_call(ask)
        except PeerError as exc:
            ask.refuse(exc.code, exc.description)

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """Note that the wallbox is gone, unless a newer connection is there already."""
        if peer is not self.peer:
            return
        self.peer = None
        self.left_at = self.house.tools.clock.monotonic()
        log.info("wallbox disconnected", station=self.station_id, code=code, reason=reason)
        for evse in self.evses:
            if evse.link is not None:
                evse.link.wallbox_left()
        self.house.something_changed()

    async def _remember(self) -> None:
        """Keep that it exists: from now on it counts, also when it is silent (R100a)."""
        seen_at = self.house.tools.clock.wall()
        await self.house.store.commit(RememberStation(self.station_id, seen_at))

    def _count_swap(self, now: float) -> None:
        self._swaps.append(now)
        self.id_is_contested = len(self._swaps) > SWAPS_PER_MINUTE and now - self._swaps[0] < 60.0
        if self.id_is_contested:
            log.warning("two wallboxes seem to carry the same id", station=self.station_id)

    def in_background(self, ask: Ask, work: Coroutine[Any, Any, None]) -> None:
        """Handle a message with steps that wait; it is answered whatever happens."""
        self.house.tasks.spawn(_guarded(ask, work), name=f"{self.station_id} {ask.call.action}")


async def _guarded(ask: Ask, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except PeerError as exc:
        ask.refuse(exc.code, exc.description)
    except StoreFailed as exc:
        # Not stored, so not confirmed: a CALLERROR makes the wallbox keep it and send it again.
        log.error("store failed", action=ask.call.action, reason=str(exc))  # noqa: TRY400 - a full disk needs no traceback
        ask.refuse("InternalError", "not stored, please send again")
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("handler failed", action=ask.call.action)
        ask.refuse("InternalError", "internal error")


def _nobody_handles(ask: Ask) -> None:
    ask.refuse("NotSupported", "this wallbox is not set up yet")


def _nothing() -> None:
    """Nobody waits for it."""


def _no_matter(evse: "EvseOcpp16") -> None:
    """Nobody keeps profiles for it."""
