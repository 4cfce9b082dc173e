"""What a backend reads of a wallbox's configuration: the wallbox's words, and ours over them (R84).

Everything that we do not speak of keeps every character.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from wattgate.core.gateway.configuration.config_values import names_of
from wattgate.core.ocpp.splice import (
    list_elements,
    read_scalar,
    read_scalars,
    remove_member,
    replace_scalar,
    rewrite_list,
)

_LISTED: Final = "configurationKey"
_UNKNOWN: Final = "unknownKey"


@dataclass(frozen=True, slots=True)
class Entry:
    """What we say about one key.

    `value` None: the key exists, its value is nobody's to read. `listed`: it is in the answer
    also where the wallbox does not have it and nobody asked for it by name.
    """

    key: str
    value: str | None
    readonly: bool = False
    listed: bool = False


def asked_keys(request_text: str) -> tuple[str, ...]:
    """The keys that GetConfiguration names, as it spells them; none means all (§5.8)."""
    keys = (text_of(element) for element in list_elements(request_text, "key"))
    return tuple(key for key in keys if key is not None)


def named_keys(request_text: str) -> tuple[str, ...]:
    """Every value that ChangeConfiguration has under `key`; more than one is nobody's mistake."""
    return tuple(key for key in read_scalars(request_text, ("key",)) if isinstance(key, str))


def values_of(answer_text: str) -> dict[str, str | None]:
    """What an answer to GetConfiguration says, by folded key; None where it gives no value."""
    values: dict[str, str | None] = {}
    for element in list_elements(answer_text, _LISTED):
        key = key_of(element)
        if key is not None:
            value = read_scalar(element, ("value",))
            values[key.casefold()] = value if isinstance(value, str) else None
    return values


def writable_values_of(answer_text: str) -> dict[str, str]:
    """As `values_of`, only keys that have a value and are not said to be read-only."""
    fixed = {
        key.casefold()
        for element in list_elements(answer_text, _LISTED)
        if (key := key_of(element)) is not None and read_scalar(element, ("readonly",)) is True
    }
    values = values_of(answer_text).items()
    return {key: value for key, value in values if value is not None and key not in fixed}


def overlaid(answer_text: str, entries: Iterable[Entry], asked: Iterable[str]) -> str:
    """The wallbox's answer with our entries in it, for a backend that asked for those keys."""
    ours = {entry.key.casefold(): entry for entry in entries}
    wanted = {key.casefold() for key in asked}
    there = set(values_of(answer_text))
    added = [
        _element(entry)
        for folded, entry in ours.items()
        if folded not in there and (folded in wanted or (entry.listed and not wanted))
    ]

    def said_by_us(element: str) -> str:
        entry = ours.get((key_of(element) or "").casefold())
        return element if entry is None else _changed(element, entry)

    def still_unknown(element: str) -> str | None:
        return None if (text_of(element) or "").casefold() in ours else element

    answer_text = rewrite_list(answer_text, _LISTED, said_by_us, added)
    return rewrite_list(answer_text, _UNKNOWN, still_unknown)


def features(said: str, added: Collection[str], removed: Collection[str]) -> str:
    """A list of feature profiles with what the gateway adds, and without what it takes away."""
    names = names_of(said)
    kept = [name for name in names if name not in removed]
    more = [name for name in added if name not in names]
    return ",".join([*kept, *more]) if more or len(kept) < len(names) else said


def fixed_where(answer_text: str, is_fixed: Callable[[str], bool]) -> str:
    """The answer with those keys read-only that the backend cannot change."""

    def marked(element: str) -> str:
        key = key_of(element)
        if key is None or not is_fixed(key):
            return element
        return replace_scalar(element, ("readonly",), "true", missing_ok=True)

    return rewrite_list(answer_text, _LISTED, marked)


def with_unknown(answer_text: str, keys: Iterable[str]) -> str:
    """The answer, which says of these keys, too, that they do not exist."""
    return rewrite_list(answer_text, _UNKNOWN, lambda element: element, [*map(_json, keys)])


def in_parts(request_text: str, most: int | None) -> tuple[str, ...]:
    """The requests that ask a wallbox for everything that one asks for, `most` keys in each.

    `most` is its GetConfigurationMaxKeys, None where that is unknown.
    """
    keys = list_elements(request_text, "key")
    if not most or len(keys) <= most:
        return (request_text,)
    parts = (keys[start : start + most] for start in range(0, len(keys), most))
    return tuple(f'{{"key":[{",".join(part)}]}}' for part in parts)


def merged(answers: Sequence[str]) -> str:
    """The answers to the parts of one request, one at least, as its answer."""
    first, *others = answers
    for name in (_LISTED, _UNKNOWN):
        added = [element for text in others for element in list_elements(text, name)]
        first = rewrite_list(first, name, lambda element: element, added)
    return first


def key_of(element: str) -> str | None:
    """The key of an element of `configurationKey`; None where it names none."""
    if not element.startswith("{"):
        return None
    key = read_scalar(element, ("key",))
    return key if isinstance(key, str) else None


def text_of(element: str) -> str | None:
    """The text that an element of a list is; None where it is something else."""
    value = read_scalar(f'{{"e":{element}}}', ("e",))
    return value if isinstance(value, str) else None


def _changed(element: str, entry: Entry) -> str:
    element = replace_scalar(element, ("readonly",), _json(entry.readonly), missing_ok=True)
    if entry.value is None:
        return remove_member(element, "value")
    if read_scalar(element, ("value",)) is not None:
        return replace_scalar(element, ("value",), _json(entry.value))
    rest = remove_member(element, "value").lstrip()[1:]  # it has a key at least
    return f'{{"value":{_json(entry.value)},{rest}'


def _element(entry: Entry) -> str:
    members: dict[str, object] = {"key": entry.key, "readonly": entry.readonly}
    if entry.value is not None:
        members["value"] = entry.value
    return json.dumps(members, separators=(",", ":"))


def _json(value: object) -> str:
    return json.dumps(value)
