"""Has a wallbox measure when its limit has changed and it says nothing by itself (R88)."""

import json
from math import inf
from typing import Final

from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.profile_commands import ACCEPTED, Commands, verdict
from wattgate.runtime.station.presence import Presence

PACE_S: Final = 30.0
"""s between two requests."""

STALE_S: Final = 300.0
"""s after which a sample says nothing of the present, though no limit has changed since."""


class MeasurementRequests:
    """The requests to one connector; a wallbox that does not do it is left alone until its boot."""

    def __init__(self, presence: Presence, commands: Commands, connector: int) -> None:
        self._presence = presence
        self._commands = commands
        self._connector = connector
        self._is_of_use = True
        self._allowed_a: float | None = None
        self._settled_at = -inf
        self._asked_at = -inf

    def forget(self) -> None:
        """It booted, perhaps with firmware that measures on request."""
        self._is_of_use = True

    def noted(self, allowed_a: float, settle_s: float, now: float) -> None:
        """Note what is allowed; its draw has followed `settle_s` s after a change."""
        if allowed_a != self._allowed_a:
            self._allowed_a = allowed_a
            self._settled_at = now + settle_s

    def is_due(self, sample_at: float | None, now: float) -> bool:
        """Whether the newest sample tells nothing about the present limit, or of no present."""
        if not self._is_of_use or not self._presence.is_connected:
            return False
        if now < max(self._settled_at, self._asked_at + PACE_S):
            return False
        return sample_at is None or sample_at < max(self._settled_at, now - STALE_S)

    async def ask(self, now: float) -> None:
        """Have the connector measure. What it sends comes as any other sample does."""
        self._asked_at = now
        self._presence.expect_own_trigger(self._connector)
        request = {"requestedMessage": "MeterValues", "connectorId": self._connector}
        answer = await self._commands.send("TriggerMessage", json.dumps(request), Priority.POLL)
        match verdict(answer, ACCEPTED):
            case LimitOutcome.ACCEPTED:
                self._presence.expect_own_trigger(self._connector)
            case LimitOutcome.REFUSED | LimitOutcome.UNANSWERED:
                self._is_of_use = False
            case LimitOutcome.UNSENT:
                pass
