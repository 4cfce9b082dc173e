"""A backend's commands about cards: its local list in the wallbox, and what was learned of cards.

Both pass on to the wallbox, whose answer goes back to the letter. The gateway follows, for the time
in which the backend is away (R52, R55, R56).
"""

from wattgate.core.gateway.policy import Rule
from wattgate.ports.store import ForgetTags
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.gateway.list_mirror import ListMirror
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station


class CardCommands:
    """Handles what the backend of one EVSE asks about cards."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        self._mirror = ListMirror(station.house)

    def send_local_list(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Pass the list on, and mirror it when the wallbox has accepted it (R56)."""
        self._station.in_background(ask, self._pass_list_on(link.identity.link_id, ask, rule))

    def clear_cache(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Forget what this backend said about cards, then let the wallbox forget (R55)."""
        self._station.in_background(ask, self._clear(link.identity.link_id, ask, rule))

    async def _pass_list_on(self, link_id: str, ask: Ask, rule: Rule) -> None:
        outcome = await self._ask_wallbox(ask, rule)
        if is_accepted(outcome):
            await self._mirror.accepted(link_id, ask.call.payload_text)
        ask.pass_on(outcome)

    async def _clear(self, link_id: str, ask: Ask, rule: Rule) -> None:
        self._house.cards.forget(link_id)
        await self._house.store.commit(ForgetTags(link_id))
        ask.pass_on(await self._ask_wallbox(ask, rule))

    async def _ask_wallbox(self, ask: Ask, rule: Rule) -> Outcome:
        peer = self._station.presence.peer
        if peer is None:
            return NoAnswer("it is not connected", was_sent=False)
        return await peer.call(
            ask.call.action, ask.call.payload_text, timeout_s=rule.timeout_s, source=ask.source
        )
