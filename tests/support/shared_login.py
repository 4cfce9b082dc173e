"""Several wallboxes behind one login at a backend, in virtual time.

Each is a scripted OCPP wallbox in the place of the charge point that stands for a wallbox on
Modbus, so that every frame it gets can be seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.frames import Literal, literal_backend, literal_wallbox, settled
from tests.support.paper_certificates import PaperCertificates
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import BOOT, KEY, ScriptedDialer, connect, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.site.cards import card_rules
from wattgate.core.site.model import (
    DeviceType,
    EvseSettings,
    GatewaySettings,
    Site,
    WallboxSettings,
)
from wattgate.ports.store import Recovered
from wattgate.runtime.backend_assembly import BackendAssembly, Backends, Party
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.smart_charging import SmartCharging
from wattgate.runtime.evidence import EvidenceKeeper
from wattgate.runtime.files.relay import FileRelay
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging
from wattgate.runtime.gateway.seats import Seats
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.station.late_rejections import LateRejections
from wattgate.runtime.station.meter_configuration import recovered_meter_configuration
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.station.voices import voices_of
from wattgate.runtime.station.wallbox_configuration import WallboxConfiguration
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.station.wallbox_messages import WallboxMessages
from wattgate.runtime.supervisor import Supervisor
from wattgate.runtime.traffic import Traffic

URL = "ws://billing.example/"
CLIENT_ID = "SITE"


def a_sharer(evse_id: str, *, enabled: bool = True) -> EvseSettings:
    """An EVSE on Modbus with the backend that all share."""
    return EvseSettings(
        id=evse_id,
        device_type=DeviceType.POWER_BRAIN,
        address=evse_id,
        enabled=enabled,
        gateways=(GatewaySettings(url=URL, client_id=CLIENT_ID),),
    )


@dataclass
class Sharer:
    """One wallbox, and what the manager has of it."""

    wallbox: Literal
    station: Station
    evse: StationEvse
    virtual: VirtualCharging

    @property
    def number(self) -> int:
        assert self.evse.primary is not None
        return self.evse.primary.number

    async def boot(self, status: str = "Available") -> None:
        """Connect it, boot it and report its connector."""
        self.connect()
        await self.wallbox.ask("BootNotification", BOOT | {"chargePointSerialNumber": self.name})
        await self.report(status)

    def connect(self) -> None:
        """Connect it, as after a lost connection."""
        connect(Peer(self.station.station_id, self.station, self.station.house.tools), self.wallbox)

    async def report(self, status: str) -> None:
        await self.wallbox.ask("StatusNotification", status_of(1, status))

    @property
    def name(self) -> str:
        return self.evse.evse_id

    async def start(self, tag: str = "04A1") -> int:
        """Begin a transaction; our id of it."""
        request = {
            "connectorId": 1,
            "idTag": tag,
            "meterStart": 1000,
            "timestamp": "2026-05-15T14:25:12Z",
        }
        answer = await self.wallbox.ask("StartTransaction", request)
        number: int = answer[2]["transactionId"]
        await settled()
        return number

    async def stop(self, transaction_id: int, tag: str = "04A1") -> None:
        """End a transaction, by our id of it."""
        request = {
            "transactionId": transaction_id,
            "idTag": tag,
            "meterStop": 2000,
            "timestamp": "2026-05-15T15:00:00Z",
        }
        await self.wallbox.ask("StopTransaction", request)


@dataclass
class SharedLogin:
    """A site whose EVSEs share a login. `store` outlives `restart`, as a disk does."""

    settings: tuple[EvseSettings, ...]
    observing: bool = False
    backend: Literal = field(default_factory=literal_backend)
    store: MemoryStore = field(default_factory=MemoryStore)
    sharers: dict[str, Sharer] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    tasks: Supervisor = field(default_factory=Supervisor)

    @property
    def link(self) -> BackendLink:
        links = {sharer.evse.link for sharer in self.sharers.values()}
        (link,) = links
        assert link is not None
        return link

    def at(self, number: int) -> Sharer:
        """The wallbox of a connector number at the backend."""
        (found,) = [each for each in self.sharers.values() if each.number == number]
        return found

    async def start(self) -> None:
        """Build the site on what is stored, with new wallboxes; none is connected yet."""
        tools = Tools(self.clock, ScriptedIdentifiers())
        self.tasks = Supervisor()
        site = Site(evses=self.settings)
        traffic = Traffic(self.clock, lambda: Mask(b"salt", hide_cards=False))
        cards = CardKnowledge(self.clock, lambda: card_rules(site))
        house = House(
            self.store,
            tools,
            self.tasks,
            cards,
            lambda: self.observing,
            lambda: None,
            EvidenceKeeper(self.clock, lambda: False),
            traffic,
            WallboxKeys(lambda: site, KEY, self.store, tools, self.tasks),
            FileRelay(lambda: site, self.store),
        )
        recovered = await self.store.recover()
        cards.recover(recovered.tags, recovered.notes)
        seats = Seats(self.store, self.tasks)
        seats.recover(recovered)
        seats.give(self.settings, site)
        await seats.keep()
        dialer = ScriptedDialer({f"{URL}{CLIENT_ID}": self.backend})
        backends = BackendAssembly(
            house, Backends(dialer, PaperCertificates(), Backoff(10.0, 0.0)), lambda: 10_000
        )
        self.sharers = {
            each.id: _sharer(each, house, backends, seats, recovered) for each in self.settings
        }

    async def stop(self) -> None:
        """End it without a word; only what is stored remains."""
        await self.tasks.stop()

    async def boot(self, *evse_ids: str) -> None:
        """Boot these wallboxes, or all, and wait until the backend knows their states."""
        for evse_id in evse_ids or tuple(self.sharers):
            await self.sharers[evse_id].boot()
        await self.backend.got("StatusNotification", len(evse_ids or self.sharers))
        await settled()
        for each in (self.backend, *(sharer.wallbox for sharer in self.sharers.values())):
            each.calls.clear()


def _sharer(
    settings: EvseSettings,
    house: House,
    backends: BackendAssembly,
    seats: Seats,
    recovered: Recovered,
) -> Sharer:
    presence = Presence(settings.station_id, house.tools.clock)
    for record in recovered.stations:
        if record.station_id == settings.station_id:
            presence.boot_text = record.boot_text
    behaviours = Behaviours(house.store, house.tools, house.tasks)
    charging = SmartCharging(presence, alone=True, behaviours=behaviours, tasks=house.tasks)
    evse = EvseOcpp16(
        settings,
        WallboxSettings(id=settings.station_id),
        ConnectorMap(1),
        presence,
        charging,
        deactivated_standing=lambda _: 0.0,
    )
    evse.granted_a = lambda: 16.0
    station = Station(presence, [evse], house)
    station.open.recover(recovered)
    for open_one in recovered.open_transactions:
        if open_one.start.evse_id == settings.id:
            evse.transaction = OpenTransaction(
                open_one,
                house.tools.clock.monotonic(),
                backend_ids={open_one.start.link_id or "": open_one.backend_transaction_id}
                if open_one.backend_transaction_id is not None
                else {},
            )
    station.meter_configuration = recovered_meter_configuration(station.station_id, recovered)
    messages = WallboxMessages(station)
    messages.recover(recovered.notes)
    station.on_call = messages.called
    configuration = WallboxConfiguration(
        presence,
        house.tasks,
        lambda: voices_of(evse.backends),
        lambda: False,
        station.own_values,
    )
    party = Party(station, evse, configuration, LateRejections(station))
    (gateway,) = settings.gateways
    virtual = backends.connect(party, gateway, seats.seat_of(settings, gateway), recovered)
    station.on_transaction = lambda _: virtual.transaction_changed()
    return Sharer(literal_wallbox(), station, evse, virtual)


async def a_shared_login(*evse_ids: str, observing: bool = False) -> SharedLogin:
    """Start one, logged in, with every wallbox there; what came so far is forgotten."""
    site = SharedLogin(tuple(map(a_sharer, evse_ids or ("a", "b", "c"))), observing)
    await site.start()
    await site.boot()
    return site


def heard(sharers: Iterable[Sharer], action: str) -> dict[str, list[object]]:
    """The payloads of an action that each wallbox got, by EVSE id; without those that got none."""
    found = {each.name: each.wallbox.all_of(action) for each in sharers}
    return {name: payloads for name, payloads in found.items() if payloads}
