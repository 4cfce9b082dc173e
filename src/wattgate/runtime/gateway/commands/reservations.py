"""The reservations of one wallbox, and what its backends want with them (R105)."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Final

import msgspec

from wattgate.core.gateway.commands.reservations import (
    Reservation,
    ReservationBook,
    asked_id,
    is_readable,
    read_reservation,
    reservation_text,
)
from wattgate.core.ocpp.frames import CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import Scalar
from wattgate.core.station.authorisation import fold
from wattgate.ports.clock import Clock
from wattgate.ports.store import Change, DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.ask import is_accepted
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.presence import SETTLE_S, Presence
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

_SCOPE: Final = "reservation"


class Reservations:
    """Which reservation is whose, kept over restarts.

    `links` are those whose backends may reserve at the wallbox now.
    """

    def __init__(
        self,
        presence: Presence,
        links: Callable[[], Collection[str]],
        store: Store,
        clock: Clock,
        tasks: Supervisor,
    ) -> None:
        self._presence = presence
        self._scope = f"{_SCOPE} {presence.station_id}"
        self._links = links
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._book = ReservationBook()
        self._reviews = 0

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over what was stored before a restart."""
        for note in notes:
            known = read_reservation(note.text) if note.scope == self._scope else None
            if known is not None:
                self._book = self._book.noted(known)

    @property
    def _sole(self) -> str | None:
        links = set(self._links())
        return links.pop() if len(links) == 1 else None

    def reservation_for(self, link_id: str, payload_text: str) -> str:
        """A StartTransaction as that link hears it: with its own reservation id, or with none."""
        return self._book.for_link(link_id, payload_text, self._sole)

    def is_kept(self, evse_id: str, id_tag: str | None) -> bool:
        """Whether an EVSE is reserved now, and not for that card; None: for any."""
        cards = self._book.kept_for(evse_id, self._clock.wall())
        return bool(cards) and (id_tag is None or fold(id_tag) not in cards)

    def is_kept_for(self, evse_id: str, id_tag: str) -> bool:
        """Whether an EVSE is reserved now for that card."""
        return fold(id_tag) in self._book.kept_for(evse_id, self._clock.wall())

    def evse_of(self, link_id: str, their_id: Scalar) -> str | None:
        """The EVSE that a link has reserved under that id; None where it has no such."""
        known = self._book.of(link_id, their_id)
        return known.evse_id if known is not None and known.holds else None

    def started(self, payload_text: str) -> None:
        """A transaction begins: a reservation that it names is used up (OCPP 1.6 §5.13)."""
        our_id = self._book.named(payload_text)
        if our_id is not None:
            self._is_over(our_id)

    # What a backend asks

    def is_unread(self, link_id: str, payload_text: str) -> bool:
        """Whether an id that makes no sense is for the wallbox to judge: nobody else has any."""
        return link_id == self._sole and not is_readable(payload_text)

    async def intend(
        self, link_id: str, payload_text: str, evse_id: str
    ) -> tuple[Reservation, Callable[[Outcome], None]]:
        """Store a reservation that the wallbox is to be asked for; and what to do when it answers.

        So its id is known whatever becomes of us before the answer. Raises StoreFailed, PeerError.
        """
        wall_now = self._clock.wall()
        asked = self._book.asked(link_id, payload_text, evse_id, self._sole, wall_now)
        before = self._book.entries.get(asked.our_id)
        outdated = self._book.outdated(wall_now) - {asked.our_id}
        for our_id in outdated:
            self._book = self._book.without(our_id)
        self._book = self._book.noted(asked)
        try:
            await self._store.commit(*map(self._deleted, outdated), self._saved(asked))
        except StoreFailed:
            self._replace(asked, before)
            raise
        return asked, partial(self._heard, asked, before)

    def ids_of(self, link_id: str, payload_text: str) -> tuple[int, int] | None:
        """What the wallbox calls what a CancelReservation names, and what the backend does.

        None where the link has no such. Raises PeerError where it names none.
        """
        their_id = asked_id(payload_text)
        our_id = self._book.cancelled_id(link_id, their_id, self._sole)
        return None if our_id is None else (our_id, their_id)

    def cancelled(self, our_id: int, outcome: Outcome) -> None:
        """The wallbox has answered: it is gone, or was gone before."""
        if isinstance(outcome, CallResult):
            self._is_over(our_id)

    def _heard(self, asked: Reservation, before: Reservation | None, outcome: Outcome) -> None:
        if isinstance(outcome, NoAnswer) and outcome.was_sent:
            return  # it may hold
        after = msgspec.structs.replace(asked, holds=True) if is_accepted(outcome) else before
        if self._replace(asked, after):
            self._keep(self._deleted(asked.our_id) if after is None else self._saved(after))

    def _replace(self, old: Reservation, new: Reservation | None) -> bool:
        """Unless something else has taken its place meanwhile."""
        if self._book.entries.get(old.our_id) is not old:
            return False
        self._book = self._book.without(old.our_id) if new is None else self._book.noted(new)
        return True

    def _is_over(self, our_id: int) -> None:
        before, self._book = self._book, self._book.over(our_id)
        if self._book != before:
            self._keep(self._saved(self._book.entries[our_id]))

    # Of backends that are gone

    def review_later(self) -> None:
        """Give up what backends reserved that may not do so any more, when that has settled."""
        if self._book.abandoned(self._links(), self._clock.wall()):
            self._reviews += 1
            self._tasks.spawn(self._review(self._reviews), name=f"{self._scope} review")

    async def _review(self, number: int) -> None:
        await asyncio.sleep(SETTLE_S)
        peer = self._presence.peer
        if number != self._reviews or peer is None:
            return
        for our_id in self._book.abandoned(self._links(), self._clock.wall()):
            text = f'{{"reservationId":{our_id}}}'
            outcome = await peer.call("CancelReservation", text, priority=Priority.POLL)
            self.cancelled(our_id, outcome)

    # What outlasts a restart

    def _saved(self, reservation: Reservation) -> Change:
        text = reservation_text(reservation)
        return SaveNote(NoteRecord(self._scope, str(reservation.our_id), text))

    def _deleted(self, our_id: int) -> Change:
        return DeleteNote(self._scope, str(our_id))

    def _keep(self, change: Change) -> None:
        self._tasks.spawn(self._store_it(change), name=f"{self._scope} stored")

    async def _store_it(self, change: Change) -> None:
        """What is lost costs a connector that is kept too long after a restart, or not at all."""
        try:
            await self._store.commit(change)
        except StoreFailed as exc:
            say_not_stored(exc, station=self._presence.station_id)
