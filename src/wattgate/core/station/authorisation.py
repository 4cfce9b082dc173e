"""Who may charge when no backend answers (R53, R57; product decisions)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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


def read_tag_info(info_text: str) -> TagInfo | None:
    """Read an idTagInfo; None where it makes no sense."""
    try:
        return decode_payload(info_text, TagInfo)
    except PeerError:
        return None


def fold(id_tag: str) -> str:
    """The form in which cards are compared: case-insensitive, otherwise as it is (R54)."""
    return id_tag.casefold()


@dataclass(frozen=True, slots=True)
class LocalKnowledge:
    """What the gateway knows about cards by itself.

    `cards` are those of the site, folded; `cached` what the EVSE's backend last said about a
    folded tag; `has_backend` tells whether one decides as soon as it can be reached.
    """

    cards: frozenset[str]
    cached: Mapping[str, TagInfo]
    has_backend: bool


def decide(id_tag: str, knowledge: LocalKnowledge, wall_now: datetime) -> AuthorizationStatus:
    """Decide about a card without a backend.

    The backend's last word counts before the site's cards, so that a card it blocked stays
    blocked; a site without backend and without cards lets everybody charge.
    """
    tag = fold(id_tag)
    cached = knowledge.cached.get(tag)
    if cached is not None:
        return _still(cached, wall_now)
    if tag in knowledge.cards:
        return AuthorizationStatus.ACCEPTED
    if not knowledge.has_backend and not knowledge.cards:
        return AuthorizationStatus.ACCEPTED
    return AuthorizationStatus.INVALID


def _still(info: TagInfo, wall_now: datetime) -> AuthorizationStatus:
    """An accepted card whose time has run out is Expired (R52)."""
    if info.status is not AuthorizationStatus.ACCEPTED or info.expiry is None:
        return info.status
    expiry = info.expiry if info.expiry.tzinfo else info.expiry.replace(tzinfo=wall_now.tzinfo)
    return info.status if wall_now < expiry else AuthorizationStatus.EXPIRED
