"""All wallboxes of the site: who may connect, and who was turned away. Implements Gatekeeper."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    DirectoryEntry,
    EmptyUpgrade,
    HandshakeRequest,
    Refused,
    admit,
)
from wattgate.core.site.model import Site
from wattgate.ports.links import Receiver
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.traffic import wallbox_link

log = structlog.get_logger()

REMEMBERED: Final = 200
"""Refused attempts that are kept for the user, newest last."""


@dataclass(frozen=True, slots=True)
class RefusedAttempt:
    """A connection that was not let in, and why, in words for a person (P9, P10)."""

    at: datetime
    address: str
    claimed_id: str | None
    reason: str


class SiteDirectory:
    """The wallboxes that the site knows. Implements core.ocpp.handshake.Directory."""

    def __init__(self, site: Site, keys: WallboxKeys) -> None:
        self._keys = keys
        self._entries: dict[str, DirectoryEntry] = {}
        self._folded: dict[str, DirectoryEntry] = {}
        for station_id in site.station_ids():
            wallbox = site.wallbox(station_id)
            entry = DirectoryEntry(
                station_id=station_id,
                password="",
                security_profile=wallbox.security_profile,
                assume_ocpp16=False,
                key=keys.password_key,
            )
            self._entries[station_id] = entry
            self._folded.setdefault(station_id.casefold(), entry)

    def find(self, claimed_id: str) -> DirectoryEntry | None:
        """The exact id first, then one that differs in case only (R19)."""
        entry = self._entries.get(claimed_id) or self._folded.get(claimed_id.casefold())
        return entry and self._with_passwords(entry)

    def _with_passwords(self, entry: DirectoryEntry) -> DirectoryEntry:
        """What it has to prove may have changed since the start."""
        required = self._keys.required(entry.station_id)
        following = self._keys.of(entry.station_id).next_kept
        return replace(entry, password=required, next_password=following)


class Stations:
    """The door of the OCPP server."""

    def __init__(
        self, site: Site, stations: Mapping[str, Station], tools: Tools, keys: WallboxKeys
    ) -> None:
        self.by_id = dict(stations)
        self.refused: deque[RefusedAttempt] = deque(maxlen=REMEMBERED)
        self.refused_count = 0
        """Since the start, those no longer remembered included."""
        self._site = site
        self._directory = SiteDirectory(site, keys)
        self._keys = keys
        self._tools = tools
        for station in self.by_id.values():
            station.on_turned_away = partial(self._could_not_stay, station.station_id)

    def admit(self, request: HandshakeRequest) -> Admission:
        """Decide by id, password and subprotocol; whoever is refused is remembered."""
        admission = admit(request, self._directory)
        match admission:
            case Refused(_, reason, claimed_id):
                self.turned_away(request.peer_address, reason, claimed_id)
            case EmptyUpgrade(station_id, reason):
                self.turned_away(request.peer_address, reason, station_id)
            case Admitted(station_id):
                return replace(admission, ping=self._site.wallbox(station_id).ping)
        return admission

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        """Hand the connection to its station."""
        station = self.by_id[admitted.station_id]
        self._keys.came(station.station_id, admitted.proof)
        overtakes = self._site.wallbox(station.station_id).overtaking
        name = f"wallbox {station.station_id} {peer_address}"
        recorder = station.house.traffic.recorder(wallbox_link(station.station_id))
        return Peer(name, station, self._tools, overtakes=overtakes, recorder=recorder)

    def _could_not_stay(self, station_id: str, address: str, reason: str) -> None:
        self.turned_away(address, reason, station_id)

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        """Remember an attempt that did not get in."""
        attempt = RefusedAttempt(self._tools.clock.wall(), peer_address, claimed_id, reason)
        self.refused.append(attempt)
        self.refused_count += 1
        log.warning("connection refused", address=peer_address, id=claimed_id, reason=reason)
