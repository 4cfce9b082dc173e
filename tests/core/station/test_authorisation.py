from datetime import UTC, datetime, timedelta, timezone

import pytest

from wattgate.core.station.authorisation import (
    AuthorizationStatus,
    LocalKnowledge,
    TagInfo,
    decide,
    fold,
    read_tag_info,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
ACCEPTED, BLOCKED, EXPIRED, INVALID, CONCURRENT_TX = AuthorizationStatus

NOTHING: dict[str, TagInfo] = {}
CARDS = frozenset({"04a1b2"})
NO_CARDS: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("cards", "cached", "has_backend", "status"),
    [
        # Nobody is known: open to everybody, unless a backend has the say.
        (NO_CARDS, NOTHING, False, ACCEPTED),
        (NO_CARDS, NOTHING, True, INVALID),
        # The site's cards.
        (CARDS, NOTHING, False, ACCEPTED),
        (CARDS, NOTHING, True, ACCEPTED),
        (frozenset({"other"}), NOTHING, False, INVALID),
        (frozenset({"other"}), NOTHING, True, INVALID),
        # The backend's last word comes before the site's cards.
        (NO_CARDS, {"04a1b2": TagInfo(ACCEPTED)}, True, ACCEPTED),
        (NO_CARDS, {"04a1b2": TagInfo(BLOCKED)}, True, BLOCKED),
        (CARDS, {"04a1b2": TagInfo(BLOCKED)}, True, BLOCKED),
        (CARDS, {"04a1b2": TagInfo(EXPIRED)}, True, EXPIRED),
        (CARDS, {"04a1b2": TagInfo(INVALID)}, True, INVALID),
        (CARDS, {"04a1b2": TagInfo(CONCURRENT_TX)}, True, CONCURRENT_TX),
        (NO_CARDS, {"other": TagInfo(ACCEPTED)}, True, INVALID),
    ],
)
def test_without_the_backend_its_last_word_counts_then_the_sites_cards_r53(
    cards: frozenset[str], cached: dict[str, TagInfo], has_backend: bool, status: str
) -> None:
    assert decide("04A1b2", LocalKnowledge(cards, cached, has_backend), NOON) == status


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
    assert decide("A", LocalKnowledge(CARDS, {"a": info}, has_backend=True), NOON) == status


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
