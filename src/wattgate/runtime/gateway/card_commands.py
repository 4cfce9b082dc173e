"""A backend's commands about cards: its local list in the wallbox, and what was learned of cards.

Both pass on to the wallbox, whose answer goes back to the letter. The gateway follows, for the time
in which the backend is away (R52, R55, R56).
"""

import asyncio
from typing import Final

import structlog

from wattgate.core.gateway.local_list import LocalList, NotMirrored, updated
from wattgate.core.gateway.policy import Rule
from wattgate.ports.store import ForgetTags, SaveNote, StoreFailed
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

STORE_RETRY_S: Final = 5.0
"""s until a list is stored again that the store could not keep."""


class CardCommands:
    """Handles what the backends of one EVSE ask about cards."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        self._unstored: set[str] = set()

    def send_local_list(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Pass the list on, and mirror it when the wallbox has accepted it (R56)."""
        self._station.in_background(ask, self._pass_list_on(link.identity.link_id, ask, rule))

    def clear_cache(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Forget what this backend said about cards, then let the wallbox forget (R55)."""
        self._station.in_background(ask, self._clear(link.identity.link_id, ask, rule))

    async def _pass_list_on(self, link_id: str, ask: Ask, rule: Rule) -> None:
        outcome = await self._ask_wallbox(ask, rule)
        if is_accepted(outcome):
            await self._mirror(link_id, ask.call.payload_text)
        ask.pass_on(outcome)

    async def _mirror(self, link_id: str, payload_text: str) -> None:
        match updated(self._house.cards.list_of(link_id), payload_text):
            case NotMirrored(reason):
                log.warning("local list not understood", link=link_id, reason=reason)
            case LocalList() as mirrored:
                # The wallbox has it, so it holds, stored or not.
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

    async def _clear(self, link_id: str, ask: Ask, rule: Rule) -> None:
        self._house.cards.forget(link_id)
        await self._house.store.commit(ForgetTags(link_id))
        ask.pass_on(await self._ask_wallbox(ask, rule))

    async def _ask_wallbox(self, ask: Ask, rule: Rule) -> Outcome:
        peer = self._station.presence.peer
        if peer is None:
            return NoAnswer("it is not connected", was_sent=False)
        call = ask.call
        return await peer.call(call.action, call.payload_text, timeout_s=rule.timeout_s)
