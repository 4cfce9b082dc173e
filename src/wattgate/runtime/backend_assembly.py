"""Puts one backend of an EVSE together: its queue, its login, and what it is answered with."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from wattgate.core.gateway.backoff import Backoff
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.core.ocpp.handshake import backend_url
from wattgate.core.site.model import EvseSettings, GatewaySettings
from wattgate.core.station.serials import serial_numbers
from wattgate.ports.certificates import Certificates
from wattgate.ports.links import Dialer, DialTarget, TlsTerms
from wattgate.ports.store import Recovered
from wattgate.runtime.gateway.backend_commands import BackendCommandHandler
from wattgate.runtime.gateway.backend_link import BackendLink, LinkIdentity
from wattgate.runtime.gateway.configuration_commands import ConfigurationCommands
from wattgate.runtime.gateway.north_login import Account
from wattgate.runtime.gateway.north_side import north_side
from wattgate.runtime.gateway.outbox_pump import OutboxPump
from wattgate.runtime.gateway.own_side import OwnSide, own_side
from wattgate.runtime.gateway.virtual_charging import VirtualCharging
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration


@dataclass(frozen=True, slots=True)
class Backends:
    """How backends are reached, and what certificates there are for it."""

    dialer: Dialer
    certificates: Certificates
    backoff: Backoff = field(default_factory=Backoff)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def link_id_of(evse_id: str, gateway: GatewaySettings, client_id: str) -> str:
    """The name of a queue in the store, for ever.

    It says which backend it is for: what one backend numbered must never reach another. A path may
    hold a key, so only its digest is in the name; the scheme may change under it.
    """
    url = urlsplit(gateway.url)
    port = f":{url.port}" if url.port is not None else ""
    place = f"{url.path.strip('/')}?{url.query}"
    digest = "" if place == "?" else f"/{hashlib.sha256(place.encode()).hexdigest()[:8]}"
    return f"{evse_id} {client_id}@{url.hostname}{port}{digest}"


def undelivered(recovered: Recovered, stations: Iterable[Station]) -> dict[str, int]:
    """Queues that no backend of the site belongs to any more, and how long each is."""
    served = {
        evse.link.identity.link_id
        for station in stations
        for evse in station.evses
        if evse.link is not None
    }
    return {
        link_id: depth
        for link_id, depth in recovered.outbox_depths.items()
        if link_id not in served and depth
    }


def needs_backend(settings: EvseSettings, station_id: str, recovered: Recovered) -> bool:
    """A deactivated EVSE logs in only to deliver what it owes, or will when its car leaves."""
    if not settings.gateways:
        return False
    gateway = settings.gateways[0]
    link_id = link_id_of(settings.id, gateway, gateway.identity(station_id))
    owes = recovered.outbox_depths.get(link_id, 0) > 0
    bills = any(record.start.link_id == link_id for record in recovered.open_transactions)
    return settings.enabled or owes or bills


def identity_of(station_id: str, settings: EvseSettings) -> LinkIdentity:
    """Where the backend of an EVSE is, and as whom we go there; the EVSE must have a gateway."""
    gateway = settings.gateways[0]
    client_id = gateway.identity(station_id)
    url = backend_url(gateway.url, client_id, gateway.append_id)
    certificates = gateway.certificate_set(settings.id)
    terms = TlsTerms(certificates, gateway.system_roots, gateway.check_name)
    target = DialTarget(url, None, tls=terms)
    link_id = link_id_of(settings.id, gateway, client_id)
    return LinkIdentity(link_id, station_id, settings.id, target, gateway.boot_on_reconnect)


def own_side_of(
    station: Station,
    identity: LinkIdentity,
    settings: EvseSettings,
    backends: Backends,
    recovered: Recovered,
) -> OwnSide:
    """Our end of the link; a certificate of ours names the wallbox's serial number (R35)."""
    gateway = settings.gateways[0]
    account = Account(identity.link_id, gateway.identity(identity.station_id), gateway.secret)

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


def add_backend(
    station: Station,
    evse: StationEvse,
    identity: LinkIdentity,
    recovered: Recovered,
    backends: Backends,
    configuration: WallboxConfiguration,
) -> VirtualCharging:
    """Give an EVSE its backend, and begin to log in and to deliver."""
    house, link_id = station.house, identity.link_id
    pump = OutboxPump(
        link_id, station.station_id, house.store, house.tools, house.cards, backends.retry
    )
    pump.depth = recovered.outbox_depths.get(link_id, 0)
    pump.given_up = recovered.letter_counts.get(link_id, 0)
    pump.sendings.recover(recovered.notes)
    virtual = VirtualCharging(evse, station.presence, link_id, house)
    virtual.recover(recovered.profiles)
    own = own_side_of(station, identity, evse.settings, backends, recovered)
    north = north_side(own, pump, house.store, house.tools, house.tasks, recovered.notes)
    link = BackendLink(
        identity,
        BackendCommandHandler(
            station, evse, virtual, ConfigurationCommands(station, evse, north, configuration)
        ),
        north.login,
        pump,
        house.tools,
        backends.backoff,
        house.traffic,
    )

    def bound(transaction_id: int, backend_id: int) -> None:
        evse.newest_binding = (transaction_id, backend_id)
        transaction = evse.transaction
        if transaction is not None and transaction.record.transaction_id == transaction_id:
            transaction.backend_id = backend_id

    pump.on_bound = bound
    station.presence.backend_time = partial(_backend_time, station)
    pump.evidence_of = partial(house.evidence.sent, link_id)
    evse.link, evse.north = link, north
    north.serve(link)
    if station.primary is evse:
        link.announcement.payload_text = station.meter_configuration
    house.tasks.spawn(pump.run(), name=f"outbox {link_id}")
    house.tasks.spawn(link.run(), name=f"backend {link_id}")
    if station.presence.boot_text is not None:
        link.remember_boot(station.presence.boot_text)
    return virtual


def _backend_time(station: Station) -> datetime | None:
    """What the backend says that hears what concerns the whole wallbox (R102)."""
    primary = station.primary
    return primary.link.clock.now() if primary is not None and primary.link is not None else None
