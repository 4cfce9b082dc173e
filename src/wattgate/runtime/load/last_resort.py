"""What is left when a wallbox follows no limit and its circuit is overloaded (R100b)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from wattgate.core.charging.obedience import tolerance_a
from wattgate.core.load.budget import last_resort
from wattgate.core.load.circuits import Circuit
from wattgate.ports.evse import ControllableEvse
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

AGAIN_S: Final = 60.0
"""s between two attempts to end the same transaction."""


class LastResort:
    """Ends the charging of wallboxes that nothing else has stopped.

    Each is asked for it once a minute, as long as its circuit is overloaded and all its neighbours
    are at 0. `is_exhausted` tells that every way to say a limit to the EVSE has failed.
    """

    def __init__(
        self,
        evses: Mapping[str, ControllableEvse],
        limits: Limits,
        is_exhausted: Callable[[str], bool],
        tasks: Supervisor,
    ) -> None:
        self._evses = evses
        self._limits = limits
        self._is_exhausted = is_exhausted
        self._tasks = tasks
        self._tried_at: dict[str, float] = {}

    def act(self, circuits: Sequence[Circuit], over: Mapping[str, float], now: float) -> None:
        """Stop whoever has to be stopped."""
        if not over:
            return
        culprits = frozenset(e for e in self._evses if self._exceeds(e) and self._is_exhausted(e))
        allowed_a = {evse_id: self._limits.position(evse_id).allowed_a for evse_id in self._evses}
        for evse_id in sorted(last_resort(circuits, over, culprits, allowed_a)):
            if now - self._tried_at.get(evse_id, -AGAIN_S) >= AGAIN_S:
                self._tried_at[evse_id] = now
                self._tasks.spawn(self._stop(evse_id), name=f"last resort {evse_id}")

    def _exceeds(self, evse_id: str) -> bool:
        """Whether its newest measurement is clearly above its limit."""
        position = self._limits.position(evse_id)
        allowed_a = position.allowed_a
        return (position.drawn_a or 0.0) > allowed_a + tolerance_a(allowed_a)

    async def _stop(self, evse_id: str) -> None:
        drawn_a = self._limits.position(evse_id).drawn_a
        log.error("circuit overloaded, and no limit helps", evse=evse_id, drawn_a=drawn_a)
        outcome = await self._evses[evse_id].stop_charging()
        log.error("asked to end charging", evse=evse_id, outcome=outcome.value)
