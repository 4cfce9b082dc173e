"""Who may charge when no backend answers (R52, R53, R57; product decisions, adr/0015)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload


class AuthorizationStatus(StrEnum):
    """Verdicts of OCPP 1.6 §7.2."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


class TagInfo(msgspec.Struct, frozen=True):
    """An idTagInfo as far as the gateway judges by it; `expiry` is None where it never expires."""

    status: AuthorizationStatus
    expiry: datetime | None = msgspec.field(name="expiryDate", default=None)


class _Status(msgspec.Struct):
    status: AuthorizationStatus


def read_tag_info(info_text: str) -> TagInfo | None:
    """Read an idTagInfo; None where it makes no sense.

    A no counts whatever stands beside it: an expiry date that cannot be read makes no card good.
    """
    try:
        return decode_payload(info_text, TagInfo)
    except PeerError:
        return _refusal(info_text)


def _refusal(info_text: str) -> TagInfo | None:
    try:
        status = decode_payload(info_text, _Status).status
    except PeerError:
        return None
    return None if status is AuthorizationStatus.ACCEPTED else TagInfo(status)


def fold(id_tag: str) -> str:
    """The form in which cards are compared: case-insensitive, otherwise as it is (R54)."""
    return id_tag.casefold()


@dataclass(frozen=True, slots=True)
class LastWord:
    """What a backend last said about a card, and when."""

    info: TagInfo
    said_at: datetime


@dataclass(frozen=True, slots=True)
class CardRules:
    """What a site says about cards.

    `cards` are its own, folded. `remembered` is for how long an Accepted of a backend counts while
    the backend is away, `unknown` what a card gets then that nobody knows.
    """

    cards: frozenset[str]
    remembered: timedelta
    unknown: AuthorizationStatus


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card is shown.

    `has_backend` tells whether a backend decides as soon as it can be reached, `link_id` over which
    link; None while there is no login. `uses_list`: the local list of that backend counts
    (LocalAuthListEnabled). `fixed_card` is the card that counts there where none is shown (R57);
    empty: none.
    """

    link_id: str | None = None
    has_backend: bool = False
    uses_list: bool = True
    fixed_card: str = ""


@dataclass(frozen=True, slots=True)
class LocalKnowledge:
    """What the gateway knows of one card by itself.

    `listed` is its entry in the local list of the place's backend, `last_word` what that backend
    last said about it; None where there is nothing.
    """

    rules: CardRules
    place: Place
    listed: TagInfo | None = None
    last_word: LastWord | None = None


def decide(id_tag: str, knowledge: LocalKnowledge, wall_now: datetime) -> AuthorizationStatus:
    """Decide about a card without a backend: its list, its last word, the site, in this order.

    So a card that the backend blocked stays blocked, whatever the site says of it. A site without
    backend and without cards lets everybody charge.
    """
    rules, place = knowledge.rules, knowledge.place
    if knowledge.listed is not None:
        return _still(knowledge.listed, wall_now)
    word = knowledge.last_word
    if word is not None and _counts(word, rules, wall_now):
        return _still(word.info, wall_now)
    if _is_of_the_site(id_tag, knowledge) or is_open_to_all(rules, place):
        return AuthorizationStatus.ACCEPTED
    return rules.unknown if place.has_backend else AuthorizationStatus.INVALID


def is_open_to_all(rules: CardRules, place: Place) -> bool:
    """Whether anybody may charge there, because neither a backend nor the site knows cards."""
    return not place.has_backend and not rules.cards


def _is_of_the_site(id_tag: str, knowledge: LocalKnowledge) -> bool:
    """Its owner put it into the site file: for every EVSE, or as the fixed card of this one."""
    tag, fixed = fold(id_tag), fold(knowledge.place.fixed_card)
    return tag in knowledge.rules.cards or (fixed != "" and tag == fixed)


def _counts(word: LastWord, rules: CardRules, wall_now: datetime) -> bool:
    """An acceptance gets old; a refusal holds until the backend says otherwise."""
    if word.info.status is not AuthorizationStatus.ACCEPTED:
        return True
    return wall_now - word.said_at <= rules.remembered


def _still(info: TagInfo, wall_now: datetime) -> AuthorizationStatus:
    """An accepted card whose time has run out is Expired (R52)."""
    if info.status is not AuthorizationStatus.ACCEPTED or info.expiry is None:
        return info.status
    expiry = info.expiry if info.expiry.tzinfo else info.expiry.replace(tzinfo=wall_now.tzinfo)
    return info.status if wall_now < expiry else AuthorizationStatus.EXPIRED
