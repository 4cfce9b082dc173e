"""Which connector a start or a reservation is for that names none (OCPP 1.6 §5.11, §5.13)."""

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


_TO_KEEP: Final = (
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.FINISHING,
    ConnectorStatus.PREPARING,
)

_ALL_OF: Final = {
    ConnectorStatus.FAULTED: "Faulted",
    ConnectorStatus.UNAVAILABLE: "Unavailable",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connector that may be meant.

    `number` is the backend's. `in_use`: a transaction runs. `awaits_car`: a card was shown, or a
    start commanded, and its transaction is still to come. `is_kept`: it is reserved for another
    card.
    """

    number: int
    status: ConnectorStatus
    in_use: bool = False
    awaits_car: bool = False
    is_kept: bool = False

    @property
    def is_free(self) -> bool:
        """Whether something could begin there."""
        return not self.in_use and not self.is_kept and self.status in _PREFERRED


def free_connector(candidates: Iterable[Candidate]) -> int | None:
    """The number of the connector to start at; None where none is free."""
    best = min((each for each in candidates if each.is_free), key=_rank, default=None)
    return None if best is None else best.number


def connector_to_keep(candidates: Iterable[Candidate]) -> int | None:
    """The number of the connector to reserve, rather one without a car; None where none is free."""
    free = [
        each
        for each in candidates
        if each.is_free and not each.awaits_car and each.status is not ConnectorStatus.RESERVED
    ]
    best = min(free, key=lambda each: (_TO_KEEP.index(each.status), each.number), default=None)
    return None if best is None else best.number


def why_none_is_kept(candidates: Iterable[Candidate]) -> str:
    """The answer to a reservation where no connector is free for it (OCPP 1.6 §5.13)."""
    statuses = {each.status for each in candidates}
    return _ALL_OF.get(next(iter(statuses)), "Occupied") if len(statuses) == 1 else "Occupied"


def _rank(candidate: Candidate) -> tuple[bool, int, int]:
    return (candidate.awaits_car, _PREFERRED.index(candidate.status), candidate.number)
