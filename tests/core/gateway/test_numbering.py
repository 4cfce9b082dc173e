import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.numbering import (
    Guest,
    Numbering,
    numbered,
    numbering_text,
    read_numbering,
)

OLD = Numbering("left", {"left": 1, "right": 2})
"""As it was stored before it said where the EVSEs stand."""


def guest(evse_id: str, point: str | None = None) -> Guest:
    """An EVSE at a wallbox of its own, at `point`; of that name, where none is given."""
    where = evse_id if point is None else point
    return Guest(evse_id, where)


def numbers(known: Numbering | None, *guests: Guest, served: str = "") -> dict[str, int]:
    """Who has which number, where the site has `served` beside them."""
    ids = {*served.split(), *(each.evse_id for each in guests)}
    return dict(numbered(known, guests, ids).numbers)


@pytest.mark.parametrize(
    ("known", "evse_ids", "expected"),
    [
        (None, "left right", {"left": 1, "right": 2}),
        (OLD, "left right", {"left": 1, "right": 2}),
        (OLD, "right left", {"left": 1, "right": 2}),
        (OLD, "right", {"left": 1, "right": 2}),
        (OLD, "right new", {"left": 1, "right": 2, "new": 3}),
        (OLD, "new left", {"left": 1, "right": 2, "new": 3}),
        (Numbering("a", {}), "b", {"b": 1}),
    ],
    ids=["file order", "as before", "reordered", "one gone", "after one", "before", "none yet"],
)
def test_p16_a_number_is_given_once_and_never_to_another(
    known: Numbering | None, evse_ids: str, expected: dict[str, int]
) -> None:
    assert numbers(known, *map(guest, evse_ids.split())) == expected


KNOWN = numbered(None, [guest("left"), guest("right")], {"left", "right"})


@pytest.mark.parametrize(
    ("guests", "served", "expected"),
    [
        ([guest("heir", "right"), guest("left")], "", {"left": 1, "heir": 2}),
        ([guest("heir", "right")], "", {"left": 1, "heir": 2}),
        ([guest("heir", "elsewhere")], "", {"left": 1, "right": 2, "heir": 3}),
        ([guest("heir", "right"), guest("right", "moved")], "", {"left": 1, "right": 2, "heir": 3}),
        ([guest("heir", "right")], "right", {"left": 1, "right": 2, "heir": 3}),
        ([guest("left", "right"), guest("heir", "left")], "", {"left": 1, "right": 2, "heir": 3}),
        ([guest("one", "left"), guest("two", "left")], "", {"right": 2, "one": 1, "two": 3}),
    ],
    ids=[
        "renamed",
        "renamed, the other gone",
        "another place",
        "moved within the login",
        "moved to another login",
        "its place was left by one that is here",
        "two at one point",
    ],
)
def test_p16_a_renamed_evse_keeps_the_number_of_its_connector(
    guests: list[Guest], served: str, expected: dict[str, int]
) -> None:
    assert numbers(KNOWN, *guests, served=served) == expected


def test_p16_a_name_that_comes_back_to_its_connector_has_the_same_number_again() -> None:
    renamed = numbered(KNOWN, [guest("heir", "right")], {"heir"})
    assert numbers(renamed, guest("right")) == {"left": 1, "right": 2}


def test_p16_where_an_evse_stood_last_counts_for_its_heir() -> None:
    moved = numbered(KNOWN, [guest("right", "new place")], {"right"})
    assert numbers(moved, guest("heir", "new place")) == {"left": 1, "heir": 2}
    assert numbers(moved, guest("heir", "right")) == {"left": 1, "right": 2, "heir": 3}


def test_what_was_stored_before_knows_no_heirs_until_it_is_known_who_stands_where() -> None:
    assert numbers(OLD, guest("heir", "right")) == {"left": 1, "right": 2, "heir": 3}
    since = numbered(OLD, [guest("left"), guest("right")], {"left", "right"})
    assert numbers(since, guest("heir", "right")) == {"left": 1, "heir": 2}


def test_a_link_keeps_its_name_whoever_is_there() -> None:
    later = numbered(KNOWN, [guest("heir", "right"), guest("right", "moved")], set())
    assert later.founder == "left"


IDS = st.sampled_from(["a", "b", "c", "d"])
SITES = st.lists(
    st.dictionaries(IDS, st.integers(1, 4), min_size=1).filter(
        lambda site: len(set(site.values())) == len(site)
    ),
    min_size=1,
    max_size=6,
)


@given(SITES)
def test_p16_whoever_comes_goes_moves_or_is_renamed_no_number_changes_and_no_two_have_the_same(
    sites: list[dict[str, int]],
) -> None:
    numbering: Numbering | None = None
    highest = 0
    for site in sites:
        guests = [guest(evse_id, str(point)) for evse_id, point in site.items()]
        before = dict(numbering.numbers) if numbering is not None else {}
        numbering = read_numbering(numbering_text(numbered(numbering, guests, site)))
        assert numbering is not None
        assert set(site) <= set(numbering.numbers)
        assert {each: numbering.numbers[each] for each in site if each in before} == {
            each: before[each] for each in site if each in before
        }
        assert sorted(numbering.numbers.values()) == list(range(1, numbering.highest + 1))
        assert numbering.highest >= highest
        assert numbering.founder == next(iter(sites[0]))
        highest = numbering.highest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"founder":"a","numbers":{"a":0}}',
        '{"founder":"a","numbers":{"a":"1"}}',
        '{"founder":"a","numbers":{"a":1,"b":1}}',
    ],
)
def test_a_note_that_says_no_numbering_is_not_believed(text: str) -> None:
    assert read_numbering(text) is None


def test_a_note_from_before_is_read_without_points() -> None:
    assert read_numbering('{"founder":"left","numbers":{"left":1,"right":2}}') == OLD


def test_a_point_of_nobody_in_a_note_gives_nothing() -> None:
    odd = Numbering("a", {"a": 1}, {"a": "here", "ghost": "there"})
    assert numbers(odd, guest("heir", "there")) == {"a": 1, "heir": 2}
