"""What is stored about each EVSE's limit: a raise is stored before it is sent."""

import json
from collections.abc import Iterable
from typing import Final

from wattgate.ports.store import GrantRecord, SaveDocument, SaveGrant, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored

NO_LIMIT_A: Final = float("inf")
"""What is stored of an EVSE whose profiles we removed: no limit of ours holds."""

UNSWEPT_DOCUMENT: Final = "unswept"

CLEARING_A: Final = 0.0
"""Stored as pending beside `NO_LIMIT_A` until the wallbox has confirmed that all are gone."""


class GrantBook:
    """The newest record of each EVSE that may hold profiles of ours."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: dict[str, GrantRecord] = {}
        self._unswept_text = ""

    def take_over(self, records: tuple[GrantRecord, ...]) -> dict[str, float]:
        """Take up what was stored before a restart: A per phase that each EVSE may draw at most.

        An EVSE whose profiles were all removed is not named; one whose profiles were being removed
        is in the book without a figure: none of ours is sure to hold.
        """
        worst_a: dict[str, float] = {}
        for record in records:
            most_a = max(record.committed_a, record.pending_a or 0.0)
            if most_a < NO_LIMIT_A:
                worst_a[record.evse_id] = most_a
            if most_a < NO_LIMIT_A or record.pending_a is not None:
                self._records[record.evse_id] = record
        return worst_a

    def record(self, evse_id: str) -> GrantRecord | None:
        """The newest record; None where nothing of ours is in the wallbox."""
        return self._records.get(evse_id)

    def forget(self, evse_id: str) -> None:
        """Nothing of ours is in the wallbox any more, and that is stored."""
        self._records.pop(evse_id, None)

    async def note_unswept(self, unswept: Iterable[str], foreign: Iterable[str]) -> None:
        """Store which EVSEs may hold profiles of others, and of which that is known."""
        text = json.dumps([sorted(unswept), sorted(foreign)])
        if text == self._unswept_text:
            return
        self._unswept_text = text
        try:
            await self._store.commit(SaveDocument(UNSWEPT_DOCUMENT, text))
        except StoreFailed as exc:
            self._unswept_text = ""
            say_not_stored(exc, document=UNSWEPT_DOCUMENT)

    async def unswept(self) -> tuple[set[str], set[str]]:
        """What was stored of it before a restart."""
        text = await self._store.document(UNSWEPT_DOCUMENT)
        unswept, foreign = json.loads(text) if text is not None else ([], [])
        return set(unswept), set(foreign)

    async def note(self, grant: GrantRecord) -> bool:
        """Store a grant; False where the store cannot, and then nothing may be raised."""
        try:
            await self._store.commit(SaveGrant(grant))
        except StoreFailed as exc:
            say_not_stored(exc, evse=grant.evse_id)
            return False
        self._records[grant.evse_id] = grant
        return True
