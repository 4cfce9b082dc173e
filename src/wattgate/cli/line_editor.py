"""Typing a line on a terminal whose screen is drawn anew all the time."""

from typing import Final

_ENTER: Final = "\r\n"
_BACKSPACE: Final = "\x08\x7f"
_KILL: Final = "\x15"
_END: Final = "\x04"
_ESCAPE: Final = "\x1b"
_UP: Final = "\x1b[A"
_MOST_CHARS: Final = 1000


class LineEditor:
    """Takes keys, gives lines. The line typed last comes back with the up key.

    `text` is what was typed so far; `has_ended` says that Ctrl-D was typed on an empty line.
    """

    def __init__(self) -> None:
        self.text = ""
        self.has_ended = False
        self._last = ""
        self._sequence = ""

    def feed(self, keys: str) -> list[str]:
        """Take in what was typed; the lines that are complete with it."""
        return [line for key in keys if (line := self._take(key)) is not None]

    def _take(self, key: str) -> str | None:
        if self._sequence or key == _ESCAPE:
            self._escape(key)
        elif key in _ENTER:
            return self._entered()
        elif key in _BACKSPACE:
            self.text = self.text[:-1]
        elif key == _KILL:
            self.text = ""
        elif key == _END:
            self.has_ended = self.has_ended or not self.text
        elif key.isprintable() and len(self.text) < _MOST_CHARS:
            self.text += key
        return None

    def _entered(self) -> str:
        line, self.text = self.text, ""
        self._last = line or self._last
        return line

    def _escape(self, key: str) -> None:
        """Keys without a meaning here send a sequence that ends with a letter or `~`."""
        self._sequence += key
        if self._sequence == _UP:
            self.text = self._last
        has_begun = self._sequence in (_ESCAPE, f"{_ESCAPE}[", f"{_ESCAPE}O")
        if not has_begun and (key.isalpha() or key == "~"):
            self._sequence = ""
