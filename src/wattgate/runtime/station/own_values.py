"""What a wallbox was set to by itself, where it was told something else since (R80, R84)."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from wattgate.core.gateway.configuration.config_baseline import (
    Changed,
    changing,
    read,
    still_changed,
    written,
)
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store

_SCOPE: Final = "own configuration"


class OwnValues:
    """The values of one wallbox that were changed for others, kept over restarts.

    A change is noted before the wallbox is told of it: nothing else knows what was there before.
    """

    def __init__(self, station_id: str, store: Store) -> None:
        self._scope = f"{_SCOPE} {station_id}"
        self._store = store
        self._changed: dict[str, Changed] = {}
        self._under_way: list[str] = []

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Go on with what was noted before the restart."""
        self._changed = {note.name: read(note.text) for note in notes if note.scope == self._scope}

    @property
    def values(self) -> Mapping[str, str]:
        """By key, in its usual spelling: what the wallbox had before it was told something else."""
        return {key: changed.own for key, changed in self._changed.items()}

    def over(self, present: Mapping[str, str], key: str) -> str | None:
        """What the wallbox has by itself under a key, by what it says (by folded key)."""
        changed = self._changed.get(key)
        return changed.own if changed is not None else present.get(key.casefold())

    async def seen(self, present: Mapping[str, str]) -> None:
        """Forget what others have set since; raises StoreFailed, and then has not.

        What the wallbox is being told meanwhile it may not have heard of yet.
        """
        kept = still_changed(self._changed, present)
        gone = [key for key in self._changed if key not in kept and key not in self._under_way]
        if gone:
            await self._store.commit(*(DeleteNote(self._scope, key) for key in gone))
            for key in gone:
                del self._changed[key]

    @asynccontextmanager
    async def telling(
        self, key: str, present: str | None, value: str
    ) -> AsyncIterator[Changed | None]:
        """Note what the wallbox has, and tell it `value` within; gives what was noted before.

        Raises StoreFailed, and then it must not be told.
        """
        before = self._changed.get(key)
        await self.note(key, changing(before, present, value))
        self._under_way.append(key)
        try:
            yield before
        finally:
            self._under_way.remove(key)

    async def note(self, key: str, changed: Changed | None) -> None:
        """Note a change, None: that there is none any more. Raises StoreFailed."""
        if changed == self._changed.get(key):
            return
        if changed is None:
            await self._store.commit(DeleteNote(self._scope, key))
            del self._changed[key]
        else:
            note = NoteRecord(self._scope, key, written(changed))
            await self._store.commit(SaveNote(note))
            self._changed[key] = changed
