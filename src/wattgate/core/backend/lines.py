"""Words of a command line: separated by blanks, `"two words"` for one with blanks in it."""

import re
from typing import Final

_WORD: Final = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))')


def split_words(text: str, at_most: int | None = None) -> list[str]:
    """Split into words.

    With `at_most`, the last of that many is everything that is left, quotes and inner blanks
    included, so that JSON and free text need no escaping.
    """
    found: list[str] = []
    while text and (at_most is None or len(found) < at_most - 1):
        match = _WORD.match(text)
        if match is None:
            return found
        quoted = match["quoted"]
        found.append(match["bare"] if quoted is None else quoted)
        text = text[match.end() :].strip()
    return [*found, text] if text else found
