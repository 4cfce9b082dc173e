"""The gateway's own security events for one backend, delivered by its queue (R38)."""

from collections.abc import Iterable, Mapping
from typing import Final

from wattgate.core.gateway.link.security_events import (
    FROM_BACKEND,
    NOTIFICATION,
    SecurityEvent,
    notification,
)
from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Change, Enqueue, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.peer import Tools
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

_NAME: Final = "security extension"
_YES: Final = "yes"
_NO: Final = "no"


class SecurityReports:
    """Reports to a backend that has shown that it has the security extension.

    What happens before it has is kept in memory, one event of each kind, until it does.
    """

    def __init__(
        self,
        pump: OutboxPump,
        store: Store,
        tools: Tools,
        tasks: Supervisor,
        notes: Iterable[NoteRecord] = (),
    ) -> None:
        self._scope = f"backend {pump.link_id}"
        self._pump = pump
        self._store = store
        self._tools = tools
        self._tasks = tasks
        self._waiting: dict[SecurityEvent, str] = {}
        self._understood: bool | None = None
        for note in notes:
            if (note.scope, note.name) == (self._scope, _NAME):
                self._understood = note.text == _YES

    def report(self, event: SecurityEvent) -> None:
        """Something happened that the backend should know."""
        self._waiting.setdefault(event, notification(event, self._tools.clock.wall()))
        self._go_on()

    def heard(self, action: str) -> None:
        """The backend sent something."""
        if action in FROM_BACKEND:
            self.understood(yes=True)

    def understood(self, *, yes: bool) -> None:
        """The backend took a security event, or said that it knows no such thing."""
        if yes is self._understood:
            return
        self._understood = yes
        note = NoteRecord(self._scope, _NAME, _YES if yes else _NO)
        self._tasks.spawn(self._commit(SaveNote(note)), name=f"events for {self._pump.link_id}")
        self._go_on()

    def _go_on(self) -> None:
        if self._understood and self._waiting:
            events, self._waiting = self._waiting, {}
            self._tasks.spawn(self._queue(events), name=f"events for {self._pump.link_id}")

    async def _queue(self, events: Mapping[SecurityEvent, str]) -> None:
        drafts = [Draft(self._pump.link_id, NOTIFICATION, text) for text in events.values()]
        if not await self._commit(*map(Enqueue, drafts)):
            self._waiting = {**events, **self._waiting}  # they go with the next one

    async def _commit(self, *changes: Change) -> bool:
        try:
            queued = await self._store.commit(*changes)
        except StoreFailed as exc:
            say_not_stored(exc, link=self._pump.link_id)
            return False
        for message in queued:
            self._pump.added(message)
        return True
