from datetime import UTC, datetime, timedelta, timezone

import pytest

from wattgate.core.station.authorisation import (
    AuthorizationStatus,
    CardRules,
    LastWord,
    LocalKnowledge,
    Place,
    TagInfo,
    decide,
    fold,
    is_open_to_all,
    read_tag_info,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
ACCEPTED, BLOCKED, EXPIRED, INVALID, CONCURRENT_TX = AuthorizationStatus

CARDS = frozenset({"04a1b2"})
NO_CARDS: frozenset[str] = frozenset()
BACKEND = Place("L1", has_backend=True)
NO_BACKEND = Place()


def rules(
    cards: frozenset[str] = CARDS, unknown: AuthorizationStatus = INVALID, days: int = 90
) -> CardRules:
    return CardRules(cards, timedelta(days=days), unknown)


def said(status: AuthorizationStatus, days_ago: float = 0.0) -> LastWord:
    return LastWord(TagInfo(status), NOON - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("cards", "place", "unknown", "status"),
    [
        # Nobody is known: open to everybody, unless a backend has the say.
        (NO_CARDS, NO_BACKEND, INVALID, ACCEPTED),
        (NO_CARDS, BACKEND, INVALID, INVALID),
        (NO_CARDS, BACKEND, ACCEPTED, ACCEPTED),
        (NO_CARDS, Place(None, has_backend=True), INVALID, INVALID),
        # The site's cards.
        (CARDS, NO_BACKEND, INVALID, ACCEPTED),
        (CARDS, BACKEND, INVALID, ACCEPTED),
        (frozenset({"other"}), NO_BACKEND, INVALID, INVALID),
        (frozenset({"other"}), NO_BACKEND, ACCEPTED, INVALID),
        (frozenset({"other"}), BACKEND, INVALID, INVALID),
        (frozenset({"other"}), BACKEND, ACCEPTED, ACCEPTED),
        # The fixed card of an EVSE is one of the site's, there.
        (frozenset({"other"}), Place(fixed_card="04A1B2"), INVALID, ACCEPTED),
        (NO_CARDS, Place("L1", has_backend=True, fixed_card="04A1b2"), INVALID, ACCEPTED),
        (NO_CARDS, Place("L1", has_backend=True, fixed_card="other"), INVALID, INVALID),
    ],
)
def test_a_card_of_which_the_backend_said_nothing_is_judged_by_the_site_r53_r57(
    cards: frozenset[str], place: Place, unknown: AuthorizationStatus, status: str
) -> None:
    assert decide("04A1b2", LocalKnowledge(rules(cards, unknown), place), NOON) == status


def test_no_card_is_not_the_fixed_card_of_an_evse_without_one_r57() -> None:
    assert decide("", LocalKnowledge(rules(), BACKEND), NOON) == INVALID


@pytest.mark.parametrize(
    ("listed", "word", "status"),
    [
        # The list before the last word, in both directions.
        (TagInfo(ACCEPTED), said(BLOCKED), ACCEPTED),
        (TagInfo(BLOCKED), said(ACCEPTED), BLOCKED),
        (TagInfo(EXPIRED), said(ACCEPTED), EXPIRED),
        (TagInfo(INVALID), None, INVALID),
        (TagInfo(CONCURRENT_TX), None, CONCURRENT_TX),
        (TagInfo(ACCEPTED, NOON), said(ACCEPTED), EXPIRED),
        # The last word before the site's cards and the rule for unknown ones.
        (None, said(BLOCKED), BLOCKED),
        (None, said(EXPIRED), EXPIRED),
        (None, said(INVALID), INVALID),
        (None, said(CONCURRENT_TX), CONCURRENT_TX),
        (None, LastWord(TagInfo(ACCEPTED, NOON), NOON), EXPIRED),
    ],
)
def test_the_list_counts_before_the_last_word_and_both_before_the_site_r52_r53(
    listed: TagInfo | None, word: LastWord | None, status: str
) -> None:
    lenient = rules(CARDS, ACCEPTED)
    assert decide("04A1B2", LocalKnowledge(lenient, BACKEND, listed, word), NOON) == status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (said(ACCEPTED, 30), ACCEPTED),
        (said(ACCEPTED, 30.01), INVALID),
        (said(ACCEPTED, -1), ACCEPTED),  # the clock was put back
        (said(BLOCKED, 3000), BLOCKED),
    ],
)
def test_a_yes_of_the_backend_gets_old_and_a_no_does_not_r53(word: LastWord, status: str) -> None:
    knowledge = LocalKnowledge(rules(NO_CARDS, days=30), BACKEND, None, word)
    assert decide("A", knowledge, NOON) == status


@pytest.mark.parametrize(
    ("info", "status"),
    [
        (TagInfo(ACCEPTED, None), ACCEPTED),
        (TagInfo(ACCEPTED, NOON + timedelta(seconds=1)), ACCEPTED),
        (TagInfo(ACCEPTED, NOON), EXPIRED),
        (TagInfo(ACCEPTED, NOON - timedelta(days=1)), EXPIRED),
        (
            TagInfo(ACCEPTED, datetime(2026, 5, 15, 13, tzinfo=timezone(timedelta(hours=2)))),
            EXPIRED,
        ),
        (TagInfo(ACCEPTED, datetime(2026, 5, 15, 12, 1)), ACCEPTED),  # noqa: DTZ001 - as wallboxes write it
        (TagInfo(ACCEPTED, datetime(2026, 5, 15, 11, 59)), EXPIRED),  # noqa: DTZ001 - as wallboxes write it
        (TagInfo(BLOCKED, NOON - timedelta(days=1)), BLOCKED),
        (TagInfo(BLOCKED, NOON + timedelta(days=1)), BLOCKED),
    ],
)
def test_an_accepted_card_expires_and_any_other_verdict_stays_r52(
    info: TagInfo, status: str
) -> None:
    for knowledge in (
        LocalKnowledge(rules(), BACKEND, info),
        LocalKnowledge(rules(), BACKEND, None, LastWord(info, NOON)),
    ):
        assert decide("A", knowledge, NOON) == status


@pytest.mark.parametrize(
    ("cards", "place", "is_open"),
    [
        (NO_CARDS, NO_BACKEND, True),
        (CARDS, NO_BACKEND, False),
        (NO_CARDS, BACKEND, False),
        (NO_CARDS, Place(fixed_card="04A1"), True),
    ],
)
def test_a_place_is_open_to_all_where_nobody_knows_cards(
    cards: frozenset[str], place: Place, *, is_open: bool
) -> None:
    assert is_open_to_all(rules(cards), place) is is_open


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("04A1", "04a1", True),
        ("Karte", "KARTE", True),
        ("04A1", "04A1 ", False),
        ("04", "4", False),
    ],
)
def test_cards_are_compared_without_regard_to_case_and_otherwise_as_they_are_r54(
    one: str, other: str, same: bool
) -> None:
    assert (fold(one) == fold(other)) is same


@pytest.mark.parametrize(
    ("text", "info"),
    [
        ('{"status":"Accepted"}', TagInfo(ACCEPTED)),
        ('{"status":"Blocked","parentIdTag":"P"}', TagInfo(BLOCKED)),
        ('{"status":"Accepted","expiryDate":null}', TagInfo(ACCEPTED)),
        ('{"status":"Blocked","expiryDate":""}', TagInfo(BLOCKED)),
        ('{"status":"Expired","expiryDate":"soon"}', TagInfo(EXPIRED)),
        ('{"expiryDate":"2026-05-15T12:00:00Z","status":"Accepted"}', TagInfo(ACCEPTED, NOON)),
        ('{"expiryDate":"2026-05-15T14:00:00+02:00","status":"Accepted"}', TagInfo(ACCEPTED, NOON)),
    ],
)
def test_an_id_tag_info_says_the_verdict_and_until_when(text: str, info: TagInfo) -> None:
    assert read_tag_info(text) == info


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"status":"accepted"}',
        '{"status":"Accepted","expiryDate":"soon"}',
        '{"status":"Accepted","x":' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_an_id_tag_info_without_sense_is_none(text: str) -> None:
    assert read_tag_info(text) is None
