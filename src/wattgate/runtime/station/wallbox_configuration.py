"""Tells a wallbox the configuration that serves everybody who needs something of it (R56, R80).

What load management wants is told at the lowest priority, some time after a connection or a boot,
each key once per connection; a wallbox that refuses is left alone.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from wattgate.core.gateway.config_keys import LOCAL_PRE_AUTHORIZE
from wattgate.core.gateway.config_overlay import values_of, writable_values_of
from wattgate.core.gateway.config_superset import SHARED_KEYS, is_served, to_tell
from wattgate.core.ocpp.frames import CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SETTLE_S: Final = 30.0
"""s after a connection, a boot or a new setting: first it is told its limits, which are urgent."""

ANSWER_S: Final[Mapping[Priority, float]] = {Priority.BACKEND: 30.0, Priority.POLL: 6.0}
"""s a wallbox may take for an answer: as for a command of its backend; shorter where what load
management wants of it waits behind (R89)."""

_TAKEN: Final = frozenset({"Accepted", "RebootRequired"})
_ASKED: Final = json.dumps({"key": list(SHARED_KEYS)})


class WallboxConfiguration:
    """The configuration of one wallbox.

    `backends` are those whose wishes count there now; `managing` tells whether load management
    decides about current at one of its connectors.
    """

    def __init__(
        self,
        presence: Presence,
        tasks: Supervisor,
        backends: Callable[[], Sequence[BackendConfiguration]],
        managing: Callable[[], bool],
    ) -> None:
        self._presence = presence
        self._tasks = tasks
        self._backends = backends
        self._managing = managing
        self._connection = 0
        self._present: dict[str, str] | None = None
        self._said: dict[str, str | None] = {}
        self._refused: dict[str, str] = {}
        self._reviews = 0

    def review_later(self) -> None:
        """See what it must be told, once it has had time to settle."""
        self._reviews += 1
        name = f"{self._presence.station_id} configuration"
        self._tasks.spawn(self._review(self._reviews), name=name)

    async def wished(self, backend: BackendConfiguration, key: str, value: str) -> Outcome | None:
        """Tell the wallbox what follows from a backend's new wish, before that is kept.

        None where it needs to be told nothing, or is not here; otherwise how that ended.
        """
        if not self._presence.is_connected or key not in SHARED_KEYS:
            return None
        await self._read(Priority.BACKEND)
        others = [each.values for each in self._backends() if each is not backend]
        told = self._to_tell(key, [*others, {key: value}])
        if told is None:
            return None
        outcome = await self._tell(key, told, Priority.BACKEND)
        served = is_served(key, value, self._said.get(key.casefold()))
        return None if served and not is_taken(outcome) else outcome

    async def _review(self, number: int) -> None:
        await asyncio.sleep(SETTLE_S)
        if number != self._reviews or not self._presence.is_connected or not self._is_of_use:
            return
        await self._read(Priority.POLL)
        if self._present is None:
            return  # one that does not say what it has is told nothing of our own accord
        for key in SHARED_KEYS:
            told = self._to_tell(key, [each.values for each in self._backends()])
            if told is not None and self._refused.get(key) != told:
                await self._tell(key, told, Priority.POLL)

    @property
    def _is_of_use(self) -> bool:
        return self._managing() or any(each.values for each in self._backends())

    def _to_tell(self, key: str, wishes: Sequence[Mapping[str, str]]) -> str | None:
        asked = [values[key] for values in wishes if key in values]
        managing = self._managing() and (key != LOCAL_PRE_AUTHORIZE or bool(wishes))
        present = (self._present or {}).get(key.casefold())
        return to_tell(key, asked, present, managing=managing)

    async def _read(self, priority: Priority) -> None:
        """Ask what it has, once per connection."""
        connection = self._presence.connection
        if connection == self._connection:
            return
        match await self._call("GetConfiguration", _ASKED, priority):
            case NoAnswer(was_sent=False):
                return
            case CallResult(_, payload_text):
                self._present = writable_values_of(payload_text)
                self._said = values_of(payload_text)
            case _:
                self._present, self._said = None, {}
        self._connection, self._refused = connection, {}

    async def _tell(self, key: str, value: str, priority: Priority) -> Outcome:
        payload_text = json.dumps({"key": key, "value": value}, separators=(",", ":"))
        outcome = await self._call("ChangeConfiguration", payload_text, priority)
        said = self._presence.station_id
        if is_taken(outcome):
            if self._present is not None:
                self._present[key.casefold()] = value
            log.info("wallbox configured", station=said, key=key, value=value)
        else:
            self._refused[key] = value
            log.info("wallbox keeps its configuration", station=said, key=key, value=value)
        return outcome

    async def _call(self, action: str, payload_text: str, priority: Priority) -> Outcome:
        peer = self._presence.peer
        if peer is None:
            return NoAnswer("the wallbox is not connected", was_sent=False)
        return await peer.call(
            action, payload_text, timeout_s=ANSWER_S[priority], priority=priority
        )


def is_taken(outcome: Outcome) -> bool:
    """Whether a wallbox has taken a new value, now or with its next reboot."""
    return (
        isinstance(outcome, CallResult) and read_scalar(outcome.payload_text, ("status",)) in _TAKEN
    )
