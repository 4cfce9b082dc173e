from datetime import timedelta

import pytest

from wattgate.core.site.cards import card_rules
from wattgate.core.site.model import CardSettings, Site, SiteSettings, UnknownOffline
from wattgate.core.station.authorisation import AuthorizationStatus as Status


def test_the_cards_of_a_site_are_compared_without_regard_to_case_r54() -> None:
    site = Site(cards=(CardSettings(id_tag="04A1"), CardSettings(id_tag="Karte")))
    assert card_rules(site).cards == frozenset({"04a1", "karte"})


def test_for_how_long_a_yes_counts_is_a_setting_r53() -> None:
    assert card_rules(Site()).remembered == timedelta(days=90)
    assert card_rules(Site(site=SiteSettings(card_days=3))).remembered == timedelta(days=3)


@pytest.mark.parametrize(
    ("setting", "status"),
    [(UnknownOffline.INVALID, Status.INVALID), (UnknownOffline.ACCEPT, Status.ACCEPTED)],
)
def test_what_an_unknown_card_gets_is_a_setting_r53(
    setting: UnknownOffline, status: Status
) -> None:
    assert card_rules(Site(site=SiteSettings(unknown_offline=setting))).unknown is status
    assert set(UnknownOffline) == {UnknownOffline.INVALID, UnknownOffline.ACCEPT}
