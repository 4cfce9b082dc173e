"""What a card reader on a serial line sends: the bytes of a stream as cards."""

from typing import Final

MOST_CHARS: Final = 20
"""Characters of a card's text (OCPP 1.6 §7.31, CiString20Type)."""

_STX: Final = 0x02
_ENDS: Final = b"\r\n\x03\x00"
"""A line ends with CR, LF or both; readers that frame with STX end with ETX."""

_VISIBLE: Final = range(0x21, 0x7F)


class CardFrames:
    """Cuts a stream into cards, one per line or STX frame.

    What is no card is passed over as a whole: empty, too long, or with characters that no card's
    text has. Never more than one card's length is kept, whatever comes in.
    """

    def __init__(self) -> None:
        self._frame = bytearray()
        self._is_spoilt = False

    def feed(self, data: bytes) -> list[str]:
        """Take in what was read; the cards that are complete with it."""
        return [card for byte in data if (card := self._take(byte)) is not None]

    def _take(self, byte: int) -> str | None:
        if byte == _STX:
            self._begin()
        elif byte in _ENDS:
            card = self._frame.decode("ascii")
            is_card = bool(card) and not self._is_spoilt
            self._begin()
            return card if is_card else None
        elif byte not in _VISIBLE or len(self._frame) >= MOST_CHARS:
            self._is_spoilt = True
        else:
            self._frame.append(byte)
        return None

    def _begin(self) -> None:
        self._frame.clear()
        self._is_spoilt = False
