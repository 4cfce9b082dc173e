"""One connector of an OCPP 1.6 wallbox, as an EVSE of the site."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.virtual_profiles import VirtualProfiles
from wattgate.core.load.demand import EvseView
from wattgate.core.load.phases import phases_used
from wattgate.core.ocpp.profiles import Running
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.evse import EvseReading, LimitOutcome
from wattgate.runtime.backend_link import BackendLink
from wattgate.runtime.presence import Presence
from wattgate.runtime.smart_charging import SmartCharging, Wish
from wattgate.runtime.timestamps import read_time

BOOT_PATIENCE_S: Final = 5.0
"""s after its connection in which a wallbox may still boot; some drop commands before that."""


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


class EvseOcpp16:
    """What is known of one EVSE, and how its current is limited. Implements ControllableEvse."""

    def __init__(
        self,
        settings: EvseSettings,
        wallbox: WallboxSettings,
        connectors: ConnectorMap,
        presence: Presence,
        charging: SmartCharging,
    ) -> None:
        self.settings = settings
        self.connectors = connectors
        self.link: BackendLink | None = None
        self.connector = Connector()
        self.transaction: OpenTransaction | None = None
        self.newest_binding: tuple[int, int] | None = None
        """The transaction that its backend numbered last, and the backend's number."""
        self.virtual_profiles = VirtualProfiles()
        self.granted_a: Callable[[], float] = _nothing_granted
        """A per phase that load management allows now; the hardware maximum while it observes."""
        self._wallbox = wallbox
        self._presence = presence
        self._charging = charging

    @property
    def evse_id(self) -> str:
        """The site's key of this EVSE."""
        return self.settings.id

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs."""
        return self.transaction is not None

    @property
    def lifetime_s(self) -> float:
        """How long a grant lasts, s."""
        return self._wallbox.grant_lifetime_s

    @property
    def hardware_a(self) -> float:
        """A per phase that the EVSE can draw at most."""
        feeder_a = self._wallbox.max_current_a
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

    def reading(self, now: float) -> EvseReading:
        """What load management needs to know at `now`."""
        presence, connector, transaction = self._presence, self.connector, self.transaction
        wants = transaction is not None and transaction.may_charge and not self._car_has_left
        suspended = connector.status is ConnectorStatus.SUSPENDED_EV
        view = EvseView(
            evse=self.evse_id,
            phases=phases_used(self.settings.phases, self.settings.phase_rotation.value),
            minimum_a=self.settings.min_current_a,
            maximum_a=self.hardware_a,
            status=connector.status,
            transaction_open=wants,
            suspended_ev_since=connector.since if suspended else None,
            priority=self.settings.priority,
            cap_a=self.cap_a(),
            enabled=self.settings.enabled,
        )
        return EvseReading(
            view=view,
            seen=presence.seen_before,
            ready=presence.is_settled(now, BOOT_PATIENCE_S),
            silent_s=presence.silent_s(now),
            connection=presence.connection,
            booted=presence.has_booted or presence.is_new,
            idle=connector.status in IDLE
            and connector.report_text is not None
            and transaction is None,
            measured_a=connector.measurement.largest_current_a if wants else None,
            waiting_since=transaction.started_monotonic if transaction is not None else now,
        )

    @property
    def _car_has_left(self) -> bool:
        """A connector reported free since its transaction began: the stop was lost, or is late."""
        transaction = self.transaction
        if transaction is None or self.connector.status not in IDLE:
            return False
        return self.connector.since > transaction.started_monotonic

    async def limit(self, current_a: float, *, reduction: bool, afresh: bool) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase."""
        wish = Wish(
            current_a,
            self._wallbox.grant_lifetime_s,
            reduction=reduction,
            afresh=afresh,
        )
        return await self._charging.limit(self.settings, wish)

    async def release(self) -> LimitOutcome:
        """Remove every limit of ours."""
        return await self._charging.clear(self.settings)


def _nothing_granted() -> float:
    return 0.0
