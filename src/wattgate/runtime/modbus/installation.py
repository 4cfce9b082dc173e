"""Puts the wallboxes on Modbus together: lines, devices, EVSEs, and their charge points."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from wattgate.core.errors import Problem
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.places import read_place
from wattgate.core.modbus.remarks import remarks_on
from wattgate.core.modbus.wallbox_values import WallboxModel
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.ports.links import Receiver
from wattgate.ports.modbus import ModbusLines
from wattgate.ports.store import NoteRecord
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.modbus.fail_safe_book import NEVER, FailSafeBook, Whose
from wattgate.runtime.modbus.memory_link import connect
from wattgate.runtime.modbus.offering import Offering
from wattgate.runtime.modbus.shared_line import SharedLine, SharedLines
from wattgate.runtime.modbus.stand_in import StandIn
from wattgate.runtime.modbus.stand_in_kept import Kept
from wattgate.runtime.modbus.unreachable import UNKNOWN, UnreachableLine
from wattgate.runtime.modbus.wallbox import ModbusWallbox
from wattgate.runtime.peer import Peer
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.traffic import wallbox_link


class ModbusInstallation:
    """Builds the stations of wallboxes on Modbus; `definitions` are by EVSE id.

    Whoever has none there is not spoken to.
    """

    def __init__(self, lines: ModbusLines, definitions: Mapping[str, Definition]) -> None:
        self.is_limited: Callable[[str], bool] = _never
        """Whether load management is to lead an EVSE."""
        self._offerings: dict[str, Offering] = {}
        self._lines = SharedLines(lines)
        self._definitions = definitions

    def remarks(self) -> tuple[Problem, ...]:
        """What is worth saying about the wallboxes, though they can be run."""
        evses = (offering.settings for offering in self._offerings.values())
        return tuple(
            said for each in evses for said in remarks_on(each, self._definitions.get(each.id))
        )

    def knows(self, evse: EvseSettings) -> bool:
        """Whether its wallbox can be spoken to."""
        return evse.id in self._definitions

    def alive(self, now: float) -> None:
        """The control loop lives (monotonic time, s): what it keeps from falling back is fed."""
        for offering in self._offerings.values():
            offering.alive(now)

    def station(
        self,
        settings: EvseSettings,
        presence: Presence,
        house: House,
        notes: Iterable[NoteRecord],
        *,
        deactivated_standing: Callable[[EvseSettings], float],
        was_limited: bool,
        held_a: float | None,
    ) -> Station:
        """One wallbox as a station with one EVSE; its charge point comes up by itself.

        `held_a` is what it held of load management at most when the manager ended, A per phase,
        None where nobody can say.
        """
        definition, line = self._spoken_to(settings)
        clock = house.tools.clock
        device = ModbusDevice(definition, line, settings.connector, clock)
        kept = Kept.recovered(settings.id, notes)
        book = FailSafeBook(settings.id, Whose.of(settings), house.store, house.tasks, notes)
        wallbox = ModbusWallbox(settings.id, device, clock, house.tasks, book)
        is_led = settings.enabled and self.knows(settings)
        if is_led and held_a is not None and book.recovered != NEVER:
            wallbox.take_over(held_a)
        else:
            book.is_to_be(NEVER)
        evse = EvseModbus(
            settings,
            WallboxSettings(id=settings.station_id),
            ConnectorMap(settings.ocpp_connector),
            presence,
            wallbox,
            deactivated_standing=deactivated_standing,
            was_here=was_limited or kept.model != WallboxModel(),
        )
        evse.has_reader = definition.read.card is not None
        station = Station(presence, [evse], house)
        offering = self._offerings[settings.id] = Offering(wallbox, evse, self._is_limited)
        stand_in = StandIn(
            lambda: evse.settings,
            offering,
            partial(_connect, station),
            house.store,
            house.tools,
            house.tasks,
            kept,
        )
        offering.join(stand_in)
        wallbox.on_news = house.something_changed
        house.tasks.spawn(stand_in.run(), name=f"stand-in {settings.id}")
        return station

    def _spoken_to(self, settings: EvseSettings) -> tuple[Definition, SharedLine]:
        definition = self._definitions.get(settings.id)
        if definition is None:
            return UNKNOWN, SharedLine(UnreachableLine())
        return definition, self._lines.line(read_place(settings.address, definition.port))

    def _is_limited(self, evse_id: str) -> bool:
        return self.is_limited(evse_id)


def _connect(station: Station, receiver: Receiver) -> None:
    """Link a charge point of our own to its station; nobody else comes by this way."""
    house = station.house
    peer = Peer(
        f"stand-in {station.station_id}",
        station,
        house.tools,
        overtakes=True,
        recorder=house.traffic.recorder(wallbox_link(station.station_id)),
        has_proved=True,
    )
    connect(receiver, peer, near_address=station.station_id, far_address="manager")


def _never(_: str) -> bool:
    return False
