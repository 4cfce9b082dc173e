"""One connector of an OCPP 1.6 wallbox, as an EVSE of the site."""

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
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.evse import Cleared, Confirmation, EvseReading, LimitOutcome
from wattgate.runtime.backend_link import BackendLink
from wattgate.runtime.presence import Presence
from wattgate.runtime.profile_steps import Wish
from wattgate.runtime.smart_charging import SmartCharging
from wattgate.runtime.timestamps import read_time

BOOT_PATIENCE_S: Final = 5.0
"""s after its connection in which a wallbox may still boot; some drop commands before that."""

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


class EvseOcpp16:
    """What is known of one EVSE, and how its current is limited. Implements ControllableEvse."""

    def __init__(
        self,
        settings: EvseSettings,
        wallbox: WallboxSettings,
        connectors: ConnectorMap,
        presence: Presence,
        charging: SmartCharging,
        *,
        deactivated_standing: Callable[[EvseSettings], float] | None = None,
    ) -> None:
        self.settings = settings
        self.wallbox = wallbox
        self.connectors = connectors
        self.link: BackendLink | None = None
        self.connector = Connector()
        self.transaction: OpenTransaction | None = None
        self.newest_binding: tuple[int, int] | None = None
        """The transaction that its backend numbered last, and the backend's number."""
        self.virtual_profiles = VirtualProfiles()
        self.granted_a: Callable[[], float] = _nothing_granted
        """A per phase that load management allows now; the hardware maximum while it observes."""
        self._presence = presence
        self._wallbox_charging = charging
        self._charging = charging.connector(settings.connector, lambda: self.in_use)
        self._deactivated_standing = deactivated_standing or _nothing_without_manager
        self._told = (0.0, wallbox.grant_lifetime_s)

    @property
    def evse_id(self) -> str:
        """The site's key of this EVSE."""
        return self.settings.id

    @property
    def station_id(self) -> str:
        """The wallbox it belongs to."""
        return self._presence.station_id

    @property
    def settle_s(self) -> float:
        """After how many s the current must have followed a new limit."""
        return self.wallbox.settle_s

    @property
    def method(self) -> str:
        """How it is told its limits, in words for a person; empty before the first."""
        return str(self._charging.method or "")

    @property
    def counts_by_transaction(self) -> bool:
        """Whether what it was told is for one transaction, so that the next needs it anew."""
        return self._charging.counts_by_transaction

    @property
    def profile_writes(self) -> int:
        """How many SetChargingProfile went out: each wears the wallbox's memory."""
        return self._charging.profile_writes

    @property
    def standing_confirmation(self) -> Confirmation:
        """By what the limit is confirmed that was set when the manager took it over."""
        return self._charging.standing_confirmation

    @property
    def standing_a(self) -> float:
        """A per phase that it may draw without a manager."""
        if self.settings.enabled:
            return self.settings.fallback_current_a
        return self._deactivated_standing(self.settings)

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs."""
        return self.transaction is not None

    @property
    def lifetime_s(self) -> float:
        """How long a grant lasts, s."""
        return self.wallbox.grant_lifetime_s

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
            draw=self._draw(),
            waiting_since=transaction.started_monotonic if transaction is not None else now,
            standing_a=self.standing_a,
            is_harmless_when_silent=self._charging.is_harmless_when_silent,
            others_set_profiles=bool(self.virtual_profiles.stack.entries),
        )

    def _draw(self) -> Draw | None:
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

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase."""
        self._told = (current_a, lifetime_s or self.wallbox.grant_lifetime_s)
        return await self._charging.limit(self._wish(reduction=reduction, afresh=afresh))

    async def release(self, *, whole: bool) -> Cleared:
        """Remove every limit of ours, and confirm it by what the wallbox says holds then."""
        return await self._charging.release(
            whole=whole, hardware_a=self.hardware_a, phases=self.settings.phases
        )

    async def sweep(self) -> LimitOutcome:
        """Remove what others left, between two times of the limit that it was told last."""
        return await self._charging.sweep()

    async def stop_charging(self) -> LimitOutcome:
        """End the transaction, unless the site forbids it (R100b)."""
        if not self.settings.last_resort_stop:
            return LimitOutcome.REFUSED
        if self.transaction is None:
            return LimitOutcome.UNSENT
        transaction_id = self.transaction.record.transaction_id
        return await self._wallbox_charging.stop_transaction(transaction_id)

    def ask_for_measurement(self, now: float) -> None:
        """Have it measure where a limit has changed and nothing was heard since."""
        if self.transaction is None:
            return
        draw, measurements = self._draw(), self._charging.measurements
        measurements.noted(self._told[0], self.settle_s, now)
        if measurements.is_due(None if draw is None else draw.at, now):
            self._wallbox_charging.in_background(self._charging, now)

    def next_method(self) -> bool:
        """Say limits in another way from now on."""
        return self._charging.next_method()

    def is_obeyed(self) -> None:
        """Its draw was seen to follow the present method."""
        self._charging.is_obeyed()

    def _wish(self, *, reduction: bool, afresh: bool = False) -> Wish:
        current_a, lifetime_s = self._told
        running = self.transaction
        return Wish(
            self.settings,
            self.wallbox,
            current_a,
            self.standing_a,
            lifetime_s,
            reduction=reduction,
            afresh=afresh,
            transaction_id=None if running is None else running.record.transaction_id,
            elapsed_s=None if running is None else self._elapsed_s(running),
        )

    def _elapsed_s(self, running: OpenTransaction) -> int:
        """Since the start of the transaction, both times by the wallbox's clock.

        0 where that clock makes no sense: then a grant ends too early rather than too late.
        """
        started_at = read_time(running.record.start.started_at)
        if started_at is None:
            return 0
        elapsed = self._presence.its_time() - started_at
        return int(elapsed.total_seconds()) if _NO_TIME <= elapsed <= LONGEST_ELAPSED else 0


def _nothing_granted() -> float:
    return 0.0


def _nothing_without_manager(_: EvseSettings) -> float:
    return 0.0
