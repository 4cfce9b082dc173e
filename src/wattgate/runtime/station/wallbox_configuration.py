"""Tells a wallbox the configuration that serves everybody who needs something of it (R56, R80).

What load management wants, and what remains when a backend is gone, is told at the lowest priority,
some time after a connection, a boot or a change, each key once per connection; a wallbox that
refuses is left alone.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import structlog

from wattgate.core.gateway.configuration.config_keys import LOCAL_PRE_AUTHORIZE, MAX_KEYS
from wattgate.core.gateway.configuration.config_overlay import (
    in_parts,
    merged,
    values_of,
    writable_values_of,
)
from wattgate.core.gateway.configuration.config_superset import (
    SHARED_KEYS,
    Needs,
    has_common,
    is_served,
    to_tell,
    wishes_for,
)
from wattgate.core.gateway.configuration.config_values import is_count_from_one
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.store import StoreFailed
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.own_values import OwnValues
from wattgate.runtime.station.presence import SETTLE_S, Presence
from wattgate.runtime.station.voices import Voice
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

ANSWER_S: Final[Mapping[Priority, float]] = {
    Priority.BACKEND: 30.0,
    Priority.POLL: 6.0,
    Priority.REPORT: 30.0,
}
"""s a wallbox may take for an answer: as for a command of its backend; shorter where what load
management wants of it waits behind (R89)."""

_TAKEN: Final = frozenset({"Accepted", "RebootRequired"})
_ASKED: Final = json.dumps({"key": [MAX_KEYS, *SHARED_KEYS]})
_ASKED_FIRST: Final = json.dumps({"key": [MAX_KEYS]})
_NO_COMMON: Final = CallResult("", '{"status":"Rejected"}')
"""Answer to a wish that no value serves together with those of others."""


class WallboxConfiguration:
    """The configuration of one wallbox.

    `voices` are its backends now, each once; `managing` tells whether load management decides about
    current at one of its connectors.
    """

    def __init__(
        self,
        presence: Presence,
        tasks: Supervisor,
        voices: Callable[[], Sequence[Voice]],
        managing: Callable[[], bool],
        own: OwnValues,
    ) -> None:
        self._presence = presence
        self._tasks = tasks
        self._voices = voices
        self._managing = managing
        self._own = own
        self._connection = 0
        self._present: dict[str, str] | None = None
        self._said: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._reviews = 0
        self._wishing: list[tuple[BackendConfiguration, Mapping[str, str]]] = []
        self.most_keys: int | None = None
        """How many keys it can be asked for at once; None where it has not said."""

    def review_later(self) -> None:
        """See what it must be told, once it has had time to settle."""
        self._reviews += 1
        name = f"{self._presence.station_id} configuration"
        self._tasks.spawn(self._review(self._reviews), name=name)

    @contextmanager
    def wishing(self, backend: BackendConfiguration, key: str, value: str) -> Iterator[None]:
        """While it is told a wish that is not kept yet: nobody else's may undo it meanwhile."""
        wish = (backend, {key: value})
        self._wishing.append(wish)
        try:
            yield
        finally:
            self._wishing.remove(wish)

    async def wished(self, backend: BackendConfiguration, key: str, value: str) -> Outcome | None:
        """Tell the wallbox what follows from a backend's new wish, before that is kept.

        None where it needs to be told nothing, or is not here; otherwise how that ended. What only
        reports want gives way where the wallbox cannot have both (R106). Raises StoreFailed, and
        then it was told nothing.
        """
        voices = [each for each in self._voices() if each.counts_for(key)]
        voice = next((each for each in voices if each.configuration is backend), None)
        if not self._presence.is_connected or key not in SHARED_KEYS or voice is None:
            return None
        priority = Priority.BACKEND if voice.authorises else Priority.REPORT
        await self._read(priority)

        def values_of_all(heeded: Sequence[Voice]) -> list[Mapping[str, str]]:
            return [{key: value} if each is voice else self._values(each, key) for each in heeded]

        outcome = await self._wish(key, values_of_all(voices), priority)
        if (
            voice.authorises
            and isinstance(outcome, CallResult | CallError)
            and not is_taken(outcome)
        ):
            first = [each for each in voices if each.authorises]
            if len(first) < len(voices):
                outcome = await self._wish(key, values_of_all(first), priority)
        served = is_served(key, value, self._said.get(key.casefold()))
        return None if outcome is None or (served and not is_taken(outcome)) else outcome

    async def was_told(self, key: str, value: str) -> None:
        """A backend has had it take a value itself: that is its own now. Raises StoreFailed."""
        await self._own.note(key, None)
        if self._present is not None:
            self._present[key.casefold()] = self._said[key.casefold()] = value
        self.review_later()

    async def _wish(
        self, key: str, values: Sequence[Mapping[str, str]], priority: Priority
    ) -> Outcome | None:
        if not has_common(key, self._wishes(key, values)):
            return _NO_COMMON
        told = self._to_tell(key, values)
        return None if told is None else await self._tell(key, told, priority)

    def _values(self, voice: Voice, key: str) -> Mapping[str, str]:
        """What a backend has set, or is about to; what a report is about to can wait (R106)."""
        kept = voice.configuration.values
        new = [
            wish for whose, wish in self._wishing if whose is voice.configuration and key in wish
        ]
        return new[-1] if new and voice.authorises else kept

    async def _review(self, number: int) -> None:
        await asyncio.sleep(SETTLE_S)
        if number != self._reviews or not self._presence.is_connected or not self._is_of_use:
            return
        try:
            await self._look()
        except StoreFailed as exc:  # the next connection is the next occasion
            say_not_stored(exc, station=self._presence.station_id)

    async def _look(self) -> None:
        await self._read(Priority.POLL)
        if self._present is None:
            return  # one that does not say what it has is told nothing of our own accord
        for key in SHARED_KEYS:
            told = self._to_tell(key, self._heeded(key))
            if told is not None and self._refused.get(key) != told:
                await self._tell(key, told, Priority.POLL)

    def _heeded(self, key: str) -> list[Mapping[str, str]]:
        """What everybody has set, without reports where the wallbox cannot have both (R106)."""
        voices = [each for each in self._voices() if each.counts_for(key)]
        values = [self._values(each, key) for each in voices]
        if has_common(key, self._wishes(key, values)):
            return values
        return [self._values(each, key) for each in voices if each.authorises]

    @property
    def _is_of_use(self) -> bool:
        return (
            self._managing()
            or self._is_shared
            or bool(self._own.values)
            or any(each.configuration.values for each in self._voices())
        )

    @property
    def _is_shared(self) -> bool:
        """Whether several backends authorise there (R105)."""
        return sum(each.authorises for each in self._voices()) > 1

    def _wishes(self, key: str, values: Sequence[Mapping[str, str]]) -> list[str]:
        return wishes_for(key, values, self._own.over(self._said, key))

    def _to_tell(self, key: str, values: Sequence[Mapping[str, str]]) -> str | None:
        managing = self._managing() and (key != LOCAL_PRE_AUTHORIZE or bool(values))
        needs = Needs(
            self._wishes(key, values),
            (self._present or {}).get(key.casefold()),
            self._own.over(self._present or {}, key),
            managing,
            self._is_shared,
        )
        return to_tell(key, needs)

    async def _read(self, priority: Priority) -> None:
        """Ask what it has, once per connection."""
        connection = self._presence.connection
        if connection == self._connection:
            return
        outcome = await self._ask_in_parts(priority)
        if isinstance(outcome, NoAnswer) and not outcome.was_sent:
            return
        self._present, self._said = None, {}
        if isinstance(outcome, CallResult):
            said = values_of(outcome.payload_text).items()
            self._present = writable_values_of(outcome.payload_text)
            self._said = {key: value for key, value in said if value is not None}
            await self._own.seen(self._said)
        self._connection, self._refused = connection, {}

    async def _ask_in_parts(self, priority: Priority) -> Outcome:
        """All at once; where that is refused, as many keys as it can be asked for at once."""
        outcome = await self._call("GetConfiguration", _ASKED, priority)
        if isinstance(outcome, CallError):
            first = await self._call("GetConfiguration", _ASKED_FIRST, priority)
            self._learn(first)
            parts = in_parts(_ASKED, self.most_keys)
            if len(parts) == 1:
                return outcome
            answers = [await self._call("GetConfiguration", part, priority) for part in parts]
            texts = [each.payload_text for each in answers if isinstance(each, CallResult)]
            return CallResult("", merged(texts)) if len(texts) == len(parts) else outcome
        self._learn(outcome)
        return outcome

    def _learn(self, outcome: Outcome) -> None:
        if isinstance(outcome, CallResult):
            most = values_of(outcome.payload_text).get(MAX_KEYS.casefold()) or ""
            self.most_keys = int(most) if is_count_from_one(most) else None

    async def _tell(self, key: str, value: str, priority: Priority) -> Outcome:
        present = (self._present or {}).get(key.casefold())
        payload_text = json.dumps({"key": key, "value": value}, separators=(",", ":"))
        said = self._presence.station_id
        async with self._own.telling(key, present, value) as before:
            outcome = await self._call("ChangeConfiguration", payload_text, priority)
            if isinstance(outcome, CallResult | CallError) and not is_taken(outcome):
                await self._own.note(key, before)
        if is_taken(outcome):
            if self._present is not None:
                self._present[key.casefold()] = self._said[key.casefold()] = value
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
