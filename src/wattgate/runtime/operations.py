"""What a person can do to one EVSE: clear, release, activate, deactivate, prove (P15, R100d)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from wattgate.core.charging.proving import Trial
from wattgate.core.site.merging import patched_evse
from wattgate.core.site.model import Site
from wattgate.ports.evse import Cleared, LimitOutcome
from wattgate.runtime.charging.proving import Prover
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.load.releases import Releases
from wattgate.runtime.station.station_evse import PhasesSelected, StationEvse

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ClearedProfiles:
    """How clearing ended.

    `limited_again` tells that the limit is set anew at once, since load management is active and
    the EVSE is not released.
    """

    cleared: Cleared
    limited_again: bool


class Operations:
    """The operations on the EVSEs of one site.

    Every one raises StoreFailed where it could not be kept, and ConfigError where the site would
    not fit together any more; nothing has changed then, except where NotYetStored says so.
    """

    def __init__(
        self,
        limits: Limits,
        releases: Releases,
        prover: Prover,
        is_limited: Callable[[str], bool],
        change_site: Callable[[Callable[[Site], Site]], Awaitable[Site]],
    ) -> None:
        self._limits = limits
        self._releases = releases
        self._prover = prover
        self._is_limited = is_limited
        self._change_site = change_site

    async def clear_profiles(self, evse: StationEvse) -> ClearedProfiles:
        """Delete the charging profiles in the wallbox, once (P15)."""
        cleared = await self._releases.clear(evse, evse.hardware_a)
        return ClearedProfiles(cleared, self._is_limited(evse.evse_id))

    async def adopt(self, evse: StationEvse) -> LimitOutcome:
        """Remove what others left in the wallbox, and set our own limit (R100).

        While a car charges, ours holds before and after; else it is set afresh by the control
        loop, and checked against the wallbox's composite schedule.
        """
        if not self._is_limited(evse.evse_id):
            return LimitOutcome.UNSENT
        if evse.in_use:
            return await evse.sweep()
        self._limits.not_known(evse.evse_id)
        self._limits.say_again(evse.evse_id)
        return LimitOutcome.ACCEPTED

    async def release(self, evse: StationEvse) -> Cleared:
        """Delete them and set none any more, until the EVSE is activated (R100d)."""
        self._prover.cancel(evse.evse_id)
        return await self._releases.latch(evse, evse.hardware_a)

    async def activate(self, evse: StationEvse) -> None:
        """Take the EVSE into service and limit it again, whatever kept it from that."""
        await self._set_enabled(evse, enabled=True)
        if evse.evse_id in self._releases.latched:
            await self._releases.activate(evse.evse_id)

    async def deactivate(self, evse: StationEvse) -> None:
        """Take it out of service: it may do only what `on_deactivation` says (P15)."""
        self._prover.cancel(evse.evse_id)
        await self._set_enabled(evse, enabled=False)

    async def _set_enabled(self, evse: StationEvse, *, enabled: bool) -> None:
        if evse.settings.enabled == enabled:
            return
        await self._change_site(lambda site: patched_evse(site, evse.evse_id, {"enabled": enabled}))
        log.info("activated" if enabled else "deactivated", evse=evse.evse_id)

    async def wake(self, evse: StationEvse) -> LimitOutcome:
        """Wake a car that sleeps though it may charge."""
        outcome = await evse.wake()
        log.info("woken", evse=evse.evse_id, outcome=outcome.value)
        return outcome

    async def select_phases(self, evse: StationEvse, phases: int) -> PhasesSelected:
        """Have it charge on so many phases, 1 or 3; nothing is sent that it would refuse."""
        selected = await evse.select_phases(phases)
        log.info(
            "phases selected",
            evse=evse.evse_id,
            phases=phases,
            outcome=selected.outcome.value,
            obstacle=selected.obstacle and selected.obstacle.value,
        )
        return selected

    def prove(self, evse: StationEvse) -> str | None:
        """Begin to prove that its grants end and survive a power cycle; or why that cannot be."""
        if evse.settings.is_on_modbus:
            return "there is nothing to prove: what it does without us is read from its registers"
        return self._prover.begin(evse)

    def trial(self, evse: StationEvse) -> Trial | None:
        """The proof under way, or the last one."""
        return self._prover.state(evse.evse_id)

    def cancel_proof(self, evse: StationEvse) -> None:
        """Give the proof up; the EVSE is commanded again."""
        self._prover.cancel(evse.evse_id)
