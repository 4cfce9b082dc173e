import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.wallbox.sealing import Damaged, Newer, opened, sealed

TEXT = sealed({"a": [1, "\u00e4"]}, 3)


def test_what_was_sealed_is_read_back() -> None:
    assert opened(TEXT, 3) == '{"a":[1,"\u00e4"]}'.encode()


@pytest.mark.parametrize(
    ("text", "layout", "reason"),
    [
        (TEXT, 4, "layout 3, known here is 4"),
        (TEXT.replace('"a":[1', '"a":[2'), 3, "changed since"),
        (TEXT[:-5], 3, "cannot be read"),
        ("", 3, "cannot be read"),
        ("[]", 3, "cannot be read"),
        ("\ud800", 3, "cannot be read"),
        ("[" * 100_000, 3, "cannot be read"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_anything_else_is_damaged(text: str, layout: int, reason: str) -> None:
    with pytest.raises(Damaged, match=reason):
        opened(text, layout)


@pytest.mark.parametrize(("layout", "kind"), [(2, Newer), (4, Damaged)])
def test_a_later_layout_is_told_from_damage(layout: int, kind: type[Damaged]) -> None:
    with pytest.raises(Damaged) as caught:
        opened(TEXT, layout)
    assert caught.type is kind


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_no_character_can_be_exchanged_unseen(place: int, character: str) -> None:
    other = TEXT[:place] + character + TEXT[place + 1 :]
    try:
        content = opened(other, 3)
    except Damaged:
        return
    assert content == opened(TEXT, 3)
