"""Notices when a grant has ended by itself, or has not, while its wallbox was away (R100a)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.lapse import CLEARLY_A, Parting, lapse_seen, parted
from wattgate.core.charging.methods import Method, read_method
from wattgate.core.load.ledger import Position
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import ControllableEvse, EvseReading
from wattgate.runtime.charging.behaviours import Behaviours

log = structlog.get_logger()

FRESH_S: Final = 120.0
"""Age, s, up to which a sample says what a car was drawing when its wallbox was lost."""


class Allowed(Protocol):
    """What this needs of the limits.

    `unknown` are the EVSEs in which no limit of ours may be.
    """

    unknown: set[str]

    def position(self, evse_id: str) -> Position:
        """What the EVSE may draw."""
        ...


@dataclass(frozen=True, slots=True)
class _Last:
    """The last look at an EVSE; `parting` is None where its return could not show anything."""

    connection: int
    ends_by: float
    method: Method | None
    parting: Parting | None


@dataclass(frozen=True, slots=True)
class _Return:
    """It is back with what it was told before; `at` is the first look at it (monotonic, s)."""

    at: float
    method: Method
    parting: Parting


class LapseWatch:
    """Learns from wallboxes that were away for longer than their grants last.

    `ends_by` tells of an EVSE when whatever was sent to it has surely ended (monotonic, s); it
    changes with every limit that is sent. Only the end of grants is observed: see `lapse_seen`.
    """

    def __init__(
        self,
        limits: Allowed,
        behaviours: Behaviours,
        model_of: Callable[[str], WallboxModel | None],
        ends_by: Callable[[str], float],
    ) -> None:
        self._limits = limits
        self._behaviours = behaviours
        self._model_of = model_of
        self._ends_by = ends_by
        self._last: dict[str, _Last] = {}
        self._returns: dict[str, _Return] = {}

    def forget(self, evse_id: str) -> None:
        """Begin anew with this EVSE."""
        self._last.pop(evse_id, None)
        self._returns.pop(evse_id, None)

    def look(self, evse: ControllableEvse, reading: EvseReading, now: float) -> None:
        """Look at an EVSE that takes commands and is limited; before new limits are sent."""
        evse_id = evse.evse_id
        last = self._last.get(evse_id)
        if last is not None and last.connection != reading.connection:
            self._returns.pop(evse_id, None)
            self._note_return(evse_id, last, reading, now)
        self._judge_return(evse_id, reading)
        method = read_method(evse.method)
        parting = self._parting(evse, method, reading, now)
        self._last[evse_id] = _Last(reading.connection, self._ends_by(evse_id), method, parting)

    def _parting(
        self, evse: ControllableEvse, method: Method | None, reading: EvseReading, now: float
    ) -> Parting | None:
        """What to know if the wallbox is gone after this look: only a grant may explain its draw.

        Whatever is on its way, in doubt or not obeyed could explain a fall as well.
        """
        position, draw = self._limits.position(evse.evse_id), reading.draw
        is_plain = position == Position(position.committed_a)
        if method is None or not method.expires or not evse.in_use or not is_plain:
            return None
        if position.committed_a < reading.standing_a + CLEARLY_A:
            return None
        return parted(
            draw if draw is not None and now - draw.at <= FRESH_S else None,
            standing_a=reading.standing_a,
            charging_since=reading.waiting_since,
            now=now,
            lifetime_s=evse.lifetime_s,
        )

    def _note_return(self, evse_id: str, last: _Last, reading: EvseReading, now: float) -> None:
        """It has connected anew: does it still hold what it was told before the last look?"""
        if reading.booted or evse_id in self._limits.unknown:
            return
        if last.method is None or last.parting is None or self._ends_by(evse_id) != last.ends_by:
            return
        self._returns[evse_id] = _Return(now, last.method, last.parting)

    def _judge_return(self, evse_id: str, reading: EvseReading) -> None:
        back = self._returns.get(evse_id)
        if back is None:
            return
        proof = lapse_seen(
            back.parting,
            reading.draw,
            standing_a=reading.standing_a,
            charging_since=reading.waiting_since,
            back_at=back.at,
            is_held=reading.view.status is ConnectorStatus.SUSPENDED_EVSE,
        )
        if proof is not Proof.UNPROVEN:
            del self._returns[evse_id]
            self._learn(evse_id, back.method, proof)

    def _learn(self, evse_id: str, method: Method, proof: Proof) -> None:
        model = self._model_of(evse_id)
        known = self._behaviours.of(model)
        if not _is_news(known, method, proof):
            return
        log.info("end of a grant observed", evse=evse_id, expiry=proof.value, method=str(method))
        self._behaviours.learn(model, known.learned_proof(method, expiry=proof))


def _is_news(known: Behaviour, method: Method, proof: Proof) -> bool:
    """A sight that confirms adds to what is open; only one that refutes changes what was proven.

    The whole proof of another method is not given up for it.
    """
    if known.proved_with == method:
        return known.expiry is Proof.UNPROVEN or proof is Proof.REFUTED
    other = known.proved_with
    return other is None or not known.is_harmless_when_silent(other)
