import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.adapters.ocpp_socket.fragments import CloseCode, Fragments, Violation


@given(st.text(), st.lists(st.integers(0, 40), max_size=5))
def test_a_text_cut_anywhere_comes_out_whole(text: str, cuts: list[int]) -> None:
    data = text.encode()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [data[a:b] for a, b in itertools.pairwise(places)]
    fragments = Fragments(max_bytes=len(data))
    fragments.begin(parts[0])
    for part in parts[1:]:
        assert fragments.go_on(part, final=False) is None
    assert fragments.go_on(b"", final=True) == text
    assert not fragments.is_open


def test_the_next_message_starts_empty() -> None:
    fragments = Fragments(max_bytes=2)
    for text in ("ab", "cd"):
        fragments.begin(text[:1].encode())
        assert fragments.go_on(text[1:].encode(), final=True) == text


def begin_twice(fragments: Fragments) -> None:
    fragments.begin(b"a")
    fragments.begin(b"b")


def go_on_without_a_beginning(fragments: Fragments) -> None:
    fragments.go_on(b"a", final=False)


def grow_too_long(fragments: Fragments) -> None:
    fragments.begin(b"1234")
    fragments.go_on(b"5", final=True)


def begin_too_long(fragments: Fragments) -> None:
    fragments.begin(b"12345")


def end_inside_a_character(fragments: Fragments) -> None:
    fragments.begin(b"\xc3")
    fragments.go_on(b"", final=True)


def hold_a_surrogate(fragments: Fragments) -> None:
    fragments.begin(b"\xed\xa0")
    fragments.go_on(b"\x80", final=True)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (begin_twice, CloseCode.PROTOCOL_ERROR),
        (go_on_without_a_beginning, CloseCode.PROTOCOL_ERROR),
        (grow_too_long, CloseCode.TOO_BIG),
        (begin_too_long, CloseCode.TOO_BIG),
        (end_inside_a_character, CloseCode.INVALID_TEXT),
        (hold_a_surrogate, CloseCode.INVALID_TEXT),
    ],
)
def test_a_broken_message_names_its_close_code(fault: object, code: CloseCode) -> None:
    assert callable(fault)
    with pytest.raises(Violation) as caught:
        fault(Fragments(max_bytes=4))
    assert caught.value.code is code
    assert caught.value.reason


def test_nothing_is_kept_beyond_the_limit() -> None:
    """R15: bounded memory per connection."""
    fragments = Fragments(max_bytes=4)
    fragments.begin(b"1234")
    for _ in range(3):
        with suppress(Violation):
            fragments.go_on(b"5678", final=False)
    assert fragments.go_on(b"", final=True) == "1234"
