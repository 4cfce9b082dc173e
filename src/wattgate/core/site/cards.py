"""What a site says about cards, as whoever judges a card needs it."""

from datetime import timedelta
from typing import Final

from wattgate.core.site.model import Site, UnknownOffline
from wattgate.core.station.authorisation import AuthorizationStatus, CardRules, fold

_UNKNOWN: Final = {
    UnknownOffline.INVALID: AuthorizationStatus.INVALID,
    UnknownOffline.ACCEPT: AuthorizationStatus.ACCEPTED,
}


def card_rules(site: Site) -> CardRules:
    """The site's cards, and what holds for the others while their backend is away (R53)."""
    return CardRules(
        cards=frozenset(fold(card.id_tag) for card in site.cards),
        remembered=timedelta(days=site.site.card_days),
        unknown=_UNKNOWN[site.site.unknown_offline],
    )
