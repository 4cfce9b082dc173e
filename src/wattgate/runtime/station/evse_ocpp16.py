"""One connector of an OCPP 1.6 wallbox, as an EVSE of the site."""

from collections.abc import Callable
from typing import Final

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.ports.evse import Cleared, Confirmation, EvseReading, LimitOutcome
from wattgate.runtime.charging.profile_steps import Wish
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.station.open_transactions import id_at_wallbox
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import StationEvse

BOOT_PATIENCE_S: Final = 5.0
"""s after its connection in which a wallbox may still boot; some drop commands before that."""


class EvseOcpp16(StationEvse):
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
        standing = deactivated_standing or _nothing_without_manager
        super().__init__(settings, wallbox, connectors, presence, standing)
        self._wallbox_charging = charging
        self._charging = charging.connector(settings.connector, lambda: self.in_use)
        self._told = (0.0, wallbox.grant_lifetime_s)

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
    def may_be_cleared(self) -> bool:
        """Whether clearing does no harm now: it takes our own limits away for a moment."""
        return not self.in_use and self._charging.may_clear

    @property
    def was_swept(self) -> bool:
        """Whether the last limit that was to be set afresh did remove what others left."""
        return self._charging.was_swept

    @property
    def lifetime_s(self) -> float:
        """How long a grant lasts, s."""
        return self.wallbox.grant_lifetime_s

    def reading(self, now: float) -> EvseReading:
        """What load management needs to know at `now`."""
        presence, transaction = self._presence, self.transaction
        return EvseReading(
            view=self.view,
            seen=presence.seen_before,
            ready=presence.is_settled(now, BOOT_PATIENCE_S),
            silent_s=presence.silent_s(now),
            connection=presence.connection,
            booted=presence.has_booted or presence.is_new,
            idle=self.is_idle,
            draw=self.draw,
            waiting_since=transaction.started_monotonic if transaction is not None else now,
            standing_a=self.standing_a,
            is_harmless_when_silent=self._charging.is_harmless_when_silent,
            others_set_profiles=any(each.profiles.stack.entries for each in self.backends),
            links=presence.links,
            idle_a=self.standing_a if self.counts_by_transaction else 0.0,
        )

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
        transaction_id = id_at_wallbox(self.transaction.record)
        return await self._wallbox_charging.stop_transaction(transaction_id)

    def ask_for_measurement(self, now: float) -> None:
        """Have it measure where a limit has changed and nothing was heard since."""
        if self.transaction is None:
            return
        draw, measurements = self.draw, self._charging.measurements
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
            transaction_id=None if running is None else id_at_wallbox(running.record),
            elapsed_s=self.elapsed_s,
        )


def _nothing_without_manager(_: EvseSettings) -> float:
    return 0.0
