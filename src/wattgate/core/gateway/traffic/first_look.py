"""What a look at a payload says of it without parsing: for nearly every message that is enough.

The texts are JSON objects as `wattgate.core.ocpp.frames.decode` accepts them.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

_SIGNS: Final = ("key", "passw", "passphrase", "pwd", "secret", "credential", "psk")
_MARKS: Final = ("//", "\\")
_PUNCTUATION: Final = str.maketrans({i: None for i in range(128) if not chr(i).isalnum()})


def is_suspicious(text: str, more: Iterable[str] = ()) -> bool:
    """Whether something in it may have to be hidden (R121); where not, that is certain.

    `more` are names of members, in lower case, that are hidden in such a message.
    """
    if not text.isascii() or any(mark in text for mark in _MARKS):
        return True
    bare = text.lower().translate(_PUNCTUATION)  # Pass-Word is a password
    return any(sign in bare for sign in (*_SIGNS, *more))


class Parts(NamedTuple):
    """A text around the value of one of its members, which is a string; the quotes are left out."""

    head: str
    value: str
    tail: str


def parts_around(text: str, names: Iterable[str]) -> Parts | None:
    """The text around the one member that has one of these names, given in lower case.

    None where there is no such member or more than one, where it is no string, and where a look
    does not say: at escapes, objects within the object, and white space behind the name.
    """
    if not text.isascii() or "\\" in text or text.count("{") != 1:
        return None
    lower = text.lower()
    found = [name for name in names for _ in range(lower.count(f'"{name}"'))]
    if len(found) != 1:
        return None
    mark = f'"{found[0]}":"'
    start = lower.find(mark)
    if start < 0:
        return None
    start += len(mark)
    end = text.index('"', start)
    return Parts(text[: start - 1], text[start:end], text[end + 1 :])
