import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.numbering import Numbering, numbered, numbering_text, read_numbering

FIRST = Numbering("left", {"left": 1, "right": 2})
IDS = st.lists(st.text(max_size=3), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("known", "evse_ids", "numbering"),
    [
        (None, ["left", "right"], FIRST),
        (FIRST, ["left", "right"], FIRST),
        (FIRST, ["right", "left"], FIRST),
        (FIRST, ["right"], FIRST),
        (FIRST, ["right", "new"], Numbering("left", {"left": 1, "right": 2, "new": 3})),
        (FIRST, ["new", "left"], Numbering("left", {"left": 1, "right": 2, "new": 3})),
        (Numbering("a", {}), ["b"], Numbering("a", {"b": 1})),
    ],
    ids=["file order", "as before", "reordered", "one gone", "after one", "before", "none yet"],
)
def test_p16_a_number_is_given_once_and_never_to_another(
    known: Numbering | None, evse_ids: list[str], numbering: Numbering
) -> None:
    assert numbered(known, evse_ids) == numbering


@given(st.lists(IDS, min_size=1, max_size=5))
def test_p16_whoever_comes_and_goes_keeps_the_number_and_no_two_have_the_same(
    sites: list[list[str]],
) -> None:
    numbering: Numbering | None = None
    for ids in sites:
        before = dict(numbering.numbers) if numbering is not None else {}
        numbering = read_numbering(numbering_text(numbered(numbering, ids)))
        assert numbering is not None
        assert before.items() <= numbering.numbers.items()
        assert set(ids) <= set(numbering.numbers)
        assert sorted(numbering.numbers.values()) == list(range(1, numbering.highest + 1))
        assert numbering.founder == sites[0][0]


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
