"""A card is shown at a wallbox: its backend decides, or the gateway by what it knows (R51-R53)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from wattgate.core.gateway.policy import CONNECTOR, TRANSACTION, Rule
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import Scalar, read_scalar
from wattgate.core.ocpp.v16._generated import AuthorizeRequest
from wattgate.core.ocpp.v16.payload import payload_text
from wattgate.core.station.authorisation import AuthorizationStatus, Place
from wattgate.core.station.fixed_card import ID_TAG
from wattgate.ports.store import RememberTag, TagRecord
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.delivery.backend_answers import tag_info_text
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.card_routing import (
    CardRouting,
    as_read_at,
    card_in,
    judge_of,
)
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

LOGIN_WAIT_S: Final = 1.5
"""s that a card waits for a login at its backend that is under way (R53)."""

ASK_WAIT_S: Final = 20.0
"""s that a backend has for a card that nobody waits with (R57)."""

STATUS: Final = ("idTagInfo", "status")

MUTE_WAIT_S: Final = 2.0
"""s it waits while the backend has been letting us wait in vain (R53, R61a)."""


def judge_session(house: House, evse: StationEvse | None, id_tag: str) -> AuthorizationStatus:
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
        self._routing = CardRouting(station)
        self._evse_of: Mapping[str, Callable[[str], StationEvse | None]] = {
            "StartTransaction": self._starting,
            "StopTransaction": self._stopping,
        }

    def with_fixed_card(self, ask: Ask) -> Ask:
        """The same message with the EVSE's fixed card where the wallbox names its free tag (R57).

        So it is judged, recorded and told to the backend under that card. An Authorize names no
        EVSE: that is done when it is known whom it is for.
        """
        find = self._evse_of.get(ask.call.action)
        evse = find(ask.call.payload_text) if find is not None else None
        return ask if evse is None else as_read_at(evse, ask)

    def authorize(self, ask: Ask, rule: Rule) -> None:
        """Answer it; without a backend within 2 s."""
        id_tag = read_scalar(ask.call.payload_text, ID_TAG)
        if not isinstance(id_tag, str):
            code = "OccurenceConstraintViolation" if id_tag is None else "TypeConstraintViolation"
            ask.refuse(code, "idTag is missing or no text")
            return
        now = self._house.tools.clock.monotonic()
        chosen = self._routing.route(id_tag, now)
        for each in self._station.evses:
            if each.evse_id in chosen.meant:
                each.card_shown_at = now
        by_id = {evse.evse_id: evse for evse in self._station.evses}
        share_s = rule.timeout_s / len(chosen.asked)
        self._ask(_Shown(ask, now, share_s), [by_id[evse_id] for evse_id in chosen.asked])

    def _starting(self, payload_text: str) -> StationEvse | None:
        return self._station.evse_at(read_scalar(payload_text, CONNECTOR))

    def _stopping(self, payload_text: str) -> StationEvse | None:
        """Where its transaction runs; an only EVSE also where that is not known any more."""
        transaction_id = read_scalar(payload_text, TRANSACTION)
        for evse in self._station.evses:
            running = evse.transaction
            if running is not None and running.record.transaction_id == transaction_id:
                return evse
        return self._station.evses[0] if len(self._station.evses) == 1 else None

    # Who decides

    def _ask(self, shown: "_Shown", evses: Sequence[StationEvse]) -> None:
        """Ask the backend of the first; of the others, where it does not accept."""
        evse, others = evses[0], evses[1:]
        ask = as_read_at(evse, shown.ask)
        id_tag = card_in(ask)
        judge = judge_of(evse, id_tag)
        card, link = _Card(shown, ask, evse, id_tag, judge.place, others), judge.link
        if link is None:
            self._decide_here(card)
        elif link.is_online:
            self._ask_backend(card, link)
        elif shown.refusal is None:
            self._station.in_background(shown.ask, self._ask_once_online(card, link))
        else:
            self._decide_here(card)  # enough was waited for

    async def _ask_once_online(self, card: "_Card", link: BackendLink) -> None:
        """A card may be shown while the first login is under way; R53 leaves 2 s for an answer."""
        if await link.online_within(LOGIN_WAIT_S):
            self._ask_backend(card, link)
        else:
            self._decide_here(card)

    def _ask_backend(self, card: "_Card", link: BackendLink) -> None:
        def heard(outcome: Outcome) -> None:
            match outcome:
                case CallResult(_, payload_text):
                    self._judged(card, payload_text)
                    remember(self._house, link, card.id_tag, payload_text)
                case CallError() | NoAnswer():
                    self._decide_here(card)

        timeout_s = MUTE_WAIT_S if link.pump.answers_late else card.shown.share_s
        ask = card.ask
        link.ask("Authorize", ask.call.payload_text, heard, timeout_s=timeout_s, source=ask.source)

    def _decide_here(self, card: "_Card") -> None:
        """Never with a parentIdTag or an expiryDate that no backend gave (R53)."""
        status = self._house.cards.decide(card.place, card.id_tag)
        text = f'{{"idTagInfo":{{"status":"{status.value}"}}}}'
        self._judged(card, text, "by what is known here (R53)")

    def _judged(self, card: "_Card", answer_text: str, because: str = "") -> None:
        """Somebody has decided; where nobody accepts, the first has the say."""
        shown = card.shown
        if read_scalar(answer_text, STATUS) == AuthorizationStatus.ACCEPTED:
            self._routing.accepted(card.evse, card.id_tag, shown.at)
            shown.ask.answer(answer_text, because)
            return
        refusal = shown.refusal or (answer_text, because)
        if card.others:
            self._ask(replace(shown, refusal=refusal), card.others)
            return
        shown.ask.answer(*refusal)
        for evse in self._station.evses:
            if evse.card_shown_at == shown.at:
                evse.card_shown_at = None  # what is refused starts nothing: it was not shown


@dataclass(frozen=True, slots=True)
class _Shown:
    """A card that was shown at the wallbox, when (monotonic, s), and how it was refused so far.

    `share_s` is what each of those that are asked has for its answer.
    """

    ask: Ask
    at: float
    share_s: float
    refusal: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Card:
    """The same for one EVSE: the card as it counts there, and who is asked after it.

    `place` is for a verdict without its backend.
    """

    shown: _Shown
    ask: Ask
    evse: StationEvse
    id_tag: str
    place: Place
    others: Sequence[StationEvse]


async def ask_about(house: House, evse: StationEvse, id_tag: str) -> Scalar:
    """The verdict about a card that nobody shows: the backend's, or our own while it is away."""
    link = evse.link
    if link is not None and await link.online_within(LOGIN_WAIT_S):
        outcome = await _answer(link, payload_text(AuthorizeRequest(id_tag=id_tag)))
        if isinstance(outcome, CallResult):
            remember(house, link, id_tag, outcome.payload_text)
            return read_scalar(outcome.payload_text, STATUS)
    return house.cards.decide(evse.place, id_tag)


async def _answer(link: BackendLink, request_text: str) -> Outcome:
    asked: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def heard(outcome: Outcome) -> None:
        if not asked.done():  # whoever waited may be gone
            asked.set_result(outcome)

    link.ask("Authorize", request_text, heard, timeout_s=ASK_WAIT_S)
    return await asked


def remember(house: House, link: BackendLink, id_tag: str, answer_text: str) -> None:
    """Keep what a backend's answer says about a card, for when it is away (R52)."""
    info_text = tag_info_text(answer_text)
    if info_text is None:
        return
    link_id = link.identity.link_id
    house.cards.heard(link_id, id_tag, info_text)
    tag = TagRecord(link_id, id_tag, info_text, house.tools.clock.wall())
    house.tasks.spawn(_store(house, tag), name=f"card of {link_id}")


async def _store(house: House, tag: TagRecord) -> None:
    await house.store.commit(RememberTag(tag))
