"""Getting rid of what others left in a wallbox while its car charges (R100).

An idle wallbox is cleared with its first limit. In one whose car charges, a foreign profile of a
higher stack level, or a TxProfile, may overrule our limit, though it was accepted: it counts at its
maximum until the profiles of others are gone.
"""

from typing import Final

import structlog

from wattgate.ports.evse import ControllableEvse, EvseReading, LimitOutcome
from wattgate.runtime.limits import Limits
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

AGAIN_S: Final = 30.0
"""s between two attempts at the same wallbox."""


class Adoption:
    """Sweeps EVSEs in use that hold our limit, and perhaps others' (`Limits.unswept`).

    A wallbox that cannot be swept counts at what it has accepted (R100a), unless profiles of others
    are known to have been set in it: then it stays at its maximum, and is tried again.
    """

    def __init__(self, limits: Limits, tasks: Supervisor) -> None:
        self._limits = limits
        self._tasks = tasks
        self._tried: dict[str, tuple[int, float]] = {}
        self._sweeping: set[str] = set()
        self._hopeless: set[tuple[str, int]] = set()

    def look(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        """Look at an EVSE that takes commands and is limited."""
        limits, evse_id = self._limits, evse.evse_id
        is_done = evse_id not in limits.unswept or not evse.in_use
        if is_done or self._is_hopeless(evse_id, reading):
            limits.count_foreign(evse_id, None)
        elif evse_id not in limits.unknown:  # first of all it needs a limit of ours
            limits.count_foreign(evse_id, reading.view.maximum_a)
            self._sweep_if_due(evse, reading, now)

    def _is_hopeless(self, evse_id: str, reading: EvseReading) -> bool:
        return (evse_id, reading.connection) in self._hopeless and not reading.others_set_profiles

    def _sweep_if_due(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        evse_id, connection = evse.evse_id, reading.connection
        before, tried_at = self._tried.get(evse_id, (-1, 0.0))
        is_early = before == connection and now - tried_at < AGAIN_S
        if evse_id in self._sweeping or is_early:
            return
        self._tried[evse_id] = (connection, now)
        self._sweeping.add(evse_id)
        self._tasks.spawn(self._sweep(evse, connection), name=f"adoption {evse_id}")

    async def _sweep(self, evse: ControllableEvse, connection: int) -> None:
        try:
            outcome = await evse.sweep()
        finally:
            self._sweeping.discard(evse.evse_id)
        log.info("profiles of others removed", evse=evse.evse_id, outcome=outcome.value)
        if outcome is LimitOutcome.ACCEPTED:
            self._limits.swept(evse.evse_id)
        else:
            self._hopeless.add((evse.evse_id, connection))
