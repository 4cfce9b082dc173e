"""Which connectors of one wallbox backends hold inoperative; it outlasts a restart (R86)."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from wattgate.core.gateway.commands.availability import (
    INOPERATIVE,
    OPERATIVE,
    Holds,
    holds_text,
    read_holds,
)
from wattgate.core.ocpp.frames import CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

ACTION: Final = "ChangeAvailability"

_TAKEN: Final = frozenset({"Accepted", "Scheduled"})


def is_taken(outcome: Outcome) -> bool:
    """Whether the wallbox does what it was told, now or when its transaction has ended."""
    if not isinstance(outcome, CallResult):
        return False
    return read_scalar(outcome.payload_text, ("status",)) in _TAKEN


class Availability:
    """Who holds which EVSE of one wallbox, and what the wallbox must still be told of it."""

    def __init__(
        self,
        presence: Presence,
        evses: Sequence[StationEvse],
        store: Store,
        tasks: Supervisor,
    ) -> None:
        self._presence = presence
        self._evses = evses
        self._store = store
        self._tasks = tasks
        self._scope = f"availability {presence.station_id}"
        self._in_order = asyncio.Lock()
        self._holds: dict[str, Holds] = {}
        self._on_their_way: Counter[tuple[str, str]] = Counter()

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over what was stored before a restart."""
        mine = (note for note in notes if note.scope == self._scope)
        self._holds = {note.name: read_holds(note.text) for note in mine}

    def holds(self, evse: StationEvse) -> Holds:
        """Who holds an EVSE."""
        return self._holds.get(evse.evse_id, Holds())

    def holders(self, evse: StationEvse) -> frozenset[str]:
        """The links whose backends hold an EVSE."""
        return frozenset(self.holds(evse).held)

    # What a backend asks

    def is_held_beside(self, evse: StationEvse, link_id: str) -> bool:
        """Whether another backend than that holds it, or is about to."""
        return bool(self._coming(evse) - {link_id}) or bool(
            self.holds(evse).others(link_id, _entitled(evse))
        )

    def _coming(self, evse: StationEvse) -> frozenset[str]:
        """The links for which the wallbox is about to take it out of service."""
        on_their_way = self._on_their_way.items()
        return frozenset(
            who for (where, who), count in on_their_way if count and where == evse.evse_id
        )

    def sending(self, evse: StationEvse, link_id: str, kind: str) -> None:
        """The wallbox is to be told of it for that backend; `answered` follows."""
        if kind == INOPERATIVE:
            self._on_their_way[evse.evse_id, link_id] += 1

    async def answered(
        self, evse: StationEvse, link_id: str, connector: int, kind: str, outcome: Outcome
    ) -> None:
        """Keep what the wallbox has taken on; raises StoreFailed."""
        try:
            if is_taken(outcome):
                await self._took(evse, link_id, connector, kind)
        finally:
            if kind == INOPERATIVE:
                self._on_their_way[evse.evse_id, link_id] -= 1
        self.review()

    async def _took(self, evse: StationEvse, link_id: str, connector: int, kind: str) -> None:
        async with self._in_order:
            before = self.holds(evse)
            change = before.taken if kind == INOPERATIVE else before.freed
            await self._keep(evse, change(link_id, connector))

    async def let_go(self, evse: StationEvse, link_id: str, connector: int) -> None:
        """That backend holds it no longer, but others do; raises StoreFailed."""
        async with self._in_order:
            await self._keep(evse, self.holds(evse).let_go(link_id, connector))
        self.review()

    # What follows when a backend may hold nothing any more

    def review(self) -> None:
        """Look who may still hold what, and tell the wallbox what nobody holds any more."""
        self._tasks.spawn(self._review(), name=self._scope)

    async def _review(self) -> None:
        try:
            for evse in self._evses:
                if evse.evse_id in self._holds and not _is_left_alone(evse):
                    await self._settle(evse)
        except StoreFailed as exc:
            say_not_stored(exc, note=self._scope)

    async def _settle(self, evse: StationEvse) -> None:
        async with self._in_order:
            await self._keep(evse, self.holds(evse).of(_entitled(evse)))
        while (connector := self.holds(evse).due) is not None and not self._coming(evse):
            outcome = await self._tell(connector)
            if not is_taken(outcome):
                log.info("connector not put back into service", evse=evse.evse_id)
                return  # again when the wallbox connects
            async with self._in_order:
                await self._keep(evse, self.holds(evse).paid(connector))

    async def _tell(self, connector: int) -> Outcome:
        peer = self._presence.peer
        if peer is None:
            return NoAnswer("it is not connected", was_sent=False)
        return await peer.call(ACTION, json.dumps({"connectorId": connector, "type": OPERATIVE}))

    async def _keep(self, evse: StationEvse, holds: Holds) -> None:
        if holds == self.holds(evse):
            return
        note = NoteRecord(self._scope, evse.evse_id, holds_text(holds))
        await self._store.commit(SaveNote(note))
        self._holds[evse.evse_id] = holds


def _is_left_alone(evse: StationEvse) -> bool:
    """Deactivated it has no backends for a while (P15); relayed, it is its backend's own affair."""
    return not evse.settings.enabled or evse.relay is not None


def _entitled(evse: StationEvse) -> frozenset[str]:
    return frozenset(
        each.link_id for each in evse.present_backends if each.gateway.rights.may(ACTION)
    )
