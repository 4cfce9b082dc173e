"""Getting rid of what others left in a wallbox while its car charges (R100).

An idle wallbox is cleared with its first limit. In one whose car charges, a foreign profile of a
higher stack level, or a TxProfile, may overrule our limit, though it was accepted: it counts at its
maximum until the profiles of others are gone.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

import structlog

from wattgate.ports.evse import ControllableEvse, EvseReading, LimitOutcome
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

AGAIN_S: Final = 30.0
"""s between two attempts at the same wallbox."""

ATTEMPTS: Final = 2
"""After so many that came to nothing it cannot be swept; a newer limit may come in between once."""


HOPELESS_FACTOR: Final = 20
"""By how much more seldom a wallbox is tried again that cannot be swept."""


@dataclass(slots=True)
class _Attempts:
    """What was tried on one connection of an EVSE, the last time at `at` (monotonic, s)."""

    connection: int
    at: float = -inf
    count: int = 0
    is_hopeless: bool = False


class Adoption:
    """Sweeps EVSEs in use that hold our limit, and perhaps others' (`Limits.unswept`).

    A wallbox that cannot be swept counts at what it has accepted (R100a), unless profiles of others
    are known to have been set in it: then it stays at its maximum, and is tried again.
    """

    def __init__(self, limits: Limits, tasks: Supervisor) -> None:
        self._limits = limits
        self._tasks = tasks
        self._attempts: dict[str, _Attempts] = {}
        self._sweeping: set[str] = set()

    def look(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        """Look at an EVSE that takes commands and is limited."""
        limits, evse_id = self._limits, evse.evse_id
        attempts = self._attempts.get(evse_id)
        if attempts is None or attempts.connection != reading.connection:
            attempts = self._attempts[evse_id] = _Attempts(reading.connection)
        is_done = evse_id not in limits.unswept or not evse.in_use
        if is_done or (attempts.is_hopeless and evse_id not in limits.foreign):
            limits.count_foreign(evse_id, None)
        elif evse_id not in limits.unknown:  # first of all it needs a limit of ours
            limits.count_foreign(evse_id, reading.view.maximum_a)
            self._sweep_if_due(evse, attempts, now)

    def _sweep_if_due(self, evse: ControllableEvse, attempts: _Attempts, now: float) -> None:
        patience_s = AGAIN_S * (HOPELESS_FACTOR if attempts.is_hopeless else 1)
        if evse.evse_id in self._sweeping or now - attempts.at < patience_s:
            return
        attempts.at = now
        self._sweeping.add(evse.evse_id)
        self._tasks.spawn(self._sweep(evse, attempts), name=f"adoption {evse.evse_id}")

    async def _sweep(self, evse: ControllableEvse, attempts: _Attempts) -> None:
        try:
            outcome = await evse.sweep()
        finally:
            self._sweeping.discard(evse.evse_id)
        log.info("swept for profiles of others", evse=evse.evse_id, outcome=outcome.value)
        if outcome is LimitOutcome.ACCEPTED:
            self._limits.swept(evse.evse_id)
            return
        attempts.count += 1
        attempts.is_hopeless = outcome is LimitOutcome.REFUSED or attempts.count >= ATTEMPTS
