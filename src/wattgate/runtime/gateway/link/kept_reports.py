"""The last report of progress of each kind that a backend missed: it gets it when it is back."""

import asyncio
from collections.abc import Iterable
from functools import partial

from wattgate.core.gateway.traffic.traffic_line import Copy
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor


class KeptReports:
    """Keeps reports on firmware, diagnostics and logs for one link, by action."""

    def __init__(
        self, link_id: str, store: Store, tasks: Supervisor, notes: Iterable[NoteRecord] = ()
    ) -> None:
        self._scope = f"reports {link_id}"
        self._store = store
        self._tasks = tasks
        self._in_order = asyncio.Lock()
        self._overtaken: set[str] = set()
        self._kept = {note.name: note.text for note in notes if note.scope == self._scope}

    async def keep(self, action: str, payload_text: str) -> None:
        """Keep it in place of an earlier one; raises StoreFailed, and then has not."""
        async with self._in_order:
            await self._store.commit(SaveNote(NoteRecord(self._scope, action, payload_text)))
            self._kept.pop(action, None)
            self._kept[action] = payload_text
            self._overtaken.discard(action)

    def send(self, link: BackendLink) -> None:
        """Give them to a backend that has just accepted us; each is forgotten when it is answered.

        An answer that is an error will do: the backend has had its chance.
        """
        for action, payload_text in tuple(self._kept.items()):
            if action in self._overtaken:
                continue
            source = Copy(payload_text, "as last reported")
            link.ask(action, payload_text, partial(self._sent, action, payload_text), source=source)

    def overtaken(self, action: str) -> None:
        """A newer one is on its way to the backend: the kept one must not follow it."""
        self._overtaken.add(action)

    def replaced(self, action: str) -> None:
        """The backend has had a newer one; where it has not, that one is to be kept."""
        self._overtaken.discard(action)
        if action in self._kept:
            self._sent(action, self._kept[action], None)

    def _sent(self, action: str, payload_text: str, outcome: Outcome | None) -> None:
        if not isinstance(outcome, NoAnswer):
            self._tasks.spawn(self._forget(action, payload_text), name=self._scope)

    async def _forget(self, action: str, payload_text: str) -> None:
        async with self._in_order:
            if self._kept.get(action) != payload_text:
                return  # a newer one is kept meanwhile
            try:
                await self._store.commit(DeleteNote(self._scope, action))
            except StoreFailed as exc:
                say_not_stored(exc, note=self._scope)
                return
            self._kept.pop(action, None)
