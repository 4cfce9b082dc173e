"""Which of a backend's connectors a start is for that names none (OCPP 1.6 §5.11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wattgate.core.station.connector import ConnectorStatus

_PREFERRED: Final = (
    ConnectorStatus.PREPARING,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.FINISHING,
    ConnectorStatus.RESERVED,
)
"""The best first: a car that is plugged in wants to charge; a car that has charged may go on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connector that may be meant.

    `number` is the backend's. `in_use`: a transaction runs. `awaits_car`: a card was shown, or a
    start commanded, and its transaction is still to come.
    """

    number: int
    status: ConnectorStatus
    in_use: bool = False
    awaits_car: bool = False


def free_connector(candidates: Iterable[Candidate]) -> int | None:
    """The number of the connector to start at; None where none is free."""
    free = [each for each in candidates if not each.in_use and each.status in _PREFERRED]
    best = min(free, key=_rank, default=None)
    return None if best is None else best.number


def _rank(candidate: Candidate) -> tuple[bool, int, int]:
    return (candidate.awaits_car, _PREFERRED.index(candidate.status), candidate.number)
