"""What a backend's messages about charging profiles did in the wallbox, mirrored here (R97)."""

from collections.abc import Callable

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.profile_mirror import mirrored
from wattgate.core.ocpp.frames import Call
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.kept_profiles import KeptProfiles
from wattgate.runtime.gateway.profiles.profile_hand_over import ProfileHandOver, Relay
from wattgate.runtime.gateway.profiles.profile_outcomes import may_have_changed, took_effect
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.station import House
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()


class ProfileMirror:
    """Follows one backend's SetChargingProfile and ClearChargingProfile to the wallbox.

    `intruded` is called when one may have changed something there after load management took over.
    """

    def __init__(
        self,
        evse: StationEvse,
        backend: EvseBackend,
        house: House,
        kept: KeptProfiles,
        hand_over: ProfileHandOver,
        intruded: Callable[[], None],
    ) -> None:
        self._evse = evse
        self._backend = backend
        self._house = house
        self._kept = kept
        self._hand_over = hand_over
        self._intruded = intruded

    def relaying(self, call: Call) -> Callable[[Outcome], None]:
        """Such a message goes to the wallbox now; tell what is returned how that ended."""
        relay = self._hand_over.begin(call)

        def heard(outcome: Outcome) -> None:
            self._house.tasks.spawn(
                self._follow(relay, outcome), name=f"mirror {self._evse.evse_id}"
            )

        return heard

    async def _follow(self, relay: Relay, outcome: Outcome) -> None:
        if not self._house.observing() and may_have_changed(outcome):
            self._intruded()
        done = took_effect(relay.call.action, outcome)
        try:
            if done:
                await self._mirror(relay.call)
        finally:
            self._hand_over.end(relay, in_vain=not done)
        await self._hand_over.deliver()

    async def _mirror(self, call: Call) -> None:
        async with self._kept.in_order:
            before = self._kept.now
            try:
                change = mirrored(
                    before,
                    call.action,
                    call.payload_text,
                    self._evse.running_at(self._backend),
                    alone=self._backend.connectors.alone,
                )
            except PeerError as exc:
                log.warning(
                    "the wallbox took a profile that cannot be read here",
                    evse=self._evse.evse_id,
                    reason=str(exc),
                )
                return
            if change is not None:
                await self._kept.keep_anyway(before, change)
