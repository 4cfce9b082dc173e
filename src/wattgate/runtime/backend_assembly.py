"""Puts a backend together: its queue, its login, what it is answered with, and for which EVSEs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import structlog

from wattgate.core.gateway.commands.access import Standing
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.core.ocpp.handshake import backend_url
from wattgate.core.site.model import EvseSettings, GatewaySettings
from wattgate.core.station.serials import serial_numbers
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.certificates import Certificates
from wattgate.ports.links import Dialer, DialTarget, TlsTerms
from wattgate.ports.store import Recovered
from wattgate.runtime.gateway.commands.backend_commands import BackendCommandHandler
from wattgate.runtime.gateway.commands.configuration_commands import ConfigurationCommands
from wattgate.runtime.gateway.commands.shared_commands import Member, SharedCommands
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.gateway.delivery.overflow import Overflow
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink, LinkIdentity
from wattgate.runtime.gateway.link.link_commands import LinkCommands
from wattgate.runtime.gateway.link.north_login import Account
from wattgate.runtime.gateway.link.own_side import OwnSide, own_side
from wattgate.runtime.gateway.link.relay_link import RelayLink
from wattgate.runtime.gateway.north_side import NorthSide, north_side
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging
from wattgate.runtime.gateway.seats import Seat
from wattgate.runtime.station.late_rejections import LateRejections
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.station.relaying import begin_to_relay
from wattgate.runtime.station.reports import tell_present
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Party:
    """An EVSE that needs a backend, and who of its wallbox has to do with it."""

    station: Station
    evse: StationEvse
    configuration: WallboxConfiguration
    late: LateRejections


@dataclass(frozen=True, slots=True)
class Backends:
    """How backends are reached, and what certificates there are for it."""

    dialer: Dialer
    certificates: Certificates
    backoff: Backoff = field(default_factory=Backoff)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def needs_backend(settings: EvseSettings, seat: Seat, recovered: Recovered) -> bool:
    """A deactivated EVSE logs in only to deliver what it owes, or will when its car leaves."""
    owes = recovered.outbox_depths.get(seat.link_id, 0) > 0
    starts = (record.start for record in recovered.open_transactions)
    hears = any(seat.link_id in each.link_ids and each.evse_id == settings.id for each in starts)
    return settings.enabled or owes or hears


def hears_of(record: TransactionRecord, link_id: str) -> bool:
    """Whether a transaction began at a link's backend, in whichever mode, and so ends there."""
    return link_id == billed_by(record) or link_id in record.start.report_link_ids


def identity_of(settings: EvseSettings, gateway: GatewaySettings, seat: Seat) -> LinkIdentity:
    """Where a backend of an EVSE is, and as whom we go there."""
    client_id = gateway.identity(settings.own_identity)
    url = backend_url(gateway.url, client_id, gateway.append_id)
    certificates = gateway.certificate_set(seat.named_after)
    terms = TlsTerms(certificates, gateway.system_roots, gateway.check_name)
    target = DialTarget(url, None, tls=terms)
    return LinkIdentity(seat.link_id, client_id, target, gateway.boot_on_reconnect)


def own_side_of(
    party: Party,
    gateway: GatewaySettings,
    identity: LinkIdentity,
    backends: Backends,
    recovered: Recovered,
) -> OwnSide:
    """Our end of the link; a certificate of ours names the wallbox's serial number (R35)."""
    station = party.station
    account = Account(identity.link_id, identity.client_id, gateway.secret)

    def identify() -> str:
        return next(iter(serial_numbers(station.presence.boot_text)), account.client_id)

    return own_side(
        account,
        identity.target,
        backends.dialer,
        backends.certificates,
        station.house.store,
        recovered.notes,
        identify,
    )


def profiles_of(seat: Seat) -> str:
    """The name under which the store keeps the backend's profiles of an EVSE."""
    is_first = seat.number == BACKEND_CONNECTOR
    return seat.link_id if is_first else f"{seat.link_id} #{seat.number}"


@dataclass(slots=True, eq=False)
class Backend:
    """One link with what belongs to it, and whose it is.

    `named_after` is the EVSE that it is called after; `tasks` are the link's own.
    """

    link: BackendLink
    north: NorthSide
    commands: SharedCommands
    named_after: str
    parties: list[Party] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def is_needed(self) -> bool:
        """Whether the site has it, for one of the EVSEs at least."""
        link_id = self.north.link_id
        present = (each for party in self.parties for each in party.evse.present_backends)
        return any(each.link_id == link_id for each in present)

    def end(self) -> None:
        """Nobody needs it any more, and nothing waits to be delivered."""
        self.link.end("the site has this backend no longer")
        for task in self.tasks:
            task.cancel()

    def has_number(self, number: int) -> bool:
        """Whether an EVSE has that number here: one may have come back to it elsewhere."""
        theirs = (each for party in self.parties for each in party.evse.backends)
        return any((each.link_id, each.number) == (self.north.link_id, number) for each in theirs)

    def bound(self, transaction_id: int, backend_id: int) -> None:
        """The backend has given a transaction its id."""
        for party in self._parties_of(transaction_id):
            evse, link_id = party.evse, self.north.link_id
            backend = evse.backend_of(link_id)
            if backend is not None:
                backend.newest_binding = (transaction_id, backend_id)
            transaction = evse.transaction
            if transaction is not None and transaction.record.transaction_id == transaction_id:
                transaction.backend_ids[link_id] = backend_id

    def refused(self, transaction_id: int, verdict: str) -> None:
        """The backend has refused the card of a transaction, and that is stored."""
        for party in self._parties_of(transaction_id):
            party.late.refused(party.evse, transaction_id, verdict)

    def _parties_of(self, transaction_id: int) -> list[Party]:
        """Whose transaction it is: of the EVSE it began at, or that has taken its place.

        As long as nobody has, of any at its wallbox.
        """
        known = [each for each in self.parties if transaction_id in each.station.open.records]
        return [each for each in known if _is_at(each, transaction_id)] or known


class BackendAssembly:
    """Builds the backends of one site, and says which EVSEs belong to which."""

    def __init__(self, house: House, backends: Backends, queue_limit: Callable[[], int]) -> None:
        self._house = house
        self._reached = backends
        self._queue_limit = queue_limit
        self._backends: dict[str, Backend] = {}

    def relay(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> None:
        """Let wallbox and backend talk to each other directly (mode T)."""
        identity = identity_of(party.evse.settings, gateway, seat)
        own = own_side_of(party, gateway, identity, self._reached, recovered)
        house = self._house
        link = RelayLink(identity, own, house.tools, self._reached.backoff, house.traffic)
        link.rights = gateway.rights
        begin_to_relay(party.station, party.evse, link)

    def renew_relay(
        self, party: Party, link: RelayLink, gateway: GatewaySettings, seat: Seat
    ) -> None:
        """The site says of a relayed login what it says now; the wallbox's next one goes by it."""
        identity = identity_of(party.evse.settings, gateway, seat)
        _renewed(link, link.own.commands, identity, gateway)
        link.rights, link.standing = gateway.rights, Standing.PRESENT

    def retire_relay(self, link: RelayLink) -> None:
        """The site has a relayed login no longer, which goes on until the next start.

        What the site says of rights by then is said of others.
        """
        link.standing = Standing.RETIRING

    def named_after(self, link_id: str) -> str:
        """The EVSE that a link which is there is called after."""
        return self._backends[link_id].named_after

    def has(self, link_id: str) -> bool:
        """Whether anybody uses that link."""
        return link_id in self._backends

    def connect(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> VirtualCharging:
        """Give an EVSE the backend of a gateway, and begin to log in and to deliver.

        Where others of the site are there already, it joins them.
        """
        station, evse = party.station, party.evse
        known = self._backends.get(seat.link_id) or self._open(party, gateway, seat, recovered)
        known.link.returns(seat.number)
        backend = EvseBackend(
            gateway, known.link, known.north, replace(evse.connectors, at_backend=seat.number)
        )
        virtual = VirtualCharging(evse, backend, station, profiles_of(seat))
        virtual.recover(recovered.profiles)
        configuration = ConfigurationCommands(station, backend, party.configuration)
        handler = BackendCommandHandler(station, evse, backend, virtual, configuration)
        known.commands.join(Member(station, evse, backend, handler))
        _join(party, known, backend)
        return virtual

    def go_by(
        self, party: Party, backend: EvseBackend, gateway: GatewaySettings, seat: Seat
    ) -> None:
        """The site says of a backend of an EVSE what it says now."""
        backend.gateway = gateway
        if backend.retiring:
            backend.retiring = False
            backend.link.returns(backend.number)
            tell_present(party.station, party.evse, backend)
        identity = identity_of(party.evse.settings, gateway, seat)
        link, north = backend.link, backend.north
        if _renewed(link, north.commands, identity, gateway):
            link.renew("its settings have changed")

    def retire(self, party: Party, backend: EvseBackend) -> None:
        """The site has a backend of an EVSE no longer: it only hears the end of what began."""
        backend.retiring = True
        backend.link.retires(backend.number)
        log.info("backend retires", evse=party.evse.evse_id, link=backend.link_id)

    def owes(self, party: Party, backend: EvseBackend) -> bool:
        """Whether a backend that retires is still to hear something of its EVSE."""
        link_id, known = backend.link_id, self._backends[backend.link_id]
        others = {each.evse.evse_id for each in known.parties if each.evse is not party.evse}
        if any(
            hears_of(record, link_id) and record.start.evse_id not in others
            for record in party.station.open.records.values()
        ):
            return True
        # Who stays delivers what those that go have left in the queue.
        return known.north.pump.depth > 0 and not known.is_needed

    def leave(self, party: Party, backend: EvseBackend) -> None:
        """A backend is none of the EVSE's any more; the last one that goes ends the link."""
        evse, known = party.evse, self._backends[backend.link_id]
        evse.backends = tuple(each for each in evse.backends if each is not backend)
        known.parties.remove(party)
        if not known.has_number(backend.number):
            known.commands.leave(backend.number)
            known.link.leaves(backend.number)
        if not known.parties:
            del self._backends[backend.link_id]
            known.end()
        log.info("backend has retired", evse=evse.evse_id, link=backend.link_id)

    def _north(
        self,
        party: Party,
        gateway: GatewaySettings,
        identity: LinkIdentity,
        recovered: Recovered,
    ) -> NorthSide:
        house, link_id = self._house, identity.link_id
        pump = OutboxPump(
            link_id,
            house.store,
            house.tools,
            house.cards,
            self._reached.retry,
        )
        pump.depth = recovered.outbox_depths.get(link_id, 0)
        pump.given_up = recovered.letter_counts.get(link_id, 0)
        pump.sendings.recover(recovered.notes)
        own = own_side_of(party, gateway, identity, self._reached, recovered)
        return north_side(own, pump, house.store, house.tools, house.tasks, recovered.notes)

    def _open(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> Backend:
        identity = identity_of(party.evse.settings, gateway, seat)
        north = self._north(party, gateway, identity, recovered)
        house, pump, link_id = self._house, north.pump, identity.link_id
        commands = SharedCommands(house.store)
        link = BackendLink(
            identity,
            commands,
            north.login,
            pump,
            house.tools,
            self._reached.backoff,
            house.traffic,
        )
        backend = self._backends[link_id] = Backend(link, north, commands, seat.named_after)
        pump.on_bound, pump.on_refused = backend.bound, backend.refused
        pump.evidence_of = partial(house.evidence.sent, link_id)
        north.serve(link)
        overflow = Overflow(pump, house.store, self._queue_limit)
        backend.tasks += [
            house.tasks.start(pump.run(), name=f"outbox {link_id}"),
            house.tasks.start(link.run(), name=f"backend {link_id}"),
            house.tasks.start(overflow.run(), name=f"overflow {link_id}"),
        ]
        return backend


def _join(party: Party, known: Backend, backend: EvseBackend) -> None:
    """From now on the EVSE is the backend's."""
    station, evse, link = party.station, party.evse, known.link
    known.parties.append(party)
    evse.backends = (*evse.backends, backend)
    station.presence.backend_time = partial(_backend_time, station)
    if link.announcement.payload_text is None:
        link.announcement.payload_text = station.meter_configuration
    if station.presence.boot_text is not None:
        link.remember_boot(station.presence.boot_text, backend.number)
    if station.presence.is_connected:
        tell_present(station, evse, backend)
        link.wallbox_came(backend.number)


def _is_at(party: Party, transaction_id: int) -> bool:
    start, running = party.station.open.records[transaction_id].start, party.evse.transaction
    runs = running is not None and running.record.transaction_id == transaction_id
    return runs or start.evse_id == party.evse.evse_id


def _renewed(
    link: BackendLink | RelayLink,
    commands: LinkCommands,
    identity: LinkIdentity,
    gateway: GatewaySettings,
) -> bool:
    """Let a link go by other settings; whether a connection is made by them."""
    account = Account(identity.link_id, identity.client_id, gateway.secret)
    before, now = link.identity.target, identity.target
    is_another = commands.account != account
    link.identity = identity
    if is_another or before != now:
        commands.renew(account, now)
    return is_another or _connected_by(before) != _connected_by(now)


def _connected_by(target: DialTarget) -> DialTarget:
    """Without TLS no certificate counts."""
    return target if urlsplit(target.url).scheme == "wss" else replace(target, tls=None)


def _backend_time(station: Station) -> datetime | None:
    """What the backend says that hears what concerns the whole wallbox (R102)."""
    primary = station.primary
    return primary.link.clock.now() if primary is not None and primary.link is not None else None
