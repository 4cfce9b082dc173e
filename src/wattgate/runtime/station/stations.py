"""All wallboxes of the site: who may connect, and who was turned away. Implements Gatekeeper."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from wattgate.core.ocpp.door import Door
from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    DirectoryEntry,
    EmptyUpgrade,
    HandshakeRequest,
    Proof,
    Refused,
)
from wattgate.core.security.client_identity import BootDecides, Holder, ItsOwn, anothers
from wattgate.core.site.model import Site
from wattgate.ports.links import Receiver
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.certificate_names import CertificateNames
from wattgate.runtime.station.probation import MOST, Probation
from wattgate.runtime.station.refused_attempts import RefusedAttempts
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.traffic import wallbox_link

_CONTESTED: Final = (
    "Two wallboxes seem to carry this ChargeBox ID and take each other's place; another connection "
    "may do so in {wait_s} s."
)


class SiteDirectory:
    """The wallboxes that the site knows. Implements core.ocpp.handshake.Directory."""

    def __init__(self, site: Site, keys: WallboxKeys, holder: Callable[[str], Holder]) -> None:
        self._keys = keys
        self._holder = holder
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
        return entry and self._as_of_now(entry)

    def _as_of_now(self, entry: DirectoryEntry) -> DirectoryEntry:
        """What it has to prove may have changed since the start."""
        return replace(
            entry,
            password=self._keys.required(entry.station_id),
            next_passwords=self._keys.of(entry.station_id).it_may_have,
            holder=self._holder(entry.station_id),
        )


class Stations:
    """The door of the OCPP server."""

    def __init__(
        self,
        site: Site,
        stations: Mapping[str, Station],
        tools: Tools,
        keys: WallboxKeys,
        names: CertificateNames,
    ) -> None:
        self.by_id = dict(stations)
        self.refused = RefusedAttempts(tools.clock)
        self._site = site
        self._directory = SiteDirectory(site, keys, self._holder)
        self._door = Door()
        self._waiting: dict[str, list[Probation]] = {}
        self._keys = keys
        self._names = names
        self._tools = tools
        for station in self.by_id.values():
            station.on_turned_away = partial(self._could_not_stay, station.station_id)

    def admit(self, request: HandshakeRequest) -> Admission:
        """Decide by id, TLS, password and subprotocol; whoever is refused is remembered."""
        admission = self._door.admit(request, self._directory, self._tools.clock.monotonic())
        if isinstance(admission, Admitted):
            admission = self._not_anothers(admission) or self._in_its_turn(admission)
        match admission:
            case Refused(_, reason, claimed_id):
                self.turned_away(request.peer_address, reason, claimed_id)
            case EmptyUpgrade(station_id, reason):
                self.turned_away(request.peer_address, reason, station_id)
            case Admitted(station_id):
                shown = request.certificate.facts.fingerprint if request.certificate else ""
                return replace(admission, ping=self._site.wallbox(station_id).ping, shown=shown)
        return admission

    def _in_its_turn(self, admitted: Admitted) -> Admitted | Refused:
        """Slow down those who keep taking each other's place (S2)."""
        wait_s = self.by_id[admitted.station_id].take_over_wait_s
        if not wait_s:
            return admitted
        return Refused(429, _CONTESTED.format(wait_s=wait_s), admitted.station_id, wait_s)

    def _not_anothers(self, admitted: Admitted) -> Refused | None:
        """A boot notification could lie; no wallbox comes with a name that is another's (R35)."""
        station_id, certificate = admitted.station_id, admitted.certificate
        if not isinstance(certificate, BootDecides):
            return None
        owner_id = self._names.owner(certificate.name, station_id)
        if owner_id is None:
            return None
        return Refused(403, anothers(certificate.name, owner_id).reason, station_id)

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        """Hand the connection to its station, or wait for its boot where that has to decide."""
        match admitted.certificate:
            case BootDecides(name):
                return self._probation(admitted, peer_address, name)
            case ItsOwn(name):
                return self._receiver(admitted, peer_address, name)
            case None:
                return self._receiver(admitted, peer_address, "")

    def _probation(self, admitted: Admitted, peer_address: str, name: str) -> Probation:
        station_id = admitted.station_id
        waiting = [each for each in self._waiting.get(station_id, ()) if not each.is_over]
        for first in waiting[: 1 - MOST]:
            first.give_way()
        probation = Probation(
            name,
            self._tools.identifiers.message_id,
            passed=lambda: self._receiver(admitted, peer_address, name),
            failed=partial(self._could_not_stay, station_id, peer_address),
        )
        self._waiting[station_id] = [*waiting[1 - MOST :], probation]
        return probation

    def _receiver(self, admitted: Admitted, peer_address: str, certificate_name: str) -> Receiver:
        station = self.by_id[admitted.station_id]
        self._names.accepted(station.station_id, certificate_name)
        self._keys.came(station.station_id, admitted.by_next)
        overtakes = self._site.wallbox(station.station_id).overtaking
        name = f"wallbox {station.station_id} {peer_address}"
        recorder = station.house.traffic.recorder(wallbox_link(station.station_id))
        return Peer(
            name,
            station,
            self._tools,
            overtakes=overtakes,
            recorder=recorder,
            has_proved=admitted.proof is not Proof.NONE,
            shown=admitted.shown,
        )

    def _holder(self, station_id: str) -> Holder:
        station = self.by_id.get(station_id)
        boot_text = station.presence.boot_text if station is not None else None
        return self._names.holder(station_id, boot_text)

    def _could_not_stay(self, station_id: str, address: str, reason: str) -> None:
        self.turned_away(address, reason, station_id)

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        """Remember an attempt that did not get in."""
        self.refused.note(peer_address, reason, claimed_id)
