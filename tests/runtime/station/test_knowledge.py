"""Who may charge while no backend answers (R51-R54)."""

from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.gateway.local_list import LocalList
from wattgate.core.site.cards import card_rules
from wattgate.core.site.model import CardSettings, Site
from wattgate.core.station.authorisation import AuthorizationStatus as Status
from wattgate.core.station.authorisation import Place, TagInfo
from wattgate.ports.store import NoteRecord, TagRecord
from wattgate.runtime.station.knowledge import CardKnowledge

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
NO_BACKEND = Place()
ONE, TWO = Place("L1", has_backend=True), Place("L2", has_backend=True)
YES, NO = '{"status":"Accepted"}', '{"status":"Blocked"}'


class Noon:
    """A clock that stands still."""

    def monotonic(self) -> float:
        return 0.0

    def wall(self) -> datetime:
        return NOON

    def is_synchronised(self) -> bool:
        return True


def knowledge(*cards: str) -> CardKnowledge:
    site = Site(cards=tuple(CardSettings(id_tag=card) for card in cards))
    return CardKnowledge(Noon(), lambda: card_rules(site))


def test_a_site_without_cards_and_without_a_backend_lets_everybody_charge() -> None:
    assert knowledge().decide(NO_BACKEND, "04A1") is Status.ACCEPTED
    assert knowledge().is_open_to_all(NO_BACKEND)
    assert not knowledge("04A1").is_open_to_all(NO_BACKEND)


@pytest.mark.parametrize(("card", "status"), [("04A1", Status.ACCEPTED), ("FFFF", Status.INVALID)])
def test_the_sites_cards_decide_where_no_backend_does(card: str, status: Status) -> None:
    assert knowledge("04a1").decide(NO_BACKEND, card) is status


def test_what_a_backend_said_counts_for_its_own_link_only_and_in_any_case_r54() -> None:
    cards = knowledge("04a1")
    cards.heard("L1", "BB01", YES)
    assert cards.decide(ONE, "bb01") is Status.ACCEPTED
    assert cards.decide(TWO, "BB01") is Status.INVALID


@pytest.mark.parametrize(("cards", "are_listed"), [((), False), (("04a1",), True)])
def test_whether_the_site_names_cards_is_told(cards: tuple[str, ...], are_listed: bool) -> None:
    assert knowledge(*cards).are_listed is are_listed


def test_what_makes_no_sense_is_not_remembered() -> None:
    cards = knowledge("04a1")
    cards.heard("L1", "BB01", YES)
    cards.heard("L1", "BB01", '{"status":"Perhaps"}')
    assert cards.decide(ONE, "BB01") is Status.ACCEPTED


def test_what_was_stored_is_known_again_and_as_old_as_it_is_r53() -> None:
    cards = knowledge()
    cards.recover(
        [
            TagRecord("L1", "BB01", NO, NOON),
            TagRecord("L1", "BB02", YES, NOON - timedelta(days=90)),
            TagRecord("L1", "BB03", YES, NOON - timedelta(days=91)),
        ]
    )
    verdicts = [cards.decide(ONE, tag) for tag in ("BB01", "BB02", "BB03")]
    assert verdicts == [Status.BLOCKED, Status.ACCEPTED, Status.INVALID]


def test_a_list_counts_before_what_was_said_for_its_own_link_only_r52() -> None:
    cards = knowledge()
    for link in ("L1", "L2"):
        cards.heard(link, "BB01", YES)
    cards.set_list("L1", LocalList(1, {"bb01": TagInfo(Status.BLOCKED)}))
    assert cards.decide(ONE, "BB01") is Status.BLOCKED
    assert cards.decide(TWO, "BB01") is Status.ACCEPTED


def test_a_list_is_known_again_from_its_note_r56() -> None:
    cards, again = knowledge(), knowledge()
    cards.set_list("L1", LocalList(3, {"bb01": TagInfo(Status.ACCEPTED)}))
    note = cards.note_of_list("L1", cards.list_of("L1"))
    again.recover([], [note, NoteRecord("another scope", "L2", note.text)])
    assert again.list_of("L1") == cards.list_of("L1")
    assert again.list_of("L2") == LocalList()


def test_a_note_that_cannot_be_read_is_no_list() -> None:
    cards = knowledge()
    scope = cards.note_of_list("L1", cards.list_of("L1")).scope
    cards.recover([], [NoteRecord(scope, "L1", "?")])
    assert cards.list_of("L1") == LocalList()


def test_a_cleared_cache_leaves_the_list_and_the_other_links_alone_r55() -> None:
    cards = knowledge()
    for link in ("L1", "L2"):
        cards.heard(link, "BB01", YES)
    cards.set_list("L1", LocalList(1, {"bb02": TagInfo(Status.ACCEPTED)}))
    cards.forget("L1")
    assert cards.decide(ONE, "BB01") is Status.INVALID
    assert cards.decide(ONE, "BB02") is Status.ACCEPTED
    assert cards.decide(TWO, "BB01") is Status.ACCEPTED
