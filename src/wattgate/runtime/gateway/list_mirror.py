"""Follows the local lists that backends keep in their wallboxes (R56)."""

import asyncio
from typing import Final

import structlog

from wattgate.core.gateway.local_list import LocalList, NotMirrored, updated
from wattgate.ports.store import SaveNote, StoreFailed
from wattgate.runtime.station.station import House
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

STORE_RETRY_S: Final = 5.0
"""s until a list is stored again that the store could not keep."""


class ListMirror:
    """Keeps what a wallbox has accepted, in memory and in the store."""

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

    async def _keep(self, link_id: str) -> None:
        """Store the list as it is now; later, if the store cannot."""
        try:
            await self._house.store.commit(SaveNote(self._house.cards.note_of_list(link_id)))
        except StoreFailed as exc:
            say_not_stored(exc, local_list=link_id)
            if link_id not in self._unstored:
                self._unstored.add(link_id)
                self._house.tasks.spawn(self._keep_later(link_id), name=f"list of {link_id}")

    async def _keep_later(self, link_id: str) -> None:
        await asyncio.sleep(STORE_RETRY_S)
        self._unstored.discard(link_id)
        await self._keep(link_id)
