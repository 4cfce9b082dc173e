"""What each EVSE counts for in the budget, by what its connection tells (R100a)."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import structlog

from wattgate.core.load.budget import SILENT_S, worth_after_connecting
from wattgate.ports.evse import EvseReading
from wattgate.runtime.load.limits import Limits

log = structlog.get_logger()


@dataclass(slots=True)
class _Known:
    """What is remembered of an EVSE from cycle to cycle.

    `allowed_a` is what it was told at most before it fell silent, None while it is here.
    """

    connection: int = -1
    allowed_a: float | None = None


class Counting:
    """Keeps the ledger up to date with connections, silences, boots and releases."""

    def __init__(self, evse_ids: Iterable[str], limits: Limits) -> None:
        self._limits = limits
        self._known = {evse_id: _Known() for evse_id in evse_ids}

    def count(self, evse_id: str, reading: EvseReading, now: float, *, is_free: bool) -> None:
        """Count one EVSE; `is_free`: it is released or set aside, and no limit of ours holds it."""
        limits, hardware_a = self._limits, reading.view.maximum_a
        if not limits.knows(evse_id):
            # A wallbox that was never here is not known to hang on this circuit.
            limits.assume(evse_id, hardware_a if reading.seen else 0.0)
            limits.not_known(evse_id)
        if not reading.seen:
            return
        if is_free:
            self._count_free(evse_id, reading)
        elif reading.silent_s > SILENT_S or _has_fallen(reading):
            self._count_silent(evse_id, reading, now)
        else:
            self._count_here(evse_id, reading)
        if not is_free and reading.overruled_a is not None:
            limits.count_overruled(evse_id, reading.overruled_a)
        if not is_free:
            self._count_fallback(evse_id, reading, now)

    def _count_fallback(self, evse_id: str, reading: EvseReading, now: float) -> None:
        """What may hold by itself is more than what was told, where the grant may be over."""
        if not reading.view.transaction_open and reading.idle_a > 0:
            self._limits.count_fallen(evse_id, reading.idle_a, inf)
        elif not reading.idle:
            self._limits.count_fallen(evse_id, _fallback_a(reading), now)

    def _count_free(self, evse_id: str, reading: EvseReading) -> None:
        known = self._known[evse_id]
        known.connection, known.allowed_a = reading.connection, None
        if self._limits.position(evse_id).allowed_a < reading.view.maximum_a:
            self._limits.count_at(evse_id, reading.view.maximum_a)

    def _count_silent(self, evse_id: str, reading: EvseReading, now: float) -> None:
        known = self._known[evse_id]
        is_known = evse_id not in self._limits.unknown
        if reading.fail_safe is not None and reading.fail_safe.has_fallen:
            self._limits.count_fail_safe(evse_id, reading.fail_safe.current_a)
        elif reading.fail_safe is not None and is_known:
            return  # what it was told last holds, until it has surely fallen
        elif reading.is_harmless_when_silent and is_known:
            self._limits.count_lapsed(evse_id, reading.standing_a, now)
        elif known.allowed_a is None:
            known.allowed_a = self._limits.position(evse_id).allowed_a
            self._limits.count_at(evse_id, reading.view.maximum_a)
            log.warning("wallbox silent, counted at its maximum", evse=evse_id)

    def _count_here(self, evse_id: str, reading: EvseReading) -> None:
        known = self._known[evse_id]
        if known.allowed_a is not None and not reading.ready:
            return  # it may yet say that it has booted
        if reading.connection != known.connection:
            self._count_connected(evse_id, reading, known.allowed_a)
            known.connection, known.allowed_a = reading.connection, None
        if evse_id in self._limits.unknown:
            unheld_a = 0.0 if reading.idle else reading.view.maximum_a
            self._limits.count_unknown(evse_id, unheld_a)

    def _count_connected(self, evse_id: str, reading: EvseReading, before_a: float | None) -> None:
        """`before_a` is what it was told before a silence: without a boot it still holds that."""
        limits = self._limits
        limits.refusals.forget(evse_id)
        if reading.booted:
            limits.not_known(evse_id)
        position = limits.position(evse_id)
        worst_a = worth_after_connecting(
            booted=reading.booted,
            idle=reading.idle,
            worst_a=position.worst_a if before_a is None else before_a,
            measured_a=reading.draw.most_a if reading.draw is not None else None,
            hardware_a=reading.view.maximum_a,
        )
        if worst_a > position.allowed_a:
            limits.count_at(evse_id, worst_a)
        else:
            limits.assume(evse_id, worst_a)


def _has_fallen(reading: EvseReading) -> bool:
    return reading.fail_safe is not None and reading.fail_safe.has_fallen


def _fallback_a(reading: EvseReading) -> float:
    """What it may draw by itself: as it was told, and as it says."""
    own_a = 0.0 if reading.fail_safe is None else reading.fail_safe.current_a
    return max(reading.standing_a, own_a)
