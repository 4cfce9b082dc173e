"""The local lists of backends: mirrored from their wallboxes, or kept here alone (R56, R105)."""

import asyncio
from typing import Final

import structlog

from wattgate.core.gateway.local_list import (
    ListStatus,
    LocalList,
    NotMirrored,
    answered,
    updated,
)
from wattgate.ports.store import SaveNote, StoreFailed
from wattgate.runtime.ask import Ask
from wattgate.runtime.station.station import House
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

STORE_RETRY_S: Final = 5.0
"""s until a list is stored again that the store could not keep."""


class ListMirror:
    """Keeps lists in memory and in the store."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._unstored: set[str] = set()

    async def accepted(self, link_id: str, payload_text: str) -> None:
        """Take over a SendLocalList that the wallbox has accepted: it holds, stored or not."""
        match updated(self._house.cards.list_of(link_id), payload_text):
            case NotMirrored(reason):
                log.warning("local list not understood", link=link_id, reason=reason)
            case LocalList() as mirrored:
                self._house.cards.set_list(link_id, mirrored)
                await self._keep(link_id)

    async def keep(self, link_id: str, ask: Ask, before: LocalList) -> None:
        """Answer a SendLocalList for a list that no wallbox has: what is Accepted is stored.

        `before` is the list when the command came: where EVSEs share a login each of them gets it.
        Raises StoreFailed, and PeerError for what is no list.
        """
        answer = answered(before, ask.call.payload_text)
        if answer.status is ListStatus.ACCEPTED:
            cards = self._house.cards
            await self._house.store.commit(SaveNote(cards.note_of_list(link_id, answer.after)))
            cards.set_list(link_id, answer.after)
        ask.answer(f'{{"status":"{answer.status.value}"}}', "the gateway keeps its list (R105)")

    async def _keep(self, link_id: str) -> None:
        """Store the list as it is now; later, if the store cannot."""
        cards = self._house.cards
        kept = cards.list_of(link_id)
        try:
            await self._house.store.commit(SaveNote(cards.note_of_list(link_id, kept)))
        except StoreFailed as exc:
            say_not_stored(exc, local_list=link_id)
            if link_id not in self._unstored:
                self._unstored.add(link_id)
                self._house.tasks.spawn(self._keep_later(link_id), name=f"list of {link_id}")

    async def _keep_later(self, link_id: str) -> None:
        await asyncio.sleep(STORE_RETRY_S)
        self._unstored.discard(link_id)
        await self._keep(link_id)
