"""Change one scalar of a JSON text and leave every other character alone (R17).

The texts are payloads that `wattgate.core.ocpp.frames.decode` has accepted, hence objects of valid
JSON; any other text is a LocalUsageError. Where a key comes more than once in an object, the last
one counts for reading, as JSON readers have it; a change is made to every one of them, so that a
reader of another opinion sees no old value.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from wattgate.core.errors import LocalUsageError

Path = tuple[str | int, ...]
"""Keys of objects and indices (from 0) of arrays, from the outside in."""

Scalar = str | int | float | bool | None


def replace_scalar(
    payload_text: str, path: Path, json_text: str, *, missing_ok: bool = False
) -> str:
    """The payload with `json_text` in place of the string, number, boolean or null at `path`.

    Where there is nothing, or an object or an array, the payload comes back as it is if
    `missing_ok`; otherwise that is a LocalUsageError.
    """
    starts = [start for start in _find(payload_text, path) if payload_text[start] not in "{["]
    if not starts and not missing_ok:
        raise LocalUsageError(f"the payload has no scalar at {path!r}")
    for start in reversed(starts):
        end = _end_of_value(payload_text, start)
        payload_text = f"{payload_text[:start]}{json_text}{payload_text[end:]}"
    return payload_text


def read_scalar(payload_text: str, path: Path) -> Scalar:
    """The value at `path`; None where there is nothing, null, an object or an array.

    A number too large to be represented is None too.
    """
    starts = _find(payload_text, path, last_only=True)
    if not starts or payload_text[starts[0]] in "{[":
        return None
    try:
        return _read(payload_text[starts[0] : _end_of_value(payload_text, starts[0])])
    except msgspec.DecodeError:
        return None


def remove_member(payload_text: str, key: str) -> str:
    """The payload without its top-level member `key` and the comma that parted it.

    The white space around the rest stays. A payload without such a member comes back as it is.
    """
    if not _most_occurrences(payload_text, key):
        return payload_text
    start = _start_of_object(payload_text)
    while (cut := _cut(list(_members(payload_text, start)), key)) is not None:
        payload_text = payload_text[: cut[0]] + payload_text[cut[1] :]
    return payload_text


class _Member(NamedTuple):
    """Offsets of `"key": value` in a text; `end` is where the value ends."""

    key_start: int
    key: str
    start: int
    end: int


_read: Final[Callable[[str], Scalar]] = msgspec.json.Decoder(Scalar).decode
_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_STEP: Final = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_KEY: Final = re.compile(_STRING)
_SCALAR: Final = re.compile(rf"{_STRING}|[^\s,\]}}:{{\[\"]+")
_MARK: Final = re.compile(rf"{_STRING}|[{{}}\[\]]")


def _find(text: str, path: Path, *, last_only: bool = False) -> list[int]:
    """Where the values at `path` start, in the order of the text."""
    starts = [_start_of_object(text)]
    for step in path:
        starts = [child for start in starts for child in _children(text, start, step)]
        if last_only:
            starts = starts[-1:]
    return starts


def _start_of_object(text: str) -> int:
    start = _end(_SPACE, text, 0)
    if not text.startswith("{", start):
        raise LocalUsageError("not the text of a JSON object")
    return start


def _children(text: str, start: int, step: str | int) -> list[int]:
    if isinstance(step, int):
        elements = _elements(text, start) if text[start] == "[" else ()
        return [at for index, at in enumerate(elements) if index == step]
    most = _most_occurrences(text, step) if text[start] == "{" else 0
    found: list[int] = []
    if most:
        for member in _members(text, start):
            if member.key == step:
                found.append(member.start)
                if len(found) == most:  # do not walk through what cannot hold another one
                    break
    return found


def _most_occurrences(text: str, key: str) -> int:
    """An upper bound, found without parsing; only an escape can hide a key from it."""
    return len(text) if "\\" in text else text.count(f'"{key}"')


def _members(text: str, start: int) -> Iterator[_Member]:
    at = _end(_SPACE, text, start + 1)
    while not text.startswith("}", at):
        key_end = _end(_KEY, text, at)
        value_start = _end(_COLON, text, key_end)
        key = text[at + 1 : key_end - 1]
        if "\\" in key:
            key = str(_read(text[at:key_end]))
        end = _end_of_value(text, value_start)
        yield _Member(at, key, value_start, end)
        at = _end(_STEP, text, end)


def _elements(text: str, start: int) -> Iterator[int]:
    at = _end(_SPACE, text, start + 1)
    while not text.startswith("]", at):
        yield at
        at = _end(_STEP, text, _end_of_value(text, at))


def _end_of_value(text: str, start: int) -> int:
    if not text.startswith(("{", "["), start):
        return _end(_SCALAR, text, start)
    depth = 0
    for mark in _MARK.finditer(text, start):
        first = text[mark.start()]
        if first in "{[":
            depth += 1
        elif first != '"':
            depth -= 1
            if depth == 0:
                return mark.end()
    raise LocalUsageError("not the text of a JSON value")


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    if found is None:
        raise LocalUsageError(f"not the text of a JSON value at character {start}")
    return found.end()


def _cut(members: list[_Member], key: str) -> tuple[int, int] | None:
    """From where to where to cut so that the first member with that key and one comma go."""
    for index, member in enumerate(members):
        if member.key != key:
            continue
        if index + 1 < len(members):
            return member.key_start, members[index + 1].key_start
        return (members[index - 1].end if index else member.key_start), member.end
    return None
