"""What is known of one connector of an OCPP 1.6 wallbox."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.virtual_profiles import VirtualProfiles
from wattgate.core.load.demand import EvseView
from wattgate.core.load.phases import phases_used
from wattgate.core.load.sensing import Draw, draw_of
from wattgate.core.ocpp.profiles import Running
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.authorisation import Place
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus
from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.gateway.north_side import NorthSide
from wattgate.runtime.gateway.relay_link import RelayLink
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.timestamps import read_time

LONGEST_ELAPSED: Final = timedelta(days=7)
"""A transaction that seems to be older began before the wallbox knew the time."""

_NO_TIME: Final = timedelta()


@dataclass(slots=True)
class OpenTransaction:
    """The transaction of an EVSE.

    `started_monotonic` (s) orders who waits longest; `may_charge` is false for a refused card.
    `backend_id` is the backend's id, None until it is known.
    """

    record: TransactionRecord
    started_monotonic: float
    may_charge: bool = True
    backend_id: int | None = None


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
        self.link: BackendLink | None = None
        self.relay: RelayLink | None = None
        """Instead of a `link`, where wallbox and backend talk to each other directly (mode T)."""
        self.north: NorthSide | None = None
        """What belongs to the link; there whenever the link is."""
        self.connector = Connector()
        self.transaction: OpenTransaction | None = None
        self.card_shown_at: float | None = None
        """When its wallbox last showed a card, monotonic s; None: never, or it was refused."""
        self.newest_binding: tuple[int, int] | None = None
        """The transaction that its backend numbered last, and the backend's number."""
        self.newest_refusal: tuple[int, str] | None = None
        """The transaction whose card its backend refused last, and the verdict."""
        self.has_reader = True
        """Whether cards can be shown at it, as far as that is known."""
        self.delivers_signed = False
        """Whether it has ever delivered signed data (R116)."""
        self.virtual_profiles = VirtualProfiles()
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
    def is_connected(self) -> bool:
        """Whether its wallbox is there to be told something."""
        return self._presence.is_connected

    @property
    def place(self) -> Place:
        """Where a card is that is shown here, as whoever judges it needs to know."""
        return Place(
            link_id=self.link.identity.link_id if self.link is not None else None,
            has_backend=bool(self.settings.gateways),
            fixed_card=self.settings.fixed_rfid,
        )

    @property
    def login(self) -> BackendLink | RelayLink | None:
        """How it is logged in at its backend, in either way; None without a backend."""
        return self.link or self.relay

    @property
    def replaces_free_tag(self) -> bool:
        """Whether the wallbox's own tag is replaced: signed data hold the original (R57, R116)."""
        return bool(self.wallbox.free_tag and self.settings.fixed_rfid)

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs."""
        return self.transaction is not None

    @property
    def hardware_a(self) -> float:
        """A per phase that the EVSE can draw at most."""
        feeder_a = self.wallbox.max_current_a
        return min(self.settings.max_current_a, feeder_a or self.settings.max_current_a)

    @property
    def running(self) -> Running | None:
        """The open transaction as charging profiles count it, with the backend's id."""
        transaction = self.transaction
        if transaction is None:
            return None
        started_at = read_time(transaction.record.start.started_at)
        return Running(transaction.backend_id, started_at or self._presence.wall())

    def cap_a(self) -> float | None:
        """A per phase that the backend's profiles allow now; None where they say nothing."""
        wall_now = self._presence.wall()
        return self.virtual_profiles.cap_a(wall_now, self.running, self.settings.phases)

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
            cap_a=self.cap_a(),
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
