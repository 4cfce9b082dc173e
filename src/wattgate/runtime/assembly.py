"""Puts a site together: stations, EVSEs, backend links, control loop, and wires them up."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from wattgate.core.gateway.backoff import Backoff
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.core.load.budget import Feeder
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.site.model import EvseSettings, GatewaySettings, Site
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.ports.links import Dialer, DialTarget
from wattgate.ports.store import Recovered
from wattgate.runtime.backend_commands import BackendCommandHandler
from wattgate.runtime.backend_link import BackendLink, LinkIdentity
from wattgate.runtime.evse_ocpp16 import EvseOcpp16, OpenTransaction
from wattgate.runtime.outbox_pump import OutboxPump
from wattgate.runtime.presence import Presence
from wattgate.runtime.smart_charging import SmartCharging
from wattgate.runtime.station import House, Station
from wattgate.runtime.virtual_charging import VirtualCharging
from wattgate.runtime.wallbox_messages import WallboxMessages

SETTLE_AFTER_CONNECT_S: Final = 6.0
"""s after a connection without a boot before we ask for the wallbox's state (R44)."""


@dataclass(frozen=True, slots=True)
class Backends:
    """How backends are reached."""

    dialer: Dialer
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


def build_stations(
    site: Site,
    recovered: Recovered,
    house: House,
    backends: Backends,
    look_later: Callable[[float], None],
) -> dict[str, Station]:
    """Build every wallbox of the site with its EVSEs and their backend links."""
    return {
        station_id: _build_station(site, station_id, recovered, house, backends, look_later)
        for station_id in site.station_ids()
    }


def feeders_of(site: Site) -> tuple[Feeder, ...]:
    """The feeders that the site names."""
    return tuple(
        Feeder(station_id, limit_a, frozenset(evse.id for evse in site.evses_of(station_id)))
        for station_id in site.station_ids()
        if (limit_a := site.wallbox(station_id).max_current_a) is not None
    )


def _build_station(
    site: Site,
    station_id: str,
    recovered: Recovered,
    house: House,
    backends: Backends,
    look_later: Callable[[float], None],
) -> Station:
    settings = site.evses_of(station_id)
    wallbox = site.wallbox(station_id)
    alone = len(settings) == 1
    presence = _recovered_presence(station_id, recovered, house)
    charging = SmartCharging(presence, alone=alone)
    evses = [
        EvseOcpp16(each, wallbox, ConnectorMap(each.connector, alone=alone), presence, charging)
        for each in settings
    ]
    station = Station(presence, evses, house)
    virtuals: dict[str, VirtualCharging] = {}
    for evse in evses:
        _recover_transaction(evse, recovered, house)
        if _needs_backend(evse.settings, station_id, recovered):
            virtuals[evse.evse_id] = _add_backend(station, evse, recovered, backends)

    def transaction_changed(evse: EvseOcpp16) -> None:
        if evse.evse_id in virtuals:
            virtuals[evse.evse_id].transaction_changed()

    def connected() -> None:
        look_later(SETTLE_AFTER_CONNECT_S)
        house.tasks.spawn(
            _ask_who_did_not_boot(station, charging), name=f"{station_id} state request"
        )

    station.on_call = WallboxMessages(station).called
    station.on_transaction = transaction_changed
    station.on_booted = charging.forget
    station.on_connected = connected
    return station


def _recovered_presence(station_id: str, recovered: Recovered, house: House) -> Presence:
    presence = Presence(station_id, house.tools.clock)
    for record in recovered.stations:
        if record.station_id == station_id:
            presence.boot_text = record.boot_text
            presence.seen_before = True
    return presence


def _recover_transaction(evse: EvseOcpp16, recovered: Recovered, house: House) -> None:
    """Go on with the newest transaction that was open when the manager stopped (R77)."""
    for record in recovered.open_transactions:
        if record.start.evse_id == evse.evse_id:
            verdict = read_scalar(record.answer_text or "{}", ("idTagInfo", "status"))
            evse.transaction = OpenTransaction(
                record,
                house.tools.clock.monotonic(),
                may_charge=verdict == AuthorizationStatus.ACCEPTED,
                backend_id=record.backend_transaction_id,
            )


def _needs_backend(settings: EvseSettings, station_id: str, recovered: Recovered) -> bool:
    """A deactivated EVSE logs in only to deliver what it owes, or will when its car leaves."""
    if not settings.gateways:
        return False
    gateway = settings.gateways[0]
    link_id = link_id_of(settings.id, gateway, gateway.identity(station_id))
    owes = recovered.outbox_depths.get(link_id, 0) > 0
    bills = any(record.start.link_id == link_id for record in recovered.open_transactions)
    return settings.enabled or owes or bills


def _add_backend(
    station: Station, evse: EvseOcpp16, recovered: Recovered, backends: Backends
) -> VirtualCharging:
    house = station.house
    gateway = evse.settings.gateways[0]
    client_id = gateway.identity(station.station_id)
    link_id = link_id_of(evse.evse_id, gateway, client_id)
    target = DialTarget(
        backend_url(gateway.url, client_id, gateway.append_id),
        basic_authorization(client_id, gateway.password),
    )
    pump = OutboxPump(
        link_id, station.station_id, house.store, house.tools, house.cards, backends.retry
    )
    pump.depth = recovered.outbox_depths.get(link_id, 0)
    virtual = VirtualCharging(evse, link_id, house)
    virtual.recover(recovered.profiles)
    link = BackendLink(
        LinkIdentity(link_id, station.station_id, evse.evse_id, target),
        BackendCommandHandler(station, evse, virtual),
        backends.dialer,
        pump,
        house.tools,
        backends.backoff,
    )

    def bound(transaction_id: int, backend_id: int) -> None:
        evse.newest_binding = (transaction_id, backend_id)
        transaction = evse.transaction
        if transaction is not None and transaction.record.transaction_id == transaction_id:
            transaction.backend_id = backend_id

    pump.on_bound = bound
    evse.link = link
    house.tasks.spawn(pump.run(), name=f"outbox {link_id}")
    house.tasks.spawn(link.run(), name=f"backend {link_id}")
    if station.presence.boot_text is not None:
        link.remember_boot(station.presence.boot_text)
    return virtual


async def _ask_who_did_not_boot(station: Station, charging: SmartCharging) -> None:
    presence = station.presence
    connection = presence.connection
    await asyncio.sleep(SETTLE_AFTER_CONNECT_S)
    if presence.connection == connection and presence.is_connected:
        unreported = tuple(
            evse.settings.connector for evse in station.evses if evse.connector.report_text is None
        )
        await charging.ask_for_state(unreported)
