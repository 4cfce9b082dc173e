"""One wallbox: its connection, its EVSEs, and where each of its messages is handled."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Final

import structlog

from wattgate.core.errors import LocalUsageError, PeerError
from wattgate.core.ocpp.frames import Call
from wattgate.core.station.connector import Connector
from wattgate.ports.store import NoteRecord, RememberStation, Store, StoreFailed
from wattgate.runtime.ask import Ask
from wattgate.runtime.evidence import EvidenceKeeper
from wattgate.runtime.files.relay import FileRelay
from wattgate.runtime.gateway.commands.availability import Availability
from wattgate.runtime.gateway.commands.progress_reports import ProgressReports
from wattgate.runtime.gateway.commands.reservations import Reservations
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.profile_ids import ProfileIds
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.station.local_lists import LocalLists
from wattgate.runtime.station.open_transactions import OpenTransactions
from wattgate.runtime.station.own_values import OwnValues
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.silence import close_when_silent
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor
from wattgate.runtime.traffic import Traffic

log = structlog.get_logger()

SWAPS_PER_MINUTE: Final = 3
"""More take-overs than this per minute mean that two wallboxes carry the same id (R27)."""

CONTESTED_S: Final = 600.0
"""s without a take-over after which an id counts as one wallbox's again."""

TAKE_OVER_PAUSE_S: Final = 10.0
"""s between two take-overs of an id that is contested: commands get through in between (S2)."""

_MINUTE_S: Final = 60.0

TOOK_OVER: Final = 1008
"""WebSocket close code for the connection that a newer one of the same id replaces (R27)."""


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
    evidence: EvidenceKeeper
    traffic: Traffic
    keys: WallboxKeys
    files: FileRelay


class Station:
    """One wallbox, known by its ChargeBox ID, over all its connections."""

    def __init__(self, presence: Presence, evses: Sequence[StationEvse], house: House) -> None:
        self.station_id = presence.station_id
        self.presence = presence
        self.evses = tuple(evses)
        self.house = house
        self.open = OpenTransactions(presence.station_id)
        self.reservations = Reservations(
            presence, self._reserving_links, house.store, house.tools.clock, house.tasks
        )
        self.profile_ids = ProfileIds(presence.station_id, house.store)
        self.local_lists = LocalLists(
            presence, self._authorising_links, house.cards, house.store, house.tasks
        )
        self.availability = Availability(presence, self.evses, house.store, house.tasks)
        self.progress = ProgressReports(
            presence, self.evses, house.store, house.tasks, self.main_backend, house.files
        )
        self.in_order = asyncio.Lock()
        """Held while a message of a transaction is stored: they are kept in the order they came."""
        self.meter_configuration: str | None = None
        """The payload of its last announcement of its meters' keys (R114)."""
        self.own_values = OwnValues(presence.station_id, house.store)
        """What it was set to by itself, where it was told something else (R80)."""
        self.whole_text: str | None = None
        """What it said of itself (connector 0) on this connection and since its boot."""
        self._silence: asyncio.Task[None] | None = None
        self._swaps: deque[float] = deque(maxlen=SWAPS_PER_MINUTE + 1)
        self.on_call: Callable[[Ask], None] = _nobody_handles
        self.on_connected: Callable[[], None] = _nothing
        self.on_left: Callable[[], None] = _nothing
        self.on_turned_away: Callable[[str, str], None] = _nobody_notes
        """Called with address and reason when it was let in, but could not stay (R47)."""
        self.on_signing: Callable[[Ask], None] = _nobody_signs
        """Called when it asks for a certificate of its link with us (R36)."""
        self.on_booted: Callable[[], None] = _nothing
        self.neighbours: Callable[[], Iterable[StationEvse]] = _nobody_else
        """All EVSEs of the site: one that was here may be elsewhere, and its backends with it."""
        self.on_transaction: Callable[[StationEvse], None] = _no_matter
        """Called when an EVSE's transaction has begun or ended."""

    @property
    def id_is_contested(self) -> bool:
        """Whether connections of this id took each other's place too often, of late (R27)."""
        swaps = self._swaps
        if len(swaps) <= SWAPS_PER_MINUTE or swaps[-1] - swaps[0] >= _MINUTE_S:
            return False
        return self.house.tools.clock.monotonic() - swaps[-1] < CONTESTED_S

    @property
    def take_over_wait_s(self) -> int:
        """Whole s before another connection may take the present one's place; 0 where it may now.

        It always may, unless connections of this id keep taking each other's place (R27, S2).
        """
        if self.presence.peer is None or not self.id_is_contested:
            return 0
        since_s = self.house.tools.clock.monotonic() - self._swaps[-1]
        return max(0, ceil(TAKE_OVER_PAUSE_S - since_s))

    def evse_at(self, connector: object) -> StationEvse | None:
        """The EVSE of a connector number; None where the site has none there."""
        for evse in self.evses:
            if str(evse.settings.ocpp_connector) == str(connector):  # some put it in quotes
                return evse
        return None

    @property
    def primary(self) -> StationEvse | None:
        """The EVSE whose backend hears what concerns the whole wallbox (R102).

        The site may choose it; else it is the first that has a primary backend. None without one.
        """
        first = None
        for evse in self.evses:
            if evse.primary is None:
                continue
            if evse.evse_id == evse.wallbox.main_evse:
                return evse
            first = first or evse
        return first

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over what of its backends was noted before a restart."""
        notes = tuple(notes)
        self.availability.recover(notes)
        self.progress.recover(notes)
        self.reservations.recover(notes)
        self.profile_ids.recover(notes)
        self.local_lists.recover(notes)

    def main_backend(self) -> EvseBackend | None:
        """The primary backend of that EVSE."""
        primary = self.primary
        return primary.primary if primary is not None else None

    @property
    def is_shared(self) -> bool:
        """Whether several backends have a charge point of their own in it (P20, R103)."""
        return len(self._authorising_links()) > 1

    def booted(self, boot_text: str) -> None:
        """Take over boot data of the present connection; profiles may be gone since."""
        self.presence.booted(boot_text)
        self.whole_text = None
        now = self.house.tools.clock.monotonic()
        for evse in self.evses:
            evse.connector = Connector(since=now)  # what was plugged before the boot says nothing
            for backend in evse.backends:
                backend.link.wallbox_booted(boot_text, backend.number)
        self.on_booted()
        self.house.something_changed()

    def transaction_ended(self, transaction_id: int) -> None:
        """The end of a transaction is stored: its EVSE is free."""
        self.open.ended(transaction_id)
        for evse in self.evses:
            current = evse.transaction
            if current is not None and current.record.transaction_id == transaction_id:
                evse.transaction = None
                self.on_transaction(evse)
        self.house.something_changed()

    def _authorising_links(self) -> frozenset[str]:
        logins = (evse.login for evse in self.evses)
        return frozenset(login.identity.link_id for login in logins if login is not None)

    def _reserving_links(self) -> frozenset[str]:
        present = (backend for evse in self.evses for backend in evse.present_backends)
        return frozenset(each.link_id for each in present if each.gateway.rights.may("ReserveNow"))

    # PeerOwner

    def peer_opened(self, peer: Peer) -> None:
        """Take over the newest authenticated connection; the older one goes (R27)."""
        old = self.presence.came(peer)
        if old is not None:
            old.cut(TOOK_OVER, "a newer connection with this id took over")
            self._count_swap(self.house.tools.clock.monotonic())
        log.info("wallbox connected", station=self.station_id, address=peer.address)
        if self.presence.is_new:
            self.house.tasks.spawn(self._remember(), name=f"{self.station_id} first visit")
        self._watch_silence(peer)
        self.whole_text = None
        for evse in self.evses:
            # What it last reported may be history: it is asked, or says so by itself (R44).
            evse.connector = replace(evse.connector, report_text=None)
            for backend in evse.backends:
                backend.link.wallbox_came(backend.number)
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
        if peer is not self.presence.peer:
            return
        self.presence.left()
        log.info("wallbox disconnected", station=self.station_id, code=code, reason=reason)
        for evse in self.evses:
            for backend in evse.backends:
                backend.link.wallbox_left(backend.number)
        self.on_left()
        self.house.something_changed()

    def _watch_silence(self, peer: Peer) -> None:
        """Pings find out about every wallbox but those that never answer them (R28)."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if not all(evse.wallbox.ping for evse in self.evses):
            clock, presence = self.house.tools.clock, self.presence
            self._silence = self.house.tasks.start(
                close_when_silent(peer, lambda: presence.heartbeat_s, clock),
                name=f"{self.station_id} silence",
            )

    async def _remember(self) -> None:
        """Keep that it exists: from now on it counts, also when it is silent (R100a)."""
        seen_at = self.house.tools.clock.wall()
        await self.house.store.commit(RememberStation(self.station_id, seen_at))

    def _count_swap(self, now: float) -> None:
        self._swaps.append(now)
        if self.id_is_contested:
            log.warning("two wallboxes seem to carry the same id", station=self.station_id)

    def in_background(self, ask: Ask, work: Coroutine[Any, Any, None]) -> None:
        """Handle a message with steps that wait; it is answered whatever happens."""
        name = f"{self.station_id} {ask.call.action}"
        task = self.house.tasks.start(_guarded(ask, work), name=name)
        task.add_done_callback(lambda _: work.close())  # it may have been cancelled before it began


async def _guarded(ask: Ask, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except PeerError as exc:
        ask.refuse(exc.code, exc.description)
    except StoreFailed as exc:
        # Not stored, so not confirmed: a CALLERROR makes the wallbox keep it and send it again.
        say_not_stored(exc, action=ask.call.action)
        ask.refuse("InternalError", "not stored, please send again")
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("handler failed", action=ask.call.action)
        with suppress(LocalUsageError):  # it may have been answered already
            ask.refuse("InternalError", "internal error")


def _nobody_handles(ask: Ask) -> None:
    ask.refuse("NotSupported", "this wallbox is not set up yet")


def _nobody_signs(ask: Ask) -> None:
    ask.answer('{"status":"Rejected"}', "nobody signs certificates here")


def _nothing() -> None:
    """Nobody waits for it."""


def _nobody_notes(address: str, reason: str) -> None:
    """Nobody keeps a list."""


def _nobody_else() -> Iterable[StationEvse]:
    return ()


def _no_matter(evse: StationEvse) -> None:
    """Nobody keeps profiles for it."""
