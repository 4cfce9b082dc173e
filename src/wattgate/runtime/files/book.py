"""The files on their way, in memory and in the store, changed in step."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from wattgate.core.files.transfers import Transfer, as_text, from_text
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store

SCOPE: Final = "file transfers"
"""Under which the store keeps them, each by its id."""


class TransferBook:
    """Knows every transfer until it has ended. Its methods that wait raise StoreFailed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_order = asyncio.Lock()
        self._known: dict[str, Transfer] = {}

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take up what was on its way before a restart."""
        for note in notes:
            transfer = from_text(note.text) if note.scope == SCOPE else None
            if transfer is not None:
                self._known[transfer.id] = transfer

    def all(self) -> tuple[Transfer, ...]:
        """Every one, the oldest first."""
        return tuple(self._known.values())

    def get(self, transfer_id: str) -> Transfer | None:
        """The one of that id; None where it has ended."""
        return self._known.get(transfer_id)

    def with_token(self, token: str, now: datetime) -> Transfer | None:
        """The one whose address has that token, unless its time has passed."""
        for transfer in self._known.values():
            if transfer.token == token and now < transfer.ends_at:
                return transfer
        return None

    async def begin(self, transfer: Transfer) -> tuple[Transfer, ...]:
        """Keep a new one; those whose place it takes have ended."""
        async with self._in_order:
            replaced = tuple(each for each in self.all() if each.is_replaced_by(transfer))
            ends = [DeleteNote(SCOPE, each.id) for each in replaced]
            await self._store.commit(_saved(transfer), *ends)
            for each in replaced:
                self._known.pop(each.id, None)
            self._known[transfer.id] = transfer
        return replaced

    async def change(
        self, transfer_id: str, change: Callable[[Transfer], Transfer]
    ) -> Transfer | None:
        """Keep it changed; None where it has ended."""
        async with self._in_order:
            before = self._known.get(transfer_id)
            if before is None:
                return None
            changed = change(before)
            await self._store.commit(_saved(changed))
            self._known[transfer_id] = changed
            return changed

    async def end(self, transfer_id: str) -> Transfer | None:
        """Forget it; what it was, None where it had ended."""
        async with self._in_order:
            await self._store.commit(DeleteNote(SCOPE, transfer_id))
            return self._known.pop(transfer_id, None)


def _saved(transfer: Transfer) -> SaveNote:
    return SaveNote(NoteRecord(SCOPE, transfer.id, as_text(transfer)))
