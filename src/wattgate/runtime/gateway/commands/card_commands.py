"""A backend's commands about cards: its local list, and what was learned of cards.

Where it is the only one to authorise at its wallbox, both pass on to that, whose answer goes back
to the letter; the gateway follows, for the time in which the backend is away (R52, R55, R56). Where
several do, or where a backend only listens, the gateway answers for itself: what one of them says
of cards is for nobody else (R105).
"""

from collections.abc import Callable

from wattgate.core.gateway.local_list import Keeper, ListStatus, LocalList, is_whole
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.frames import CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.store import ForgetTags
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.commands.list_mirror import ListMirror
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station

_KEPT_HERE = "the gateway keeps the list of each backend (R105)"


class CardCommands:
    """Handles what a backend of one EVSE asks about cards; `forward` passes a command on."""

    def __init__(self, station: Station, forward: Callable[[Ask, Rule], None]) -> None:
        self._station = station
        self._house = station.house
        self._forward = forward
        self._mirror = ListMirror(station.house)

    def list_version(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Say which version its list has, where the list is kept here (R55)."""
        link_id = link.identity.link_id
        if self._station.local_lists.keeper_of(link_id) is Keeper.WALLBOX:
            self._forward(ask, rule)
            return
        version = self._house.cards.list_of(link_id).version
        ask.answer(f'{{"listVersion":{version}}}', _KEPT_HERE)

    def send_local_list(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Pass the list on, and mirror it when the wallbox has accepted it (R56); or keep it."""
        link_id, lists = link.identity.link_id, self._station.local_lists
        is_for_wallbox = lists.keeper_of(link_id) is Keeper.WALLBOX
        before = self._house.cards.list_of(link_id)
        if is_for_wallbox or (lists.may_have(link_id) and is_whole(ask.call.payload_text)):
            work = self._pass_list_on(link_id, ask, rule, before)
        else:
            work = self._mirror.keep(link_id, ask, before)
        self._station.in_background(ask, work)

    def clear_cache(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Forget what this backend said about cards, then let the wallbox forget (R55).

        A wallbox that several use does not say whose a card is that it remembers: there the main
        backend alone clears its cache, too.
        """
        primary = self._station.primary
        if primary is not None and primary.link is link:
            work = self._clear(link.identity.link_id, ask, rule)
        else:
            work = self._clear_here(link.identity.link_id, ask)
        self._station.in_background(ask, work)

    async def _pass_list_on(self, link_id: str, ask: Ask, rule: Rule, before: LocalList) -> None:
        if await self._lacks(before, ask, rule):
            answer_text = f'{{"status":"{ListStatus.VERSION_MISMATCH.value}"}}'
            ask.answer(answer_text, "it would change a list that this EVSE has not")
            return
        outcome = await self._ask_wallbox(ask.call.action, ask.call.payload_text, ask, rule)
        if is_accepted(outcome):
            self._station.local_lists.took(link_id)
            await self._mirror.accepted(link_id, ask.call.payload_text)
        ask.pass_on(outcome)

    async def _lacks(self, before: LocalList, ask: Ask, rule: Rule) -> bool:
        """Whether the list to be changed is missing here, where EVSEs without OCPP share a login.

        Each has a copy of its own, and one that has come later has none: it must not get a list of
        the changes only.
        """
        is_change = before.version and not is_whole(ask.call.payload_text)
        if not is_change or not self._station.evses[0].settings.is_on_modbus:
            return False
        outcome = await self._ask_wallbox("GetLocalListVersion", "{}", ask, rule)
        if not isinstance(outcome, CallResult):
            return False  # it says so itself
        return read_scalar(outcome.payload_text, ("listVersion",)) != before.version

    async def _clear(self, link_id: str, ask: Ask, rule: Rule) -> None:
        await self._forget(link_id)
        ask.pass_on(await self._ask_wallbox(ask.call.action, ask.call.payload_text, ask, rule))

    async def _clear_here(self, link_id: str, ask: Ask) -> None:
        await self._forget(link_id)
        ask.answer('{"status":"Accepted"}', "what the gateway knew of its cards (R105)")

    async def _forget(self, link_id: str) -> None:
        self._house.cards.forget(link_id)
        await self._house.store.commit(ForgetTags(link_id))

    async def _ask_wallbox(self, action: str, payload_text: str, ask: Ask, rule: Rule) -> Outcome:
        peer = self._station.presence.peer
        if peer is None:
            return NoAnswer("it is not connected", was_sent=False)
        return await peer.call(action, payload_text, timeout_s=rule.timeout_s, source=ask.source)
