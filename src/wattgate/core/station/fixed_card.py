"""The card of an EVSE at which none is presented (R57)."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.core.station.authorisation import fold
from wattgate.core.station.connector import IDLE, ConnectorStatus

ID_TAG: Final = ("idTag",)

PATIENCE_S: Final = 10.0
"""s that a person has after plugging in to present a card of his own."""

FREE_CARD: Final = "FREE"
"""Starts charging at a wallbox on Modbus that is free to all: in OCPP a session has a card."""

PRESENTED_S: Final = 120.0
"""s for which a card that was presented is waited for: OCPP's usual ConnectionTimeOut."""

RETRY_S: Final = 30.0
"""s until a wallbox is asked again that did not start."""

ATTEMPTS: Final = 3

_IN_SESSION: Final = frozenset(
    {
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
    }
)


def with_fixed_card(payload_text: str, free_tag: str, fixed_card: str) -> str:
    """The payload with `fixed_card` for the idTag if that is `free_tag`, else as it is.

    `free_tag` is what the wallbox sends by itself where no card was presented. Without one of the
    two, nothing is replaced: a card that somebody presented never is.
    """
    if not free_tag or not fixed_card:
        return payload_text
    id_tag = read_scalar(payload_text, ID_TAG)
    if not isinstance(id_tag, str) or fold(id_tag) != fold(free_tag):
        return payload_text
    return replace_scalar(payload_text, ID_TAG, msgspec.json.encode(fixed_card).decode())


@dataclass(frozen=True, slots=True)
class FixedStart:
    """How far an EVSE is with a car that is to be charged by the fixed card.

    `is_over`: this car had its session, or is not to get one. `attempts` counts the times the
    wallbox was asked in vain, `tried_at` is the last of them (monotonic, s).
    """

    is_over: bool = False
    attempts: int = 0
    tried_at: float | None = None

    def reported(self, status: ConnectorStatus) -> "FixedStart":
        """After a report of the connector: an unplugged car is forgotten, a session is enough."""
        if status in IDLE:
            return FixedStart()
        return self.over() if status in _IN_SESSION else self

    def over(self) -> "FixedStart":
        """This car is not started any more."""
        return replace(self, is_over=True)

    def failed(self, now: float) -> "FixedStart":
        """The wallbox did not start; after ATTEMPTS of them it is left alone."""
        attempts = self.attempts + 1
        return FixedStart(attempts >= ATTEMPTS, attempts, now)

    def due_at(
        self, plugged_at: float, presented_at: float | None, patience_s: float = PATIENCE_S
    ) -> float | None:
        """When the wallbox is to be asked to start (monotonic, s); None: not for this car.

        The car waits for a card since `plugged_at`; one was last presented at `presented_at`, None
        for none. `patience_s` is what a person has to present one.
        """
        if self.is_over:
            return None
        times = [plugged_at + patience_s]
        if presented_at is not None:
            times.append(presented_at + PRESENTED_S)
        if self.tried_at is not None:
            times.append(self.tried_at + RETRY_S)
        return max(times)
