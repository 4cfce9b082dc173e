"""Whose local list is in a wallbox: none that lets in whom its backends do not know (R105)."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from typing import Final

import structlog

from wattgate.core.gateway.local_list import (
    CLEARING,
    NOBODY,
    Keeper,
    is_anothers,
    keeper_of,
)
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.station.presence import SETTLE_S, Presence
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

STORE_RETRY_S: Final = 5.0
"""s until it is stored again whose the list is, where the store could not."""

ANSWER_S: Final = 30.0
"""s that a wallbox has to empty its list."""

_SCOPE: Final = "local list in"
_EMPTY: Final = frozenset({"Accepted", "NotSupported"})
_NO_LISTS: Final = frozenset({"NotImplemented", "NotSupported"})


class LocalLists:
    """The local list in one wallbox.

    `links` are those whose backends authorise at the wallbox now.
    """

    def __init__(
        self,
        presence: Presence,
        links: Callable[[], Collection[str]],
        cards: CardKnowledge,
        store: Store,
        tasks: Supervisor,
    ) -> None:
        self._presence = presence
        self._links = links
        self._cards = cards
        self._store = store
        self._tasks = tasks
        self._owner: str | None = None
        self._reviews = 0

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Know again whose list is there."""
        for note in notes:
            if (note.scope, note.name) == (_SCOPE, self._presence.station_id):
                self._owner = note.text

    def keeper_of(self, link_id: str) -> Keeper:
        """Who answers a backend about its list."""
        return keeper_of(link_id, self._cards.list_of(link_id), self._links(), self._owner)

    def may_have(self, link_id: str) -> bool:
        """Whether the wallbox may get the list of that backend: it is the only one."""
        return set(self._links()) == {link_id}

    def took(self, link_id: str) -> None:
        """The wallbox has taken the list of a backend."""
        self._becomes(link_id)
        self.review_later()  # another may have come meanwhile

    def review_later(self) -> None:
        """See whether the list there is its backend's, once it has had time to settle."""
        if is_anothers(self._links(), self._owner):
            self._reviews += 1
            name = f"{self._presence.station_id} local list"
            self._tasks.spawn(self._review(self._reviews), name=name)

    async def _review(self, number: int) -> None:
        await asyncio.sleep(SETTLE_S)
        peer = self._presence.peer
        is_due = number == self._reviews and is_anothers(self._links(), self._owner)
        if peer is None or not is_due:
            return
        outcome = await peer.call(
            "SendLocalList", CLEARING, timeout_s=ANSWER_S, priority=Priority.POLL
        )
        if _is_empty(outcome):
            self._becomes(NOBODY)
            log.info("local list emptied", station=self._presence.station_id)
        else:
            log.warning("local list not emptied", station=self._presence.station_id)

    def _becomes(self, owner: str) -> None:
        if owner != self._owner:
            self._owner = owner
            self._tasks.spawn(self._keep(), name=f"{self._presence.station_id} local list")

    async def _keep(self) -> None:
        """Until it is stored: a list that is not known of might not be emptied later."""
        note = NoteRecord(_SCOPE, self._presence.station_id, self._owner or NOBODY)
        while note.text == self._owner:
            try:
                await self._store.commit(SaveNote(note))
            except StoreFailed as exc:
                say_not_stored(exc, station=self._presence.station_id)
                await asyncio.sleep(STORE_RETRY_S)
            else:
                return


def _is_empty(outcome: Outcome) -> bool:
    """One that knows no lists has none."""
    match outcome:
        case CallResult(_, payload_text):
            return read_scalar(payload_text, ("status",)) in _EMPTY
        case CallError(_, code):
            return code in _NO_LISTS
        case _:
            return False
