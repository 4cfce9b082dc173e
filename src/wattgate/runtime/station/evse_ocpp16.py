"""One connector of an OCPP 1.6 wallbox, as an EVSE of the site."""

from collections.abc import Callable
from math import inf
from typing import Final

import structlog

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.profiles.allowances import least_ahead_a
from wattgate.core.gateway.profiles.courses import Course
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.units import chargeable
from wattgate.ports.evse import Cleared, Confirmation, EvseReading, LimitOutcome
from wattgate.runtime.charging.caps_told import CapsTold, Told
from wattgate.runtime.charging.profile_steps import Wish
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.station.open_transactions import id_at_wallbox
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import StationEvse

BOOT_PATIENCE_S: Final = 5.0
"""s after its connection in which a wallbox may still boot; some drop commands before that."""


log = structlog.get_logger()

AHEAD_S: Final = 15
"""s before a backend allows less at which a wallbox is lowered that cannot be told before.

Longer than a usual cycle and a command take together.
"""


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
        self._left_a = inf
        """What was left of the fallback when it was last told a limit, A per phase."""
        self._caps = CapsTold(lambda: self.allowances, presence.wall, lambda: self.settings.phases)

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

    @property
    def is_outdated(self) -> bool:
        """Whether the backends will lower the grant at another time than the wallbox was told."""
        return self._caps.is_outdated

    @property
    def standing_a(self) -> float:
        """A per phase that it may draw without a manager.

        Never more than a backend will allow at some time, as far as is known: without a manager
        nobody lowers it then (R97).
        """
        own_a = super().standing_a
        least_a = least_ahead_a(self.allowances, self._presence.wall(), self.settings.phases)
        return own_a if least_a is None or least_a >= own_a else chargeable(least_a)

    def cap_soon_a(self) -> float | None:
        """What the backends allow; less a moment before, where the wallbox does not know of it.

        Its grant ends at a limit to come that it cannot be told; so that the car does not stop
        there, the grant is replaced in time. So it is where the limit was set a moment ago only.
        """
        if self._charging.says_changes and not self.is_outdated:
            return self.cap_a()
        least_a = self._caps.least_within_a(AHEAD_S)
        return None if least_a == inf else least_a

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
        self._say_what_is_left_of_the_fallback()
        said: list[Told] = []
        wish = self._wish(said, reduction=reduction, afresh=afresh)
        outcome = await self._charging.limit(wish)
        if outcome is LimitOutcome.ACCEPTED:
            self._caps.told(said[-1])
        return outcome

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

    def _say_what_is_left_of_the_fallback(self) -> None:
        """In the log, whenever it has changed: the owner wanted more."""
        own_a, standing_a = super().standing_a, self.standing_a
        if standing_a < own_a and standing_a != self._left_a:
            log.warning(
                "without a manager it may draw less than its fallback, a backend allows no more",
                evse=self.evse_id,
                fallback_current_a=own_a,
                standing_a=standing_a,
            )
        self._left_a = standing_a

    def _wish(self, said: list[Told], *, reduction: bool, afresh: bool) -> Wish:
        """What it is to be told; `said` gets what of the backends' limits goes out with it."""

        def caps() -> Course:
            said.append(self._caps.for_grant(current_a, lifetime_s))
            return said[-1].course

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
            caps=caps,
        )


def _nothing_without_manager(_: EvseSettings) -> float:
    return 0.0
