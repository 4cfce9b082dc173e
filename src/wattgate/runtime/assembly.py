"""Puts a site together: stations, EVSEs, backend links, control loop, and wires them up."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Final
from urllib.parse import urlsplit

from wattgate.core.gateway.backoff import Backoff
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.core.load.budget import Feeder
from wattgate.core.ocpp.handshake import backend_url
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.site.model import (
    EvseSettings,
    GatewaySettings,
    OnDeactivation,
    Site,
)
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.ports.links import Dialer, DialTarget
from wattgate.ports.store import NoteRecord, Recovered
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.gateway.backend_commands import BackendCommandHandler
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.gateway.backend_link import BackendLink, LinkIdentity
from wattgate.runtime.gateway.configuration_commands import ConfigurationCommands
from wattgate.runtime.gateway.north_login import Account, NorthLogin
from wattgate.runtime.gateway.north_side import north_side
from wattgate.runtime.gateway.outbox_pump import OutboxPump
from wattgate.runtime.gateway.overflow import Overflow
from wattgate.runtime.gateway.relay_link import RelayLink
from wattgate.runtime.gateway.virtual_charging import VirtualCharging
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.late_rejections import LateRejections
from wattgate.runtime.station.lost_stops import LostStops, watch
from wattgate.runtime.station.meter_configuration import recovered_meter_configuration
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.relaying import begin_to_relay, is_relayed
from wattgate.runtime.station.signed_data import recovered_signed
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration
from wattgate.runtime.station.wallbox_messages import WallboxMessages

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


class Assembly:
    """Builds the wallboxes of one site with their EVSEs and backend links.

    `stations` are by ChargeBox ID; `virtuals` keep the backends' profiles, by EVSE id.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        house: House,
        backends: Backends,
        limits: Limits,
        behaviours: Behaviours,
        look_later: Callable[[float], None],
    ) -> None:
        self.stations: dict[str, Station] = {}
        self.virtuals: dict[str, VirtualCharging] = {}
        self._configurations: dict[str, WallboxConfiguration] = {}
        self._notes: tuple[NoteRecord, ...] = ()
        self._site = site
        self._house = house
        self._backends = backends
        self._limits = limits
        self._behaviours = behaviours
        self._look_later = look_later
        self._late: dict[str, LateRejections] = {}

    def build(self, recovered: Recovered) -> None:
        """Build everything that the site has, with what is known of it from before."""
        self._notes = recovered.notes
        for station_id in self._site().station_ids():
            self.stations[station_id] = self._station(station_id, recovered)
        stops = [LostStops(each, self._lost_after) for each in self.stations.values()]
        self._house.tasks.spawn(watch(stops), name="lost stops")

    def take_into_service(self, evse: EvseOcpp16) -> None:
        """Give an EVSE its backend, where it was built without one."""
        if evse.login is None and evse.settings.gateways:
            known = Recovered(notes=self._notes)
            station = self.stations[evse.station_id]
            self._connect_backend(station, evse, known)
            if evse.link is not None and station.presence.is_connected:
                evse.link.wallbox_came()

    def settings_changed(self) -> None:
        """What the wallboxes must be told may be something else now."""
        for configuration in self._configurations.values():
            configuration.review_later()

    def _station(self, station_id: str, recovered: Recovered) -> Station:
        site, house = self._site(), self._house
        settings = site.evses_of(station_id)
        wallbox = site.wallbox(station_id)
        alone = len(settings) == 1
        presence = _recovered_presence(station_id, recovered, house)
        charging = SmartCharging(
            presence, alone=alone, behaviours=self._behaviours, tasks=house.tasks
        )
        evses = [
            EvseOcpp16(
                each,
                wallbox,
                ConnectorMap(each.connector, alone=alone),
                presence,
                charging,
                deactivated_standing=self._deactivated_a,
            )
            for each in settings
        ]
        station = Station(presence, evses, house)
        station.open.recover(recovered)
        late = self._late[station_id] = LateRejections(station)
        station.meter_configuration = recovered_meter_configuration(station_id, recovered)
        configuration = self._configurations[station_id] = _configuration_of(station)

        def connected() -> None:
            late.look_at_all()
            self._look_later(SETTLE_AFTER_CONNECT_S)
            configuration.review_later()
            house.tasks.spawn(
                _ask_who_did_not_boot(station, charging), name=f"{station_id} state request"
            )

        messages = WallboxMessages(station)
        messages.recover(recovered.notes)
        station.on_call = messages.called
        station.on_transaction = self._transaction_changed

        def booted() -> None:
            charging.forget()
            configuration.review_later()

        station.on_booted = booted
        station.on_connected = connected
        for evse in evses:
            evse.delivers_signed = recovered_signed(evse.evse_id, recovered)
            _recover_transaction(evse, recovered, house)
            if _needs_backend(evse.settings, station_id, recovered):
                self._connect_backend(station, evse, recovered)
        return station

    def _connect_backend(self, station: Station, evse: EvseOcpp16, recovered: Recovered) -> None:
        identity = _identity(station.station_id, evse.settings)
        if is_relayed(evse.settings, identity.link_id, self._site(), recovered):
            backends, house = self._backends, self._house
            login = _login(identity, evse.settings, backends, house, recovered)
            link = RelayLink(identity, login, house.tools, backends.backoff, house.traffic)
            begin_to_relay(station, evse, link)
            return
        configuration = self._configurations[station.station_id]
        virtual = _add_backend(station, evse, identity, recovered, self._backends, configuration)
        if evse.link is not None:
            overflow = Overflow(evse.link.pump, self._house.store, self._queue_limit)
            self._house.tasks.spawn(overflow.run(), name=f"overflow {evse.evse_id}")
        virtual.on_intrusion = partial(self._intruded, evse.evse_id)
        if evse.link is not None:
            evse.link.pump.on_refused = partial(self._late[station.station_id].refused, evse)
        self.virtuals[evse.evse_id] = virtual

    def _lost_after(self) -> timedelta:
        return timedelta(hours=self._site().site.lost_stop_h)

    def _queue_limit(self) -> int:
        return self._site().storage.queue_messages

    def _intruded(self, evse_id: str) -> None:
        """A command of the backend got into the wallbox after load management had taken over."""
        self._limits.not_known(evse_id)
        self._limits.others_were_here(evse_id)
        if self._limits.knows(evse_id):
            self._limits.say_again(evse_id)

    def _transaction_changed(self, evse: EvseOcpp16) -> None:
        self._late[evse.station_id].look_at(evse)
        if evse.evse_id in self.virtuals:
            self.virtuals[evse.evse_id].transaction_changed()
        if evse.in_use and evse.counts_by_transaction and self._limits.knows(evse.evse_id):
            # What it was told ended with the one before; until it is told anew its fallback holds.
            self._limits.count_fallen(evse.evse_id, evse.standing_a, inf)
            self._limits.say_again(evse.evse_id)

    def _deactivated_a(self, settings: EvseSettings) -> float:
        """What a deactivated EVSE may draw without a manager, A per phase (P15)."""
        if self._site().site.on_deactivation is OnDeactivation.MINIMUM:
            return settings.min_current_a
        return 0.0


def feeders_of(site: Site) -> tuple[Feeder, ...]:
    """The feeders that the site names."""
    return tuple(
        Feeder(station_id, limit_a, frozenset(evse.id for evse in site.evses_of(station_id)))
        for station_id in site.station_ids()
        if (limit_a := site.wallbox(station_id).max_current_a) is not None
    )


def _backend_time(station: Station) -> datetime | None:
    """What the backend says that hears what concerns the whole wallbox (R102)."""
    primary = station.primary
    return primary.link.clock.now() if primary is not None and primary.link is not None else None


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


def _identity(station_id: str, settings: EvseSettings) -> LinkIdentity:
    gateway = settings.gateways[0]
    client_id = gateway.identity(station_id)
    target = DialTarget(backend_url(gateway.url, client_id, gateway.append_id), None)
    link_id = link_id_of(settings.id, gateway, client_id)
    return LinkIdentity(link_id, station_id, settings.id, target, gateway.boot_on_reconnect)


def _login(
    identity: LinkIdentity,
    settings: EvseSettings,
    backends: Backends,
    house: House,
    recovered: Recovered,
) -> NorthLogin:
    """Who opens the backend's door: with the key that it gave, where it did (R37)."""
    gateway = settings.gateways[0]
    client_id = gateway.identity(identity.station_id)
    account = Account(identity.link_id, client_id, gateway.password)
    return NorthLogin(account, backends.dialer, house.store, recovered.notes)


def _configuration_of(station: Station) -> WallboxConfiguration:
    """Only backends that hold count: what is relayed to one that drops is its own affair."""
    house, evses = station.house, station.evses

    def managing() -> bool:
        return not house.observing() and any(evse.settings.enabled for evse in evses)

    def backends() -> list[BackendConfiguration]:
        return [evse.north.configuration for evse in evses if evse.north is not None]

    return WallboxConfiguration(station.presence, house.tasks, backends, managing)


def _add_backend(
    station: Station,
    evse: EvseOcpp16,
    identity: LinkIdentity,
    recovered: Recovered,
    backends: Backends,
    configuration: WallboxConfiguration,
) -> VirtualCharging:
    house, link_id = station.house, identity.link_id
    pump = OutboxPump(
        link_id, station.station_id, house.store, house.tools, house.cards, backends.retry
    )
    pump.depth = recovered.outbox_depths.get(link_id, 0)
    pump.given_up = recovered.letter_counts.get(link_id, 0)
    pump.sendings.recover(recovered.notes)
    virtual = VirtualCharging(evse, station.presence, link_id, house)
    virtual.recover(recovered.profiles)
    login = _login(identity, evse.settings, backends, house, recovered)
    north = north_side(login, pump, house.store, house.tools, house.tasks, recovered.notes)
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


async def _ask_who_did_not_boot(station: Station, charging: SmartCharging) -> None:
    presence = station.presence
    connection = presence.connection
    await asyncio.sleep(SETTLE_AFTER_CONNECT_S)
    if presence.connection == connection and presence.is_connected:
        unreported = tuple(
            evse.settings.connector for evse in station.evses if evse.connector.report_text is None
        )
        await charging.ask_for_state(unreported)
