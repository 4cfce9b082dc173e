"""What the backends' profiles are called in one wallbox, kept over restarts (R98, R105)."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Final

from wattgate.core.gateway.profiles.profile_numbers import ProfileNumbers
from wattgate.ports.store import NoteRecord, SaveNote, Store

_SCOPE: Final = "profile numbers"


class ProfileIds:
    """The numbers that profiles have in one wallbox, by who set them and what they are called."""

    def __init__(self, station_id: str, store: Store) -> None:
        self._scope = f"{_SCOPE} {station_id}"
        self._store = store
        self._numbers = ProfileNumbers()
        self._in_order = asyncio.Lock()

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over what was stored before a restart."""
        for note in notes:
            if note.scope == self._scope:
                self._numbers = self._numbers.taken_up(note.name, note.text)

    def known(self, owner: str, their_id: int) -> int | None:
        """The number of a profile; None where it never had one."""
        return self._numbers.of(owner).get(their_id)

    async def number(self, owner: str, their_id: int, in_use: Collection[int]) -> int:
        """The number of a profile, a new one where it has none: stored before it is used.

        Raises:
            StoreFailed: it could not be stored; the profile has no number.
        """
        async with self._in_order:
            numbers = self._numbers.with_one(owner, their_id, in_use)
            if numbers != self._numbers:
                note = NoteRecord(self._scope, owner, numbers.text_of(owner))
                await self._store.commit(SaveNote(note))
                self._numbers = numbers
        return self._numbers.of(owner)[their_id]
