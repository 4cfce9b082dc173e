"""Puts a site together: stations and EVSEs, with their backends, and wires them up."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import chain
from math import inf
from typing import Final

from wattgate.core.errors import Problem
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, ConnectorMap
from wattgate.core.load.budget import Feeder
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.site.kept_gateways import KeptGateway
from wattgate.core.site.model import (
    EvseSettings,
    GatewaySettings,
    OnDeactivation,
    Site,
    WallboxSettings,
)
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.serials import serial_numbers
from wattgate.ports.certificates import Authority
from wattgate.ports.store import Recovered
from wattgate.runtime.backend_assembly import BackendAssembly, Backends, Party, profiles_of
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.kept_profiles import forget_all_but
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging
from wattgate.runtime.gateway.seats import Seat, Seats
from wattgate.runtime.live_gateways import LiveGateways
from wattgate.runtime.load.limits import Limits
from wattgate.runtime.modbus.installation import ModbusInstallation
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.late_rejections import LateRejections
from wattgate.runtime.station.lost_stops import LostStops, watch
from wattgate.runtime.station.meter_configuration import recovered_meter_configuration
from wattgate.runtime.station.open_transactions import ids_given
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.relaying import is_relayed
from wattgate.runtime.station.signed_data import recovered_signed
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.voices import Voice, voices_of
from wattgate.runtime.station.wallbox_certificates import WallboxCertificates
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration
from wattgate.runtime.station.wallbox_messages import WallboxMessages

SETTLE_AFTER_CONNECT_S: Final = 6.0
"""s after a connection without a boot before we ask for the wallbox's state (R44)."""


class Assembly:
    """Builds the wallboxes of one site with their EVSEs and backend links.

    `stations` and `certificates` are by ChargeBox ID; `virtuals` keep the profiles of backends, by
    EVSE id.
    """

    def __init__(
        self,
        site: Callable[[], Site],
        house: House,
        backends: Backends,
        limits: Limits,
        behaviours: Behaviours,
        look_later: Callable[[float], None],
        authority: Authority,
        modbus: ModbusInstallation,
    ) -> None:
        self.stations: dict[str, Station] = {}
        self.certificates: dict[str, WallboxCertificates] = {}
        self.virtuals: dict[str, list[VirtualCharging]] = {}
        self._configurations: dict[str, WallboxConfiguration] = {}
        self._site = site
        self._house = house
        self._seats = Seats(house.store, house.tasks)
        self._backends = BackendAssembly(house, backends, self._queue_limit)
        self._gateways = LiveGateways(
            site, house, self._seats, self._backends, self._connect, self._relays, self._former
        )
        self._gateways.on_left = self._let_go
        self._limits = limits
        self._behaviours = behaviours
        self._look_later = look_later
        self._authority = authority
        self._modbus = modbus
        self._late: dict[str, LateRejections] = {}

    async def give_seats(self, recovered: Recovered) -> None:
        """Store which connector each EVSE is at a backend that it may share, before it is used."""
        self._seats.recover(recovered)
        self._seats.give(self._site().served_evses(), self._site())
        await self._seats.keep()

    async def build(self, recovered: Recovered) -> None:
        """Build everything that the site has, with what is known of it from before."""
        for station_id in self._site().station_ids():
            self.stations[station_id] = self._ocpp_station(station_id, recovered)
        for settings in self._site().modbus_evses():
            self.stations[settings.station_id] = self._modbus_station(settings, recovered)
        stops = [LostStops(each, self._lost_after) for each in self.stations.values()]
        self._house.tasks.spawn(watch(stops), name="lost stops")
        parties = (
            self._party(station, evse)
            for station in self.stations.values()
            for evse in station.evses
        )
        await self._gateways.begin(parties, recovered)
        kept = {profiles_of(seat) for seat in self._gateways.seats()}
        kept |= {each.kept_as for virtuals in self.virtuals.values() for each in virtuals}
        await forget_all_but(self._house.store, recovered.profiles, kept)

    async def follow_gateways(self) -> None:
        """Give every EVSE the backends that the site says now."""
        await self._gateways.follow()
        for evse_id, virtuals in self.virtuals.items():
            changed = [each for each in virtuals if each.has_changed_sides()]
            if changed and self._house.observing():
                work = _profiles_changed_hands(changed)
                self._house.tasks.spawn(work, name=f"profiles of {evse_id}")
        self.settings_changed()

    def remarks(self) -> tuple[Problem, ...]:
        """What of the site is not as it says yet."""
        return self._gateways.remarks()

    def settings_changed(self) -> None:
        """What the wallboxes must be told may be something else now."""
        for configuration in self._configurations.values():
            configuration.review_later()
        for station in self.stations.values():
            station.availability.review()
            station.local_lists.review_later()
            station.reservations.review_later()

    def _ocpp_station(self, station_id: str, recovered: Recovered) -> Station:
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
        others = partial(self._names_of_others, station_id)
        certificates = WallboxCertificates(station, self._authority, others)
        self.certificates[station_id] = certificates
        station.on_signing = certificates.asked_to_sign

        def connected() -> None:
            self._look_later(SETTLE_AFTER_CONNECT_S)
            house.tasks.spawn(
                _ask_who_did_not_boot(station, charging), name=f"{station_id} state request"
            )

        def booted() -> None:
            charging.forget()
            house.keys.booted(station_id)

        station.on_connected, station.on_booted = connected, booted
        self._take_in(station, recovered)
        return station

    def _modbus_station(self, settings: EvseSettings, recovered: Recovered) -> Station:
        station_id = settings.station_id
        station = self._modbus.station(
            settings,
            _recovered_presence(station_id, recovered, self._house),
            self._house,
            recovered.notes,
            deactivated_standing=self._deactivated_a,
            was_limited=self._limits.was_limited(settings.id),
            held_a=self._limits.held_over_a(settings.id),
        )
        self._take_in(station, recovered)
        return station

    def _take_in(self, station: Station, recovered: Recovered) -> None:
        """Do for a station what every kind of wallbox needs, with what is known from before."""
        station_id, house = station.station_id, self._house
        station.open.recover(recovered)
        station.recover(recovered.notes)
        late = self._late[station_id] = LateRejections(station)
        station.meter_configuration = recovered_meter_configuration(station_id, recovered)
        station.own_values.recover(recovered.notes)
        configuration = self._configurations[station_id] = _configuration_of(station)
        messages = WallboxMessages(station)
        messages.recover(recovered.notes)
        station.on_call = messages.called
        station.neighbours = self._evses
        station.on_transaction = self._transaction_changed
        station.on_connected = _one_by_one(
            late.look_at_all,
            station.on_connected,
            configuration.review_later,
            station.availability.review,
            station.local_lists.review_later,
            station.reservations.review_later,
        )
        station.on_booted = _one_by_one(station.on_booted, configuration.review_later)
        for evse in station.evses:
            evse.delivers_signed = recovered_signed(evse.evse_id, recovered)
            _recover_transaction(evse, recovered, house)

    def _evses(self) -> Iterator[StationEvse]:
        return (evse for station in self.stations.values() for evse in station.evses)

    def _names_of_others(self, station_id: str) -> frozenset[str]:
        """What stands for another wallbox in a certificate, so that none can pass for it (R35).

        In folded case, since names are compared so.
        """
        others = [each for each in self.stations.values() if each.station_id != station_id]
        serials = (serial_numbers(each.presence.boot_text) for each in others)
        ids = (each for each in self._site().station_ids() if each != station_id)
        return frozenset(map(str.casefold, chain(ids, *serials)))

    def _party(self, station: Station, evse: StationEvse) -> Party:
        station_id = station.station_id
        return Party(station, evse, self._configurations[station_id], self._late[station_id])

    def _former(self, kept: KeptGateway, recovered: Recovered) -> Party:
        """What stands for a wallbox that the site has no more, while a backend is owed something.

        Nobody comes in under its name, and nobody limits it.
        """
        house, station_id = self._house, kept.station_id
        presence = _recovered_presence(station_id, recovered, house)
        evse = EvseOcpp16(
            EvseSettings(
                id=kept.evse_id, address=station_id, connector=kept.connector, enabled=False
            ),
            WallboxSettings(id=station_id),
            ConnectorMap(BACKEND_CONNECTOR),
            presence,
            SmartCharging(presence, alone=True, behaviours=self._behaviours, tasks=house.tasks),
            deactivated_standing=self._deactivated_a,
        )
        station = Station(presence, [evse], house)
        return Party(station, evse, _configuration_of(station), LateRejections(station))

    def undelivered(self, recovered: Recovered) -> dict[str, int]:
        """Queues that nobody empties, and how long each is."""
        depths = recovered.outbox_depths.items()
        return {link: depth for link, depth in depths if depth and not self._backends.has(link)}

    def _relays(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> bool:
        if not is_relayed(party.evse.settings, seat.link_id, self._site(), recovered):
            return False
        self._backends.relay(party, gateway, seat, recovered)
        return True

    def _connect(
        self, party: Party, gateway: GatewaySettings, seat: Seat, recovered: Recovered
    ) -> None:
        """Give an EVSE the backend of a gateway; it may find others there (P16)."""
        evse_id = party.evse.evse_id
        virtual = self._backends.connect(party, gateway, seat, recovered)
        virtual.on_intrusion = partial(self._intruded, evse_id)
        self.virtuals.setdefault(evse_id, []).append(virtual)

    def _let_go(self, party: Party, backend: EvseBackend) -> None:
        """A backend is none of the EVSE's any more."""
        virtuals = self.virtuals[party.evse.evse_id]
        gone = [each for each in virtuals if each.backend is backend]
        virtuals[:] = [each for each in virtuals if each.backend is not backend]
        used_ids = {
            profile.profile_id
            for evse in party.station.evses
            for other in evse.backends
            for _, profile in other.profiles.stack.entries
        }
        for virtual in gone:
            name = f"profiles of {backend.link_id}"
            self._house.tasks.spawn(virtual.withdraw(used_ids), name=name)

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

    def _transaction_changed(self, evse: StationEvse) -> None:
        self._late[evse.station_id].look_at(evse)
        for virtual in self.virtuals.get(evse.evse_id, ()):
            virtual.transaction_changed()
        if evse.in_use and evse.counts_by_transaction and self._limits.knows(evse.evse_id):
            # What it was told ended with the one before; until it is told anew its fallback holds.
            self._limits.count_fallen(evse.evse_id, evse.standing_a, inf)
            self._limits.say_again(evse.evse_id)

    def _deactivated_a(self, settings: EvseSettings) -> float:
        """What a deactivated EVSE may draw without a manager, A per phase (P15)."""
        if self._site().site.on_deactivation is OnDeactivation.MINIMUM:
            return settings.min_current_a
        return 0.0


def _one_by_one(*steps: Callable[[], None]) -> Callable[[], None]:
    """All steps, in their order."""

    def take() -> None:
        for step in steps:
            step()

    return take


def feeders_of(site: Site) -> tuple[Feeder, ...]:
    """The feeders that the site names."""
    return tuple(
        Feeder(station_id, limit_a, frozenset(evse.id for evse in site.evses_of(station_id)))
        for station_id in site.station_ids()
        if (limit_a := site.wallbox(station_id).max_current_a) is not None
    )


def _recovered_presence(station_id: str, recovered: Recovered, house: House) -> Presence:
    presence = Presence(station_id, house.tools.clock)
    for record in recovered.stations:
        if record.station_id == station_id:
            presence.boot_text = record.boot_text
            presence.seen_before = True
    return presence


def _recover_transaction(evse: StationEvse, recovered: Recovered, house: House) -> None:
    """Go on with the newest transaction that was open when the manager stopped (R77).

    Not with that of another wallbox, which the EVSE had before.
    """
    for record in recovered.open_transactions:
        start = record.start
        if (start.evse_id, start.station_id) == (evse.evse_id, evse.station_id):
            verdict = read_scalar(record.answer_text or "{}", ("idTagInfo", "status"))
            evse.transaction = OpenTransaction(
                record,
                house.tools.clock.monotonic(),
                may_charge=verdict == AuthorizationStatus.ACCEPTED,
                backend_ids=ids_given(record),
            )


def _configuration_of(station: Station) -> WallboxConfiguration:
    """Only backends that hold count: what is relayed to one that drops is its own affair."""
    house, evses = station.house, station.evses

    def managing() -> bool:
        return not house.observing() and any(evse.settings.enabled for evse in evses)

    def voices() -> list[Voice]:
        return voices_of(backend for evse in evses for backend in evse.backends)

    return WallboxConfiguration(station.presence, house.tasks, voices, managing, station.own_values)


async def _ask_who_did_not_boot(station: Station, charging: SmartCharging) -> None:
    presence = station.presence
    connection = presence.connection
    await asyncio.sleep(SETTLE_AFTER_CONNECT_S)
    if presence.connection == connection and presence.is_connected:
        unreported = tuple(
            evse.settings.connector for evse in station.evses if evse.connector.report_text is None
        )
        await charging.ask_for_state(unreported)


async def _profiles_changed_hands(virtuals: Sequence[VirtualCharging]) -> None:
    """In observe the wallbox has the profiles of who bills, and of nobody else (R97).

    Those of the former go first: on a wallbox with one EVSE both may use the same ids.
    """
    for virtual in virtuals:
        if not virtual.backend.rules_wallbox:
            await virtual.take_out()
    for virtual in virtuals:
        if virtual.backend.rules_wallbox:
            await virtual.hand_over()
