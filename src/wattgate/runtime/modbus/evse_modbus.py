"""One wallbox on Modbus, as an EVSE of the site: load management writes its registers."""

from collections.abc import Callable
from typing import Final

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.load.sensing import Draw, draw_of
from wattgate.core.modbus.commands import keeps_fail_safe
from wattgate.core.modbus.phase_selection import obstacle
from wattgate.core.modbus.wallbox_values import CutPilot, SelectPhases, SetFailSafe
from wattgate.core.ocpp.session import Priority
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.measurements import Measurement
from wattgate.core.units import PHASES
from wattgate.core.wallbox.sensed import Pilot
from wattgate.ports.evse import Cleared, Confirmation, EvseReading, FailSafe, LimitOutcome
from wattgate.runtime.charging.profile_commands import ACCEPTED, Commands, verdict
from wattgate.runtime.modbus.stray import StrayCurrent
from wattgate.runtime.modbus.wallbox import ModbusWallbox
from wattgate.runtime.station.open_transactions import id_at_wallbox
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import PhasesSelected, StationEvse

WAKE_S: Final = 5
"""s for which the control pilot is interrupted: a car takes it for plugging in anew."""

LEAST_LIFETIME_S: Final = 10.0
"""s for which a limit counts as sure at least, whatever the wallbox says of its fail-safe."""


class EvseModbus(StationEvse):
    """What is known of one EVSE, and how its current is limited. Implements ControllableEvse.

    Whether it is here, what it draws and what it obeys is told by its registers, not by the charge
    point that stands for it. `was_here`: it answered, or held a limit of ours, before a restart,
    so that it is known to hang on the site's circuits though it does not answer.
    """

    def __init__(
        self,
        settings: EvseSettings,
        wallbox: WallboxSettings,
        connectors: ConnectorMap,
        presence: Presence,
        device: ModbusWallbox,
        *,
        deactivated_standing: Callable[[EvseSettings], float],
        was_here: bool = False,
    ) -> None:
        super().__init__(settings, wallbox, connectors, presence, deactivated_standing)
        self.device = device
        device.fail_safe_wanted = self._fail_safe
        self.on_limit: Callable[[float], None] = _nobody_hears
        """Called with what load management allows, A per phase, before the device is told."""
        self.backend_a: Callable[[], float | None] = _no_backend
        """What its backend lets it have while load management has no say; None: it has none."""
        self._was_here = was_here
        self._was_swept = False
        self._stray = StrayCurrent(settings.id)
        self._commands = Commands(presence)

    @property
    def is_connected(self) -> bool:
        """Whether it answers; the charge point that stands for it always does."""
        return self.device.is_connected

    @property
    def method(self) -> str:
        """How it is told its limits, in words for a person."""
        return self.device.method

    @property
    def counts_by_transaction(self) -> bool:
        """Whether what it was told is for one transaction: registers know of none."""
        return False

    @property
    def profile_writes(self) -> int:
        """How often something was written that it keeps in flash."""
        return self.device.stored_writes

    @property
    def standing_confirmation(self) -> Confirmation:
        """Its fail-safe is what it says itself."""
        is_there = self.device.fail_safe.is_there
        return Confirmation.REGISTERS if is_there else Confirmation.NONE

    @property
    def may_be_cleared(self) -> bool:
        """Always: a limit takes the place of whatever others wrote."""
        return True

    @property
    def was_swept(self) -> bool:
        """Whether the last limit was accepted: what others wrote is overwritten by it."""
        return self._was_swept

    @property
    def lifetime_s(self) -> float:
        """How long a limit holds without us, s."""
        lifetime_s = min(self.settings.fail_safe_s, self.device.fail_safe.setting.after_s)
        return max(LEAST_LIFETIME_S, lifetime_s)

    @property
    def is_idle(self) -> bool:
        """Whether it says that no car is there, and no transaction runs."""
        values = self.device.values
        is_free = values is not None and values.pilot is Pilot.A
        return is_free and self.device.is_connected and self.transaction is None

    @property
    def draw(self) -> Draw | None:
        """The newest sample of the running transaction."""
        transaction, draw = self.transaction, self._newest_draw
        if transaction is None or draw is None or draw.at < transaction.started_monotonic:
            return None
        return draw

    @property
    def _newest_draw(self) -> Draw | None:
        device, settings, values = self.device, self.settings, self.device.values
        if values is None or not device.is_connected:
            return None
        at, currents_a = device.values_at, values.currents_a
        measurement = Measurement(
            currents_a={} if currents_a is None else {each: currents_a[each] for each in PHASES},
            currents_at=None if currents_a is None else at,
            power_w=values.power_w,
            power_at=None if values.power_w is None else at,
        )
        return draw_of(measurement, settings.phases, settings.phase_rotation.value)

    def _stray_a(self) -> float:
        """What it draws without a transaction though it was told less; 0 within one."""
        is_watched = self.transaction is None and self.device.is_led
        draw = self._newest_draw if is_watched else None
        self._stray.look(draw, self.device.holds_a, self.settle_s)
        return self._stray.counted_a

    def reading(self, now: float) -> EvseReading:
        """What load management needs to know at `now`."""
        device, transaction = self.device, self.transaction
        return EvseReading(
            view=self.view,
            seen=self._was_here or device.connection > 0,
            ready=device.is_connected,
            silent_s=device.silent_s(now),
            connection=device.connection,
            booted=device.has_restarted,
            idle=self.is_idle,
            draw=self.draw,
            waiting_since=transaction.started_monotonic if transaction is not None else now,
            standing_a=self.standing_a,
            links=device.connection,
            idle_a=self._stray_a(),
            fail_safe=self._own_fail_safe(now),
            overruled_a=self._overruled_a(now),
        )

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase."""
        self.on_limit(current_a)
        outcome = await self.device.limit(current_a, reduction=reduction)
        self._was_swept = outcome is LimitOutcome.ACCEPTED
        if afresh and self._was_swept:
            await self._forget_profiles()
        return outcome

    async def _forget_profiles(self) -> None:
        """What its backend allows is kept by the manager from now on, and is part of the limit.

        What is left of it in its charge point can only lower the limit further.
        """
        await self._commands.send("ClearChargingProfile", "{}", Priority.REDUCTION)

    async def release(self, *, whole: bool) -> Cleared:
        """Let it draw what it can, also without us; confirmed by what its registers say then."""
        outcome = await self.device.release(self.hardware_a, self.backend_a())
        is_read_back = self.device.holds_a is not None and self._falls_no_lower()
        is_confirmed = outcome is LimitOutcome.ACCEPTED and is_read_back
        return Cleared(outcome, Confirmation.REGISTERS if is_confirmed else Confirmation.NONE)

    def _falls_no_lower(self) -> bool:
        """Whether it may draw everything, also once it is without us."""
        return self.device.fail_safe.setting.current_a >= self.hardware_a

    async def sweep(self) -> LimitOutcome:
        """Write our limit over whatever others wrote."""
        return await self.device.repeat()

    async def stop_charging(self) -> LimitOutcome:
        """End the transaction, unless the site forbids it (R100b)."""
        if not self.settings.last_resort_stop:
            return LimitOutcome.REFUSED
        if self.transaction is None:
            return LimitOutcome.UNSENT
        payload = f'{{"transactionId":{id_at_wallbox(self.transaction.record)}}}'
        answer = await self._commands.send("RemoteStopTransaction", payload, Priority.STOP)
        return verdict(answer, ACCEPTED)

    async def wake(self) -> LimitOutcome:
        """Interrupt the control pilot of a car that waits, unless that is being done already.

        Where somebody else leads the wallbox, that is his to do: UNSENT.
        """
        values = self.device.values
        if not self.device.is_led or values is None:
            return LimitOutcome.UNSENT
        if values.pilot is not Pilot.B or values.waking_s:
            return LimitOutcome.REFUSED
        return await self.device.command(CutPilot(WAKE_S))

    async def select_phases(self, phases: int) -> PhasesSelected:
        """Charge on so many phases, where its make and its car allow that now.

        Where somebody else leads the wallbox, that is his to do: UNSENT. What it counts for does
        not change: it may be switched back by itself, or by others.
        """
        device, values = self.device, self.device.values
        if not device.is_led or not device.is_connected or values is None:
            return PhasesSelected(LimitOutcome.UNSENT)
        stands = obstacle(
            phases,
            values,
            can_be_told=device.can(SelectPhases),
            counted_phases=self.settings.phases,
        )
        if stands is not None:
            return PhasesSelected(LimitOutcome.REFUSED, stands)
        return PhasesSelected(await device.command(SelectPhases(phases)))

    def ask_for_measurement(self, now: float) -> None:
        """Nothing to do: it is measured with every poll."""

    def next_method(self) -> bool:
        """There is one way only."""
        return False

    def is_obeyed(self) -> None:
        """Nothing to remember: there is one way only."""

    def _fail_safe(self) -> SetFailSafe:
        return SetFailSafe(self.settings.fail_safe_s, self.standing_a)

    def _overruled_a(self, now: float) -> float | None:
        """Registers may hold more than the EVSE can draw."""
        overruled_a = self.device.overruled_a
        if overruled_a is None or self.device.has_fallen(now):
            return None
        return min(overruled_a, self.hardware_a)

    def _own_fail_safe(self, now: float) -> FailSafe | None:
        """What it falls to; while it is silent it may restart, and some lose it by that."""
        keeper = self.device.fail_safe
        is_sure = self.device.is_connected or keeps_fail_safe(self.device.definition)
        if not (keeper.is_there and is_sure):
            return None
        return FailSafe(keeper.setting.current_a, has_fallen=self.device.has_fallen(now))


def _nobody_hears(_: float) -> None:
    pass


def _no_backend() -> float | None:
    return None
