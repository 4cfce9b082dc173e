"""What a backend changes and reads of its charge point's configuration (R37, R80-R84)."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

import structlog

from wattgate.core.gateway.commands.shared_answers import Answer
from wattgate.core.gateway.configuration.config_connectors import as_asked, renumbered
from wattgate.core.gateway.configuration.config_keys import HEARTBEAT, KeyRule, Treatment, rule_of
from wattgate.core.gateway.configuration.config_overlay import (
    asked_keys,
    in_parts,
    merged,
    named_keys,
)
from wattgate.core.gateway.configuration.config_treatment import treatment_of
from wattgate.core.gateway.link.link_messages import LinkKeyChange
from wattgate.core.ocpp.frames import CallResult
from wattgate.core.ocpp.splice import Scalar, read_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.configuration_view import ConfigurationView
from wattgate.runtime.gateway.commands.gathering import Gathering, Part
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration, is_taken

log = structlog.get_logger()

_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'


class ConfigurationCommands:
    """ChangeConfiguration and GetConfiguration of one backend for its EVSE."""

    def __init__(
        self, station: Station, backend: EvseBackend, wallbox: WallboxConfiguration
    ) -> None:
        self._station = station
        self._backend = backend
        self._north = backend.north
        self._wallbox = wallbox
        self._view = ConfigurationView(station, backend)

    # ChangeConfiguration

    def change(self, link: BackendLink, ask: Ask, relay: Callable[[Ask], None]) -> None:
        """Answer it, now or later; `relay` lets the wallbox carry it out."""
        text = ask.call.payload_text
        keys = named_keys(text)
        if len(keys) > 1:  # a wallbox might read another one than we do
            ask.answer(_REJECTED, "names more than one key")
            return
        key = keys[0] if keys else ""
        row = rule_of(key)
        value = read_scalar(text, ("value",))
        match treatment_of(row, self._view.circumstances):
            case Treatment.RELAY if renumbered(key, self._view.at_wallbox) == key:
                relay(self._noted(ask, row, value))
            case Treatment.VIRTUALISE if isinstance(value, str) and row.accepts(value):
                self._in_turn(ask, partial(self._virtualise, link, ask, row, value))
            case Treatment.LINK if isinstance(value, str):
                change = LinkKeyChange(row, value)
                work = self._north.commands.change_key(ask, change, link.log_in_again)
                self._station.in_background(ask, work)
            case _:
                self._reject(ask, row)

    def _in_turn(self, ask: Ask, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do it at once; for a backend that only listens one after the other (R106)."""
        if not self._backend.is_report:
            self._station.in_background(ask, work())
            return
        turns = self._north.turns[self._station.station_id]

        async def and_then_the_next() -> None:
            try:
                await work()
            finally:
                turns.ended()

        if not turns.begin(lambda: self._station.in_background(ask, and_then_the_next())):
            ask.refuse("GenericError", "busy: too many of your commands wait already")

    async def _virtualise(self, link: BackendLink, ask: Ask, row: KeyRule, value: str) -> None:
        """The wallbox decides about what it must be told, the gateway about the rest (R83)."""
        configuration = self._north.configuration
        with self._wallbox.wishing(configuration, row.key, value):
            outcome = await self._wallbox.wished(configuration, row.key, value)
            if outcome is None or is_taken(outcome):
                await self._keep(link, row, value)
        if outcome is None:
            ask.answer(_ACCEPTED, "kept here: the wallbox needs to be told nothing (R80)")
        else:
            ask.pass_on(outcome)

    async def _keep(self, link: BackendLink, row: KeyRule, value: str) -> None:
        if row.key == HEARTBEAT:
            link.heartbeats.every(float(value))  # the answer to the next boot replaces it anyway
            return
        await self._north.configuration.keep(row.key, value)
        self._north.apply_retries()
        self._wallbox.review_later()

    def _noted(self, ask: Ask, row: KeyRule, value: Scalar) -> Ask:
        """The same, for the wallbox to carry out; a wish from before must not undo it (R81)."""
        if row.treatment is not Treatment.METER or not isinstance(value, str):
            return ask

        def heard(answer: Answer) -> None:
            self._station.in_background(ask, self._relayed(ask, row, value, answer))

        return Part(ask.peer, ask.call, heard)

    async def _relayed(self, ask: Ask, row: KeyRule, value: str, answer: Answer) -> None:
        if is_taken(answer):
            if row.key in self._north.configuration.values:
                await self._north.configuration.keep(row.key, value)
            await self._wallbox.was_told(row.key, value)
        ask.pass_on(answer)

    def _reject(self, ask: Ask, row: KeyRule) -> None:
        log.info("backend may not set this", station=self._station.station_id, key=row.key)
        ask.answer(_REJECTED, f"a backend may not set this ({row.rules})")

    # GetConfiguration

    def read(self, link: BackendLink, ask: Ask, send: Callable[[Ask, str], None]) -> None:
        """Answer it with what the wallbox says, as the backend sees it (R84).

        `send` has the wallbox answer one request: it may take several to ask for all the keys.
        """
        asked_text = ask.call.payload_text
        text, foreign = as_asked(asked_text, self._view.at_wallbox)
        seen = partial(self._view.of, link, asked_text, foreign)
        if foreign and not asked_keys(text):  # to ask for nothing would be to ask for everything
            ask.answer(seen("{}"), "about connectors that are not this backend's")
            return
        parts = in_parts(text, self._wallbox.most_keys)
        gathering = Gathering(ask, len(parts), partial(_together, seen))
        for number, part in enumerate(parts):
            send(gathering.part(number, part), part)


def _together(seen: Callable[[str], str], answers: Sequence[Answer]) -> Answer:
    """The answers to the parts as one; the first failure where there is one."""
    results = [each for each in answers if isinstance(each, CallResult)]
    if len(results) < len(answers):
        return next(each for each in answers if not isinstance(each, CallResult))
    text = merged([each.payload_text for each in results])
    return CallResult(results[0].unique_id, seen(text))
