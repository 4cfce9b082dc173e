import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.adapters.hardware.card_frames import MOST_CHARS, CardFrames


@pytest.mark.parametrize(
    ("data", "cards"),
    [
        (b"04A1B2C3\r\n", ["04A1B2C3"]),
        (b"04A1B2C3\n04A1B2C3\n", ["04A1B2C3", "04A1B2C3"]),
        (b"\x0204A1B2C3\x03", ["04A1B2C3"]),
        (b"\x0204A1B2C3\r\n\x03", ["04A1B2C3"]),
        (b"nois\x0204A1\x03", ["04A1"]),
        (b"04:A1:B2\r", ["04:A1:B2"]),
        (b"\r\n\r\n\x02\x03", []),
        (b"04A1", []),
        (b"A" * 21 + b"\nB\n", ["B"]),
        (b"A" * 20 + b"\n", ["A" * 20]),
        (b"\x1b[2J\n", []),
        (b"04 A1\nB\n", ["B"]),
        (b"04\xff\xfeA1\n", []),
    ],
)
def test_a_line_or_a_frame_is_a_card(data: bytes, cards: list[str]) -> None:
    assert CardFrames().feed(data) == cards
    piecemeal = CardFrames()
    assert [card for byte in data for card in piecemeal.feed(bytes([byte]))] == cards


@given(st.binary(max_size=200))
def test_whatever_comes_only_cards_come_out_and_little_is_kept(data: bytes) -> None:
    frames = CardFrames()
    for card in frames.feed(data):
        assert 1 <= len(card) <= MOST_CHARS
        assert card.isascii()
        assert card.isprintable()
        assert " " not in card
    assert len(frames._frame) <= MOST_CHARS
