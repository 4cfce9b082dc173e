from datetime import timedelta

import pytest
from tests.support.wallboxes import NOON

from wattgate.core.wallbox.authorisation import ACCEPTED, MAX_CACHED, Authorisation, TagInfo

LISTED = TagInfo("Blocked")
CACHED = TagInfo("Accepted")


def known(authorisation: Authorisation, id_tag: str, *, a_list: bool = True) -> str | None:
    return authorisation.known_status(id_tag, NOON, use_list=a_list, use_cache=True)


@pytest.mark.parametrize(
    ("info", "status"),
    [
        (TagInfo("Accepted"), "Accepted"),
        (TagInfo("Accepted", NOON), "Expired"),
        (TagInfo("Accepted", NOON + timedelta(seconds=1)), "Accepted"),
        (TagInfo("Blocked", NOON), "Blocked"),
    ],
)
def test_an_accepted_card_expires_r52(info: TagInfo, status: str) -> None:
    assert info.status_at(NOON) == status


def test_the_list_counts_more_than_the_cache_r52() -> None:
    authorisation = Authorisation()
    authorisation.remember("A", CACHED)
    authorisation.update_list(1, {"A": LISTED}, full=True)
    assert known(authorisation, "A") == "Blocked"
    assert known(authorisation, "A", a_list=False) == "Accepted"
    assert authorisation.known_status("A", NOON, use_list=False, use_cache=False) is None


def test_case_makes_no_difference_r54() -> None:
    authorisation = Authorisation()
    authorisation.remember("aB", CACHED)
    assert known(authorisation, "Ab") == "Accepted"


def test_a_cleared_cache_knows_nobody() -> None:
    authorisation = Authorisation()
    authorisation.remember("A", CACHED)
    authorisation.forget()
    assert known(authorisation, "A") is None


def test_a_difference_adds_changes_and_removes() -> None:
    authorisation = Authorisation()
    authorisation.update_list(1, {"A": LISTED, "B": LISTED}, full=True)
    assert authorisation.length_after(["c", "a"], full=False) == 3
    assert authorisation.length_after(["c", "a"], full=True) == 2
    authorisation.update_list(2, {"a": None, "B": CACHED, "C": CACHED}, full=False)
    assert [known(authorisation, tag) for tag in "ABC"] == [None, "Accepted", "Accepted"]
    assert authorisation.list_version == 2


def test_a_full_list_replaces() -> None:
    authorisation = Authorisation()
    authorisation.update_list(1, {"A": CACHED}, full=True)
    authorisation.update_list(2, {"B": CACHED}, full=True)
    assert [known(authorisation, tag) for tag in "AB"] == [None, "Accepted"]


def test_the_cache_forgets_what_was_asked_longest_ago() -> None:
    made = Authorisation()
    for number in range(MAX_CACHED):
        made.remember(f"C{number}", TagInfo(ACCEPTED))
    made.remember("C0", TagInfo(ACCEPTED))
    made.remember("new", TagInfo(ACCEPTED))
    assert len(made.cache) == MAX_CACHED
    assert {"c0", "new"} <= set(made.cache)
    assert "c1" not in made.cache
