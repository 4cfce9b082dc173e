"""Who may charge while no backend answers (R51-R54)."""

from datetime import UTC, datetime

import pytest

from wattgate.core.station.authorisation import AuthorizationStatus as Status
from wattgate.ports.store import TagRecord
from wattgate.runtime.station.knowledge import CardKnowledge

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)


class Noon:
    """A clock that stands still."""

    def monotonic(self) -> float:
        return 0.0

    def wall(self) -> datetime:
        return NOON


def knowledge(*cards: str) -> CardKnowledge:
    return CardKnowledge(Noon(), lambda: frozenset(cards))


def test_a_site_without_cards_and_without_a_backend_lets_everybody_charge() -> None:
    assert knowledge().decide(None, "04A1") is Status.ACCEPTED


@pytest.mark.parametrize(("card", "status"), [("04A1", Status.ACCEPTED), ("FFFF", Status.INVALID)])
def test_the_sites_cards_decide_where_no_backend_does(card: str, status: Status) -> None:
    assert knowledge("04a1").decide(None, card) is status


def test_what_a_backend_said_counts_for_its_own_link_only_and_in_any_case() -> None:
    cards = knowledge("04a1")
    cards.heard("L1", "BB01", '{"status":"Accepted"}')
    assert cards.decide("L1", "bb01") is Status.ACCEPTED
    assert cards.decide("L2", "BB01") is not Status.ACCEPTED


@pytest.mark.parametrize(("cards", "are_listed"), [((), False), (("04a1",), True)])
def test_whether_the_site_names_cards_is_told(cards: tuple[str, ...], are_listed: bool) -> None:
    assert knowledge(*cards).are_listed is are_listed


def test_what_makes_no_sense_is_not_remembered() -> None:
    cards = knowledge("04a1")
    cards.heard("L1", "BB01", '{"status":"Accepted"}')
    cards.heard("L1", "BB01", '{"status":"Perhaps"}')
    assert cards.decide("L1", "BB01") is Status.ACCEPTED


def test_what_was_stored_is_known_again() -> None:
    cards = knowledge("04a1")
    cards.recover([TagRecord("L1", "BB01", '{"status":"Blocked"}', NOON)])
    assert cards.decide("L1", "BB01") is Status.BLOCKED
