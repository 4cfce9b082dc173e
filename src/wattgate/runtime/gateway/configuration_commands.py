"""What a backend changes and reads of its charge point's configuration (R37, R80-R84)."""

from collections.abc import Callable
from typing import Final

import structlog

from wattgate.core.gateway.config_keys import (
    ATTEMPTS,
    HEARTBEAT,
    RETRY_INTERVAL,
    KeyRule,
    Treatment,
    rule_of,
)
from wattgate.core.gateway.config_overlay import Entry, asked_keys, named_keys, overlaid, values_of
from wattgate.core.gateway.config_values import names_of
from wattgate.core.gateway.link_messages import LinkKeyChange
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.gateway.north_side import NorthSide
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration, is_taken

log = structlog.get_logger()

_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'
_FEATURES: Final = "SupportedFeatureProfiles"
_SMART_CHARGING: Final = "SmartCharging"


class ConfigurationCommands:
    """ChangeConfiguration and GetConfiguration of one backend for its EVSE."""

    def __init__(
        self, station: Station, evse: StationEvse, north: NorthSide, wallbox: WallboxConfiguration
    ) -> None:
        self._station = station
        self._evse = evse
        self._north = north
        self._wallbox = wallbox

    # ChangeConfiguration

    def change(self, link: BackendLink, ask: Ask, relay: Callable[[], None]) -> None:
        """Answer it, now or later; `relay` lets the wallbox carry it out."""
        text = ask.call.payload_text
        keys = named_keys(text)
        if len(keys) > 1:  # a wallbox might read another one than we do
            ask.answer(_REJECTED, "names more than one key")
            return
        row = rule_of(keys[0] if keys else "")
        value = read_scalar(text, ("value",))
        match row.treatment:
            case Treatment.RELAY:
                relay()
            case Treatment.VIRTUALISE if isinstance(value, str) and row.accepts(value):
                self._station.in_background(ask, self._virtualise(link, ask, row, value))
            case Treatment.LINK if isinstance(value, str):
                change = LinkKeyChange(row, value)
                work = self._north.commands.change_key(ask, change, link.log_in_again)
                self._station.in_background(ask, work)
            case _:
                self._reject(ask, row)

    async def _virtualise(self, link: BackendLink, ask: Ask, row: KeyRule, value: str) -> None:
        """The wallbox decides about what it must be told, the gateway about the rest (R83)."""
        configuration = self._north.configuration
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

    def _reject(self, ask: Ask, row: KeyRule) -> None:
        log.info("backend may not set this", evse=self._evse.evse_id, key=row.key)
        ask.answer(_REJECTED, f"a backend may not set this ({row.rules})")

    # GetConfiguration

    def overlay(self, link: BackendLink, request_text: str, answer_text: str) -> str:
        """The wallbox's answer as the backend sees it (R84)."""
        entries = [*self._entries(link), *self._features(answer_text)]
        return overlaid(answer_text, entries, asked_keys(request_text))

    def _entries(self, link: BackendLink) -> list[Entry]:
        north = self._north
        values = north.configuration.values
        retry = north.pump.retry
        entries = [
            Entry(ATTEMPTS, str(retry.attempts)),
            Entry(RETRY_INTERVAL, f"{retry.interval_s:.0f}"),
            *north.commands.entries(),
        ]
        if link.heartbeats.interval_s is not None:
            entries.append(Entry(HEARTBEAT, f"{link.heartbeats.interval_s:.0f}"))
        if not self._evse.connectors.alone:
            entries.append(Entry("NumberOfConnectors", "1", readonly=True))
        entries += [Entry(key, value, listed=True) for key, value in values.items()]
        return entries

    def _features(self, answer_text: str) -> list[Entry]:
        """While load management is active, smart charging is the gateway's own (R97)."""
        text = values_of(answer_text).get(_FEATURES.casefold())
        if text is None or self._station.house.observing() or _SMART_CHARGING in names_of(text):
            return []
        names = ",".join([*names_of(text), _SMART_CHARGING])
        return [Entry(_FEATURES, names, readonly=True)]
