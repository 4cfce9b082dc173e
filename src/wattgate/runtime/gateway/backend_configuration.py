"""What one backend has set for its charge point; kept over restarts (R80)."""

from collections.abc import Iterable, Mapping

from wattgate.core.gateway.configuration.config_keys import rule_of
from wattgate.ports.store import NoteRecord, SaveNote, Store


class BackendConfiguration:
    """The values of one backend link, by the key's usual spelling."""

    def __init__(self, link_id: str, store: Store, notes: Iterable[NoteRecord] = ()) -> None:
        self._scope = f"configuration {link_id}"
        self._store = store
        self._values = {note.name: note.text for note in notes if note.scope == self._scope}

    @property
    def values(self) -> Mapping[str, str]:
        """Everything that it has set."""
        return self._values

    async def keep(self, key: str, value: str) -> None:
        """Keep a value that has been found good; raises StoreFailed, and then has not."""
        name = rule_of(key).key
        await self._store.commit(SaveNote(NoteRecord(self._scope, name, value)))
        self._values[name] = value
