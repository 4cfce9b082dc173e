"""A card is shown at a wallbox: its backend decides, or the gateway by what it knows (R51-R53)."""

from typing import Final

import structlog

from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.authorisation import AuthorizationStatus, Place
from wattgate.core.station.connector import ConnectorStatus
from wattgate.ports.store import RememberTag, TagRecord
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.backend_answers import tag_info_text
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.station import House, Station

log = structlog.get_logger()

LOGIN_WAIT_S: Final = 1.5
"""s that a card waits for a login at its backend that is under way (R53)."""

MUTE_WAIT_S: Final = 2.0
"""s it waits while the backend has been letting us wait in vain (R53, R61a)."""


def judge_session(house: House, evse: EvseOcpp16 | None, id_tag: str) -> AuthorizationStatus:
    """Decide about the card of a transaction; None is a connector that the site does not know.

    It is said loudly where nobody decides about cards at all.
    """
    place = evse.place if evse is not None else Place()
    if house.cards.is_open_to_all(place):
        log.warning(
            "anybody may charge here: no backend and no cards",
            evse=evse.evse_id if evse is not None else "",
        )
    return house.cards.decide(place, id_tag)


class Authorising:
    """Answers the Authorize of one wallbox."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house

    def authorize(self, ask: Ask, rule: Rule) -> None:
        """Answer it; without a backend within 2 s."""
        id_tag = read_scalar(ask.call.payload_text, ("idTag",))
        if not isinstance(id_tag, str):
            code = "OccurenceConstraintViolation" if id_tag is None else "TypeConstraintViolation"
            ask.refuse(code, "idTag is missing or no text")
            return
        evse = self._evse()
        link = evse.link
        if link is None:
            self._decide_here(ask, evse, id_tag)
        elif link.is_online:
            self._ask_backend(ask, rule, evse, link, id_tag)
        else:
            self._station.in_background(ask, self._ask_once_online(ask, rule, evse, link, id_tag))

    def _evse(self) -> EvseOcpp16:
        """Authorize names no connector: where a car waits for a card, else the first (R101)."""
        waiting = [
            evse
            for evse in self._station.evses
            if evse.connector.status is ConnectorStatus.PREPARING and evse.transaction is None
        ]
        if len(waiting) == 1:
            return waiting[0]
        return self._station.primary or self._station.evses[0]

    async def _ask_once_online(
        self, ask: Ask, rule: Rule, evse: EvseOcpp16, link: BackendLink, id_tag: str
    ) -> None:
        """A card may be shown while the first login is under way; R53 leaves 2 s for an answer."""
        if await link.online_within(LOGIN_WAIT_S):
            self._ask_backend(ask, rule, evse, link, id_tag)
        else:
            self._decide_here(ask, evse, id_tag)

    def _ask_backend(
        self, ask: Ask, rule: Rule, evse: EvseOcpp16, link: BackendLink, id_tag: str
    ) -> None:
        def heard(outcome: Outcome) -> None:
            match outcome:
                case CallResult(_, payload_text):
                    ask.answer(payload_text)
                    self._remember(link, id_tag, payload_text)
                case CallError() | NoAnswer():
                    self._decide_here(ask, evse, id_tag)

        timeout_s = MUTE_WAIT_S if link.pump.answers_late else rule.timeout_s
        link.ask("Authorize", ask.call.payload_text, heard, timeout_s=timeout_s)

    def _decide_here(self, ask: Ask, evse: EvseOcpp16, id_tag: str) -> None:
        """Never with a parentIdTag or an expiryDate that no backend gave (R53)."""
        status = self._house.cards.decide(evse.place, id_tag)
        ask.answer(f'{{"idTagInfo":{{"status":"{status.value}"}}}}')

    def _remember(self, link: BackendLink, id_tag: str, answer_text: str) -> None:
        info_text = tag_info_text(answer_text)
        if info_text is None:
            return
        link_id = link.identity.link_id
        self._house.cards.heard(link_id, id_tag, info_text)
        tag = TagRecord(link_id, id_tag, info_text, self._house.tools.clock.wall())
        self._house.tasks.spawn(self._store(tag), name=f"card of {link_id}")

    async def _store(self, tag: TagRecord) -> None:
        await self._house.store.commit(RememberTag(tag))
