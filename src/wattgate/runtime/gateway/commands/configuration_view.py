"""How a backend sees the configuration of its charge point (R84)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wattgate.core.gateway.configuration.config_connectors import as_seen
from wattgate.core.gateway.configuration.config_keys import (
    ATTEMPTS,
    AUTH_LIST,
    FEATURES,
    HEARTBEAT,
    LIST_LENGTH,
    LIST_UPDATE_LENGTH,
    RESERVES_ANY,
    RETRY_INTERVAL,
    Treatment,
    rule_of,
)
from wattgate.core.gateway.configuration.config_overlay import (
    Entry,
    asked_keys,
    features,
    fixed_where,
    overlaid,
    values_of,
    with_unknown,
)
from wattgate.core.gateway.configuration.config_treatment import Circumstances, treatment_of
from wattgate.core.gateway.local_list import MOST_CHANGES, MOST_ENTRIES, Keeper
from wattgate.core.gateway.profiles.profile_rules import TOLD_OF_PROFILES
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

_FIRMWARE: Final = "FirmwareManagement"
_LISTS: Final = "LocalAuthListManagement"
_SMART_CHARGING: Final = "SmartCharging"


class ConfigurationView:
    """The configuration of one wallbox as one backend sees it, and what it may change there."""

    def __init__(self, station: Station, backend: EvseBackend) -> None:
        self._station = station
        self._backend = backend
        self._north = backend.north

    @property
    def circumstances(self) -> Circumstances:
        """What decides about a change, whoever else uses the wallbox now."""
        evses = self._evses
        return Circumstances(
            managing=not self._station.house.observing(),
            signed=any(evse.delivers_signed for evse in evses),
            is_whole=len(evses) == len(self._station.evses),
        )

    @property
    def at_wallbox(self) -> Mapping[int, int]:
        """What the wallbox calls each of the backend's connectors."""
        return {ours: its for its, ours in self._numbers.items()}

    def of(
        self, link: BackendLink, asked_text: str, foreign: Sequence[str], answer_text: str
    ) -> str:
        """The wallbox's answer as the backend sees it that asked so.

        `foreign` are keys that it asked for, of connectors that it does not have.
        """
        entries = [
            *self._entries(link),
            *self._features(answer_text),
            *self._profiles(answer_text),
            *self._any(answer_text),
        ]
        text = overlaid(as_seen(answer_text, self._numbers), entries, asked_keys(asked_text))
        return fixed_where(with_unknown(text, foreign), self._is_fixed)

    @property
    def _evses(self) -> list[StationEvse]:
        """Those of the wallbox that are the backend's."""
        link_id = self._backend.link_id
        return [evse for evse in self._station.evses if evse.backend_of(link_id) is not None]

    @property
    def _numbers(self) -> Mapping[int, int]:
        """What the backend calls each connector of the wallbox that it has."""
        backends = (evse.backend_of(self._backend.link_id) for evse in self._station.evses)
        return {each.connectors.number: each.number for each in backends if each is not None}

    @property
    def _is_main(self) -> bool:
        """Whether it is a backend of the EVSE that speaks for the wallbox (R103)."""
        primary = self._station.primary
        return primary is None or primary.backend_of(self._backend.link_id) is not None

    def _is_fixed(self, key: str) -> bool:
        here = self.circumstances
        place = Circumstances(here.managing, here.signed, self._is_main, here.is_whole)
        return treatment_of(rule_of(key), place) is Treatment.REJECT

    def _entries(self, link: BackendLink) -> Iterator[Entry]:
        north, own = self._north, self._station.own_values.values
        retry = north.pump.retry
        yield Entry(ATTEMPTS, str(retry.attempts))
        yield Entry(RETRY_INTERVAL, f"{retry.interval_s:.0f}")
        yield from north.commands.entries()
        if link.heartbeats.interval_s is not None:
            yield Entry(HEARTBEAT, f"{link.heartbeats.interval_s:.0f}")
        if self._keeps_list:
            yield Entry(AUTH_LIST, "true", listed=True)
            yield Entry(LIST_LENGTH, str(MOST_ENTRIES), readonly=True, listed=True)
            yield Entry(LIST_UPDATE_LENGTH, str(MOST_CHANGES), readonly=True, listed=True)
        yield from (Entry(key, value) for key, value in own.items())
        for key, value in north.configuration.values.items():
            yield Entry(key, value, listed=True)

    @property
    def _keeps_profiles(self) -> bool:
        """Whether the gateway keeps charging profiles, instead of the wallbox (R97)."""
        return not self._station.house.observing()

    @property
    def _keeps_list(self) -> bool:
        """Whether the gateway keeps the backend's list of cards, instead of the wallbox (R105)."""
        return self._station.local_lists.keeper_of(self._backend.link_id) is Keeper.GATEWAY

    def _any(self, answer_text: str) -> Iterator[Entry]:
        """Where it has not the whole wallbox, the gateway reserves one of its connectors (R102)."""
        has_whole = len(self._numbers) == len(self._station.evses) == 1
        if RESERVES_ANY.casefold() in values_of(answer_text) and not has_whole:
            yield Entry(RESERVES_ANY, "true", readonly=True)

    def _profiles(self, answer_text: str) -> Iterator[Entry]:
        """They come with the feature: a wallbox may lack it, and these keys (OCPP 1.6 §9.4)."""
        lists_all = FEATURES.casefold() in values_of(answer_text)
        if self._keeps_profiles:
            for key, value in TOLD_OF_PROFILES.items():
                yield Entry(key, value, readonly=True, listed=lists_all)

    def _features(self, answer_text: str) -> Iterator[Entry]:
        """Smart charging and cards can be the gateway's own, firmware another's (R97, R103)."""
        said = values_of(answer_text).get(FEATURES.casefold())
        if said is None:
            return
        added = [_SMART_CHARGING] * self._keeps_profiles
        added += [_LISTS] * self._keeps_list
        seen = features(said, added, [] if self._is_main else [_FIRMWARE])
        if seen != said:
            yield Entry(FEATURES, seen, readonly=True)
