"""What is known of one connector of an OCPP 1.6 wallbox."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from wattgate.core.gateway.configuration.config_keys import AUTH_LIST
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.profiles.allowances import Allowance, cap_a
from wattgate.core.load.demand import EvseView
from wattgate.core.load.phases import phases_used
from wattgate.core.load.sensing import Draw, draw_of
from wattgate.core.ocpp.profiles import Running
from wattgate.core.ocpp.splice import Scalar
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.authorisation import Place, fold
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus
from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.link.relay_link import RelayLink
from wattgate.runtime.gateway.north_side import NorthSide
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.timestamps import read_time

LONGEST_ELAPSED: Final = timedelta(days=7)
"""A transaction that seems to be older began before the wallbox knew the time."""

SETTING: Final = "SetChargingProfile"
LIMITING: Final = (SETTING, "RemoteStartTransaction")
"""With which commands a backend sets limits (R75, R97)."""

_NO_TIME: Final = timedelta()


@dataclass(slots=True)
class OpenTransaction:
    """The transaction of an EVSE.

    `started_monotonic` (s) orders who waits longest; `may_charge` is false for a refused card.
    `backend_ids` are the ids that backends have given it so far, by link id (R60, R106). `began_at`
    is its start by our own clock, once profiles have been counted from it: that must not move.
    """

    record: TransactionRecord
    started_monotonic: float
    may_charge: bool = True
    backend_ids: dict[str, int] = field(default_factory=dict)
    began_at: datetime | None = None

    @property
    def backend_id(self) -> int | None:
        """The id of the backend that bills it, None until it is known."""
        return self.id_at(self.record.start.link_id)

    def id_at(self, link_id: str | None) -> int | None:
        """The id that the backend of that link has given it; None until it has."""
        return self.backend_ids.get(link_id) if link_id is not None else None


class KnownEvse:
    """One EVSE with its settings, its connector and its transaction.

    `settings` and `wallbox` may be replaced at any time.
    """

    def __init__(
        self,
        settings: EvseSettings,
        wallbox: WallboxSettings,
        connectors: ConnectorMap,
        presence: Presence,
        deactivated_standing: Callable[[EvseSettings], float],
    ) -> None:
        self.settings = settings
        self.wallbox = wallbox
        self.connectors = connectors
        self.backends: tuple[EvseBackend, ...] = ()
        """Its backends in the order of the settings, behind them those that retire."""
        self.relay: RelayLink | None = None
        """Instead of `backends`, where wallbox and backend talk to each other directly (mode T)."""
        self.connector = Connector()
        self.transaction: OpenTransaction | None = None
        self.card_shown_at: float | None = None
        """When its wallbox last showed a card, monotonic s; None: never, or it was refused."""
        self.commanded_card: tuple[str, float] | None = None
        """The card, folded, of the last start from afar, and when it was told (monotonic, s)."""
        self.newest_refusal: tuple[int, str] | None = None
        """The transaction whose card its backend refused last, and the verdict."""
        self.has_reader = True
        """Whether cards can be shown at it, as far as that is known."""
        self.delivers_signed = False
        """Whether it has ever delivered signed data (R116)."""
        self.granted_a: Callable[[], float] = _nothing_granted
        """A per phase that load management allows now; the hardware maximum while it observes."""
        self.is_paused_by_us: Callable[[], bool] = _never
        """Whether load management allows it nothing now."""
        self._presence = presence
        self._deactivated_standing = deactivated_standing

    @property
    def evse_id(self) -> str:
        """The site's key of this EVSE."""
        return self.settings.id

    @property
    def station_id(self) -> str:
        """The wallbox it belongs to."""
        return self._presence.station_id

    @property
    def primary(self) -> EvseBackend | None:
        """The backend that authorises and bills; None without one."""
        for each in self.backends:  # a loop, since every message that passes asks
            if each.is_primary:
                return each
        return None

    @property
    def reports(self) -> tuple[EvseBackend, ...]:
        """The backends that only hear of everything (R106)."""
        return tuple(each for each in self.backends if each.is_report)

    @property
    def present_backends(self) -> tuple[EvseBackend, ...]:
        """All that the site has: what happens from now on is told to them."""
        return tuple(each for each in self.backends if not each.retiring)

    @property
    def link(self) -> BackendLink | None:
        """The login at the primary backend."""
        primary = self.primary
        return primary.link if primary is not None else None

    @property
    def north(self) -> NorthSide | None:
        """What belongs to that login; there whenever it is."""
        return self.primary.north if self.primary is not None else None

    def backend_of(self, link_id: str | None) -> EvseBackend | None:
        """The backend behind that link, one that retires as well; None for another's."""
        return next((each for each in self.backends if each.link_id == link_id), None)

    @property
    def is_connected(self) -> bool:
        """Whether its wallbox is there to be told something."""
        return self._presence.is_connected

    @property
    def place(self) -> Place:
        """Where a card is that is shown here, as whoever judges it needs to know."""
        primary = self.primary
        values = primary.north.configuration.values if primary is not None else {}
        return Place(
            link_id=primary.link_id if primary is not None else None,
            has_backend=self.settings.primary is not None,
            uses_list=values.get(AUTH_LIST, "true").casefold() == "true",
            fixed_card=self.settings.fixed_rfid,
        )

    @property
    def login(self) -> BackendLink | RelayLink | None:
        """How it is logged in at its primary backend, in either way; None without one."""
        return self.link or self.relay

    @property
    def replaces_free_tag(self) -> bool:
        """Whether the wallbox's own tag is replaced: signed data hold the original (R57, R116)."""
        return bool(self.wallbox.free_tag and self.settings.fixed_rfid)

    def card_meant(self, id_tag: str) -> str:
        """The card that counts here where the wallbox names that one (R57)."""
        if self.replaces_free_tag and fold(id_tag) == fold(self.wallbox.free_tag):
            return self.settings.fixed_rfid
        return id_tag

    def commanded_at(self, id_tag: str) -> float | None:
        """When its last start from afar was told, monotonic s; None unless with that card."""
        card, at = self.commanded_card or ("", None)
        return at if card == fold(id_tag) else None

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs."""
        return self.transaction is not None

    @property
    def hardware_a(self) -> float:
        """A per phase that the EVSE can draw at most."""
        feeder_a = self.wallbox.max_current_a
        return min(self.settings.max_current_a, feeder_a or self.settings.max_current_a)

    def bills(self, link_id: str, backend_id: Scalar) -> bool:
        """Whether a transaction runs that a link's backend bills, and has given that id."""
        running = self.transaction
        if running is None or running.backend_id is None:
            return False
        return (billed_by(running.record), running.backend_id) == (link_id, backend_id)

    def running_at(self, backend: EvseBackend) -> Running | None:
        """The open transaction as charging profiles count it, with that backend's id."""
        transaction = self.transaction
        if transaction is None:
            return None
        if transaction.began_at is None:
            now, stamp = self._presence.wall(), read_stamp(transaction.record.start.started_at)
            began_at = self._presence.our_time_of(stamp)
            transaction.began_at = began_at if now - began_at <= LONGEST_ELAPSED else now
        return Running(transaction.id_at(backend.link_id), transaction.began_at)

    @property
    def limiting_backends(self) -> tuple[EvseBackend, ...]:
        """Those that may set limits; one that retires no longer does (R97)."""
        return tuple(
            each
            for each in self.present_backends
            if any(each.gateway.rights.may(action) for action in LIMITING)
        )

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """What each of those allows, by its own number of what runs."""
        return tuple(map(self.allowance_of, self.limiting_backends))

    def allowance_of(self, backend: EvseBackend) -> Allowance:
        """What that backend's profiles say, whether or not it may limit the EVSE."""
        may_set = backend.gateway.rights.may(SETTING)
        return backend.profiles.allowance(self.running_at(backend), may_set=may_set)

    def cap_a(self) -> float | None:
        """A per phase that every backend's profiles allow now; None where they say nothing."""
        return cap_a(self.allowances, self._presence.wall(), self.settings.phases)

    def cap_soon_a(self) -> float | None:
        """As `cap_a`, and what holds within the next moment where that has to be said before."""
        return self.cap_a()

    @property
    def standing_a(self) -> float:
        """A per phase that it may draw without a manager."""
        if self.settings.enabled:
            return self.settings.fallback_current_a
        return self._deactivated_standing(self.settings)

    @property
    def view(self) -> EvseView:
        """What it demands, with the queue stamps left open."""
        transaction, connector = self.transaction, self.connector
        suspended = connector.status is ConnectorStatus.SUSPENDED_EV
        return EvseView(
            evse=self.evse_id,
            phases=phases_used(self.settings.phases, self.settings.phase_rotation.value),
            minimum_a=self.settings.min_current_a,
            maximum_a=self.hardware_a,
            status=connector.status,
            transaction_open=transaction is not None
            and transaction.may_charge
            and not self._car_has_left,
            suspended_ev_since=connector.since if suspended else None,
            status_since=connector.since,
            draw=self.draw,
            priority=self.settings.priority,
            cap_a=self.cap_soon_a(),
            enabled=self.settings.enabled,
        )

    @property
    def is_idle(self) -> bool:
        """Whether it said on this connection that no car is there, and no transaction runs."""
        connector = self.connector
        is_free = connector.status in IDLE and connector.report_text is not None
        return is_free and self.transaction is None

    @property
    def draw(self) -> Draw | None:
        """The newest sample of the running transaction; what is older says nothing of it."""
        transaction, settings = self.transaction, self.settings
        if transaction is None or self._car_has_left or not self._presence.is_connected:
            return None
        draw = draw_of(self.connector.measurement, settings.phases, settings.phase_rotation.value)
        return None if draw is None or draw.at < transaction.started_monotonic else draw

    @property
    def _car_has_left(self) -> bool:
        """A connector reported free since its transaction began: the stop was lost, or is late."""
        transaction = self.transaction
        if transaction is None or self.connector.status not in IDLE:
            return False
        return self.connector.since > transaction.started_monotonic

    @property
    def elapsed_s(self) -> int | None:
        """S since the start of the transaction, both times by the wallbox's clock; None without.

        0 where that clock makes no sense: then a grant ends too early rather than too late.
        """
        if self.transaction is None:
            return None
        started_at = read_time(self.transaction.record.start.started_at)
        if started_at is None:
            return 0
        elapsed = self._presence.its_time() - started_at
        return int(elapsed.total_seconds()) if _NO_TIME <= elapsed <= LONGEST_ELAPSED else 0


def _nothing_granted() -> float:
    return 0.0


def _never() -> bool:
    return False
