"""The gateways that are served, in the store: whatever becomes of the site, what began there ends.

They hold passwords, as the site does that is stored beside them.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from wattgate.core.site.kept_gateways import KeptGateway, kept_text, read_kept
from wattgate.ports.store import Change, DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

STORE_RETRY_S: Final = 5.0
"""s until what the store could not keep is stored again."""

_SCOPE: Final = "gateway"


class KeptGateways:
    """Keeps each from before anything begins there until everything has ended."""

    def __init__(self, store: Store, tasks: Supervisor) -> None:
        self._store = store
        self._tasks = tasks
        self._wanted: dict[str, str] = {}
        self._stored: dict[str, str] = {}
        self._in_order = asyncio.Lock()
        self._is_retrying = False

    def recover(self, notes: Iterable[NoteRecord]) -> tuple[KeptGateway, ...]:
        """Take over what was kept before a restart, and say what that is."""
        self._stored = {note.name: note.text for note in notes if note.scope == _SCOPE}
        self._wanted = dict(self._stored)
        read = (read_kept(text) for _, text in sorted(self._stored.items()))
        return tuple(each for each in read if each is not None)

    async def keep(self, gateways: Iterable[KeptGateway]) -> None:
        """Keep these and no others; what cannot be stored now is stored as soon as can be."""
        self._wanted = {f"{each.link_id} #{each.number}": kept_text(each) for each in gateways}
        await self._store_them()

    async def _store_them(self) -> None:
        async with self._in_order:
            wanted, stored = dict(self._wanted), self._stored
            changes: list[Change] = [
                SaveNote(NoteRecord(_SCOPE, name, text))
                for name, text in sorted(wanted.items())
                if stored.get(name) != text
            ]
            changes += [DeleteNote(_SCOPE, name) for name in sorted(stored.keys() - wanted.keys())]
            if not changes:
                return
            try:
                await self._store.commit(*changes)
            except StoreFailed as exc:
                say_not_stored(exc, note=_SCOPE)
                self._try_again()
            else:
                self._stored = wanted

    def _try_again(self) -> None:
        if not self._is_retrying:
            self._is_retrying = True
            self._tasks.spawn(self._store_later(), name="gateways to be kept")

    async def _store_later(self) -> None:
        await asyncio.sleep(STORE_RETRY_S)
        self._is_retrying = False
        await self._store_them()
