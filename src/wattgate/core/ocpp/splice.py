"""Change one scalar of a JSON text and leave every other character alone (R17).

The texts are payloads that `wattgate.core.ocpp.frames.decode` has accepted, hence objects of valid
JSON; any other text is a LocalUsageError. Where a key comes more than once in an object, the last
one counts for reading, as JSON readers have it; a change is made to every one of them, so that a
reader of another opinion sees no old value.
"""

import re
from collections.abc import Callable, Iterator, Sequence
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
    spans = [span for span in _find(payload_text, path) if payload_text[span[0]] not in "{["]
    if not spans and not missing_ok:
        raise LocalUsageError(f"the payload has no scalar at {path!r}")
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces += payload_text[done:start], json_text
        done = end
    return "".join(pieces) + payload_text[done:]


def read_scalar(payload_text: str, path: Path) -> Scalar:
    """The value at `path`; None where there is nothing, null, an object or an array.

    A number too large to be represented is None too.
    """
    values = [_scalar(payload_text, span) for span in _find(payload_text, path, last_only=True)]
    return values[0] if values else None


def read_scalars(payload_text: str, path: Path) -> tuple[Scalar, ...]:
    """As `read_scalar`, once for each time that a key comes."""
    return tuple(_scalar(payload_text, span) for span in _find(payload_text, path))


def may_say(payload_text: str, word: str) -> bool:
    r"""Whether a string in the payload could contain `word` in any case; found without parsing.

    `word` is in folded case, without the characters that JSON escapes by their own letter: quotes,
    slashes and control characters. Only a `\u` can hide one of the others.
    """
    return word in payload_text.casefold() or "\\u" in payload_text


def remove_member(payload_text: str, key: str) -> str:
    """The payload without its top-level member `key` and the comma that parted it.

    The white space around the rest stays. A payload without such a member comes back as it is.
    """
    members = list(_members(payload_text, _start_of_object(payload_text)))
    if all(member.key != key for member in members):
        return payload_text
    nexts = [member.key_start for member in members[1:]]
    kept = [
        (member, following)
        for member, following in zip(members, [*nexts, None], strict=True)
        if member.key != key
    ]
    pieces = [payload_text[member.key_start : following] for member, following in kept[:-1]]
    pieces += [payload_text[member.key_start : member.span[1]] for member, _ in kept[-1:]]
    head, tail = payload_text[: members[0].key_start], payload_text[members[-1].span[1] :]
    return head + "".join(pieces) + tail


def rewrite_list(
    payload_text: str, key: str, change: Callable[[str], str | None], added: Sequence[str] = ()
) -> str:
    """The payload with each element of its top-level array `key` put through `change`.

    `change` gets the element's text and says what takes its place; None removes it, and the comma
    that parted it. The `added` texts follow at the end. Where the payload has no such array it gets
    one if there is something to add, and comes back as it is if not.
    """
    spans = [span for span in _find(payload_text, (key,)) if payload_text[span[0]] == "["]
    if not spans:
        return _with_list(payload_text, key, added) if added else payload_text
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces += payload_text[done:start], _rewritten(payload_text, start, end, change, added)
        done = end
    return "".join(pieces) + payload_text[done:]


def list_elements(payload_text: str, key: str) -> tuple[str, ...]:
    """The texts of the elements of the top-level array `key`; none where there is no such array."""
    spans = _find(payload_text, (key,), last_only=True)
    if not spans or payload_text[spans[0][0]] != "[":
        return ()
    return tuple(payload_text[start:end] for start, end in _elements(payload_text, spans[0][0]))


class _Member(NamedTuple):
    """Where `"key": value` is in a text; `span` is that of the value."""

    key_start: int
    key: str
    span: tuple[int, int]


_read: Final[Callable[[str], Scalar]] = msgspec.json.Decoder(Scalar).decode
_WS: Final = r"[ \t\n\r]*"
_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_SCALAR: Final = rf"(?:{_STRING}|[^\s,\]}}:{{\[\"]+)"
_STEP: Final = rf"{_WS},?{_WS}"
_TO_VALUE: Final = re.compile(_WS)
_TO_NEXT: Final = re.compile(_STEP)
_WHOLE_SCALAR: Final = re.compile(_SCALAR)
_MARK: Final = re.compile(rf"{_STRING}|[{{}}\[\]]")
_HEAD: Final = re.compile(rf"({_STRING}){_WS}:{_WS}(?:({_SCALAR}){_STEP})?")
"""A key, and in the same breath its value and the comma where the value is a scalar."""


def _scalar(text: str, span: tuple[int, int]) -> Scalar:
    start, end = span
    if text[start] in "{[":
        return None
    try:
        return _read(text[start:end])
    except msgspec.DecodeError:
        return None


def _with_list(text: str, key: str, added: Sequence[str]) -> str:
    rest = remove_member(text, key).lstrip()[1:]
    comma = "" if rest.lstrip().startswith("}") else ","
    return f'{{"{key}":[{",".join(added)}]{comma}{rest}'


def _rewritten(
    text: str, start: int, end: int, change: Callable[[str], str | None], added: Sequence[str]
) -> str:
    """The array from `start` to `end`, changed; what parts its elements stays with the first."""
    elements = list(_elements(text, start))
    if not elements:
        return f"[{','.join(added)}{text[start + 1 : end]}"
    nexts = [first for first, _ in elements[1:]]
    kept = [
        (new_text, text[last:following])
        for (first, last), following in zip(elements, [*nexts, elements[-1][1]], strict=True)
        if (new_text := change(text[first:last])) is not None
    ]
    pieces = [new_text + between for new_text, between in kept[:-1]]
    pieces += [new_text for new_text, _ in kept[-1:]]
    comma = "," if kept and added else ""
    head, tail = text[start : elements[0][0]], text[elements[-1][1] : end]
    return f"{head}{''.join(pieces)}{comma}{','.join(added)}{tail}"


def _find(text: str, path: Path, *, last_only: bool = False) -> list[tuple[int, int]]:
    """From where to where the values at `path` go, in the order of the text."""
    spans = [(_start_of_object(text), len(text))]
    for step in path:
        spans = [child for span in spans for child in _children(text, span[0], step)]
        if last_only:
            spans = spans[-1:]
    return spans


def _start_of_object(text: str) -> int:
    start = _end(_TO_VALUE, text, 0)
    if not text.startswith("{", start):
        raise LocalUsageError("not the text of a JSON object")
    return start


def _children(text: str, start: int, step: str | int) -> list[tuple[int, int]]:
    if isinstance(step, int):
        elements = _elements(text, start) if text[start] == "[" else ()
        return [span for index, span in enumerate(elements) if index == step]
    most = _most_occurrences(text, step) if text[start] == "{" else 0
    found: list[tuple[int, int]] = []
    if most:
        for member in _members(text, start):
            if member.key == step:
                found.append(member.span)
                if len(found) == most:  # do not walk through what cannot hold another one
                    break
    return found


def _most_occurrences(text: str, key: str) -> int:
    """An upper bound, found without parsing; only an escape can hide a key from it."""
    return len(text) if "\\" in text else text.count(f'"{key}"')


def _members(text: str, start: int) -> Iterator[_Member]:
    at = _end(_TO_VALUE, text, start + 1)
    while not text.startswith("}", at):
        head = _HEAD.match(text, at)
        if head is None:
            raise LocalUsageError(f"not the text of a JSON object at character {at}")
        if head[2] is None:
            value_end = _end_of_value(text, head.end())
            span, after = (head.end(), value_end), _end(_TO_NEXT, text, value_end)
        else:
            span, after = head.span(2), head.end()
        key = str(_read(head[1])) if "\\" in head[1] else head[1][1:-1]
        yield _Member(at, key, span)
        at = after


def _elements(text: str, start: int) -> Iterator[tuple[int, int]]:
    at = _end(_TO_VALUE, text, start + 1)
    while not text.startswith("]", at):
        end = _end_of_value(text, at)
        yield at, end
        at = _end(_TO_NEXT, text, end)


def _end_of_value(text: str, start: int) -> int:
    if not text.startswith(("{", "["), start):
        return _end(_WHOLE_SCALAR, text, start)
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
