"""Which link each EVSE has at its backend, and which connector it is there; kept for ever.

EVSEs without OCPP that have the same backend and the same identity there share one link.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.numbering import Numbering, numbered, numbering_text, read_numbering
from wattgate.core.site.destinations import link_place
from wattgate.core.site.devices import MODBUS_STATION
from wattgate.core.site.model import EvseSettings, GatewaySettings
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

STORE_RETRY_S: Final = 5.0
"""s until numbers are stored again that the store could not keep."""

_SCOPE: Final = "connector numbers"


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an EVSE sits at its backend.

    `link_id` names the queue in the store. `named_after` is the EVSE that the link's own things are
    called after. `number` is the connector. `station_ids`: whose transactions go over the link.
    """

    link_id: str
    named_after: str
    station_ids: tuple[str, ...]
    number: int = BACKEND_CONNECTOR
    is_shared: bool = False


class Seats:
    """Gives the seats, and stores the numbers that it gives."""

    def __init__(self, store: Store, tasks: Supervisor) -> None:
        self._store = store
        self._tasks = tasks
        self._numberings: dict[str, Numbering] = {}
        self._unstored: set[str] = set()

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over the numbers that were given before a restart."""
        for note in notes:
            numbering = read_numbering(note.text) if note.scope == _SCOPE else None
            if numbering is not None:
                self._numberings[note.name] = numbering

    async def number(self, evses: Iterable[EvseSettings]) -> None:
        """Give numbers to all that have none, in this order, and store them at once."""
        for place, ids in _by_place(evses):
            self._give(place, ids)
        await self._keep()

    def seat_of(self, settings: EvseSettings, gateway: GatewaySettings) -> Seat:
        """The seat of an EVSE behind one of its gateways; one that is new gets the next number."""
        place = _place_of(settings, gateway)
        if not settings.is_on_modbus:
            return Seat(f"{settings.id} {place}", settings.id, (settings.station_id,))
        if self._give(place, (settings.id,)):
            self._tasks.spawn(self._keep(), name=f"connector number of {settings.id}")
        numbering = self._numberings[place]
        return Seat(
            f"{numbering.founder} {place}",
            numbering.founder,
            tuple(f"{MODBUS_STATION}{each}" for each in numbering.numbers),
            numbering.numbers[settings.id],
            is_shared=True,
        )

    def _give(self, place: str, evse_ids: Iterable[str]) -> bool:
        before = self._numberings.get(place)
        self._numberings[place] = numbered(before, evse_ids)
        if self._numberings[place] == before:
            return False
        self._unstored.add(place)
        return True

    async def _keep(self) -> None:
        """Store what is not stored yet; later, if the store cannot: the same file gives the same.

        Until then only another site file could give others.
        """
        unstored = {place: self._numberings[place] for place in sorted(self._unstored)}
        if not unstored:
            return
        notes = (NoteRecord(_SCOPE, place, numbering_text(n)) for place, n in unstored.items())
        try:
            await self._store.commit(*map(SaveNote, notes))
        except StoreFailed as exc:
            say_not_stored(exc, note=_SCOPE)
            self._tasks.spawn(self._keep_later(), name=_SCOPE)
            return
        for place, stored in unstored.items():
            if self._numberings[place] == stored:
                self._unstored.discard(place)

    async def _keep_later(self) -> None:
        await asyncio.sleep(STORE_RETRY_S)
        await self._keep()


def _place_of(settings: EvseSettings, gateway: GatewaySettings) -> str:
    return link_place(gateway, gateway.identity(settings.own_identity))


def _by_place(evses: Iterable[EvseSettings]) -> Iterator[tuple[str, tuple[str, ...]]]:
    placed = [(_place_of(each, one), each.id) for each in evses for one in each.gateways]
    for place, group in groupby(sorted(placed, key=lambda each: each[0]), lambda each: each[0]):
        yield place, tuple(evse_id for _, evse_id in group)
