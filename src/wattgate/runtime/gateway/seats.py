"""Which link each EVSE has at each of its backends, and which connector it is there; for ever.

EVSEs of one wallbox, or EVSEs without OCPP, that have the same backend and the same identity there
share one link.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.numbering import (
    Guest,
    Numbering,
    numbered,
    numbering_text,
    read_numbering,
)
from wattgate.core.site.destinations import link_place
from wattgate.core.site.kept_gateways import KeptGateway
from wattgate.core.site.model import EvseSettings, GatewaySettings, Site
from wattgate.ports.store import NoteRecord, Recovered, SaveNote, Store, StoreFailed
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

STORE_RETRY_S: Final = 5.0
"""s until numbers are stored again that the store could not keep."""

_SCOPE: Final = "connector numbers"


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an EVSE sits at a backend.

    `link_id` names the queue in the store. `named_after` is the EVSE that the link's own things are
    called after. `number` is the connector.
    """

    link_id: str
    named_after: str
    number: int = BACKEND_CONNECTOR


class Seats:
    """Gives the seats, and stores the numbers that it gives."""

    def __init__(self, store: Store, tasks: Supervisor) -> None:
        self._store = store
        self._tasks = tasks
        self._numberings: dict[str, Numbering] = {}
        self._unstored: set[str] = set()
        self._links: Mapping[str, bool] = {}
        """Links that were there before, and whether something waits for their end."""

    def recover(self, recovered: Recovered) -> None:
        """Take over the numbers that were given before a restart."""
        for note in recovered.notes:
            numbering = read_numbering(note.text) if note.scope == _SCOPE else None
            if numbering is not None:
                self._numberings[note.name] = numbering
        self._links = _links_of(recovered)

    def give(self, served: Iterable[EvseSettings], site: Site) -> None:
        """Give numbers to all that are served and have none; `keep` is to store them before use.

        They are given in this order, and within an OCPP wallbox in that of its connectors.
        """
        served = tuple(served)
        by_place: dict[str, list[Guest]] = defaultdict(list)
        for each in sorted(served, key=_connector):
            for gateway in each.gateways:
                by_place[_place_of(each, gateway)].append(_guest(each))
        for place, guests in sorted(by_place.items()):
            before = self._numberings.get(place) or self._founded(place, guests, site)
            after = numbered(before, guests, {each.id for each in served})
            if after != self._numberings.get(place):
                self._numberings[place] = after
                self._unstored.add(place)

    def seat_of(self, settings: EvseSettings, gateway: GatewaySettings) -> Seat:
        """The seat of an EVSE behind one of its gateways, which must have got its number."""
        place = _place_of(settings, gateway)
        numbering = self._numberings.get(place)
        if numbering is None or settings.id not in numbering.numbers:
            msg = f"EVSE {settings.id} has no number yet at {place}"
            raise LocalUsageError(msg)
        return Seat(
            f"{numbering.founder} {place}",
            numbering.founder,
            numbering.numbers[settings.id],
        )

    def _founded(self, place: str, guests: Sequence[Guest], site: Site) -> Numbering | None:
        """The numbering of a place that had none, called after the link that was there before.

        Before EVSEs of OCPP wallboxes could share a login each had a link that was called after
        itself: what waits there goes on waiting for the same backend.
        """
        here = {each.evse_id for each in guests}
        known = [each for each in site.evses if f"{each.id} {place}" in self._links]
        if not known:
            return None
        founder = max(known, key=lambda each: (each.id in here, self._links[f"{each.id} {place}"]))
        return numbered(None, [_guest(founder)], ())

    async def keep(self) -> None:
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
        await self.keep()


def seat_of_kept(kept: KeptGateway) -> Seat:
    """The seat of an EVSE behind a gateway that the site has no longer."""
    return Seat(kept.link_id, kept.named_after, kept.number)


def _guest(settings: EvseSettings) -> Guest:
    is_on_modbus, where, number = settings.point
    kind = "modbus" if is_on_modbus else "ocpp"
    return Guest(settings.id, f"{kind} {where} {number}")


def _connector(settings: EvseSettings) -> int:
    """Only where it is the wallbox that counts its connectors their order means something."""
    return 0 if settings.is_on_modbus else settings.connector


def _place_of(settings: EvseSettings, gateway: GatewaySettings) -> str:
    return link_place(gateway, gateway.identity(settings.own_identity))


def _links_of(recovered: Recovered) -> Mapping[str, bool]:
    """The links of which the store knows, and whether something waits there."""
    transactions = (billed_by(record) for record in recovered.open_transactions)
    notes = (each.scope.removeprefix("backend ") for each in recovered.notes)
    idle = (*notes, *recovered.outbox_depths, *(each.link_id for each in recovered.tags))
    queued = (link_id for link_id, depth in recovered.outbox_depths.items() if depth)
    return dict.fromkeys(idle, False) | {
        each: True for each in (*queued, *transactions) if each is not None
    }
