"""What a backend reads of a wallbox's configuration: the wallbox's words, and ours over them (R84).

Everything that we do not speak of keeps every character.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

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
    keys = (_text_of(element) for element in list_elements(request_text, "key"))
    return tuple(key for key in keys if key is not None)


def named_keys(request_text: str) -> tuple[str, ...]:
    """Every value that ChangeConfiguration has under `key`; more than one is nobody's mistake."""
    return tuple(key for key in read_scalars(request_text, ("key",)) if isinstance(key, str))


def values_of(answer_text: str) -> dict[str, str | None]:
    """What an answer to GetConfiguration says, by folded key; None where it gives no value."""
    values: dict[str, str | None] = {}
    for element in list_elements(answer_text, _LISTED):
        key = _key_of(element)
        if key is not None:
            value = read_scalar(element, ("value",))
            values[key.casefold()] = value if isinstance(value, str) else None
    return values


def writable_values_of(answer_text: str) -> dict[str, str]:
    """As `values_of`, only keys that have a value and are not said to be read-only."""
    fixed = {
        key.casefold()
        for element in list_elements(answer_text, _LISTED)
        if (key := _key_of(element)) is not None and read_scalar(element, ("readonly",)) is True
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
        entry = ours.get((_key_of(element) or "").casefold())
        return element if entry is None else _changed(element, entry)

    def still_unknown(element: str) -> str | None:
        return None if (_text_of(element) or "").casefold() in ours else element

    answer_text = rewrite_list(answer_text, _LISTED, said_by_us, added)
    return rewrite_list(answer_text, _UNKNOWN, still_unknown)


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


def _key_of(element: str) -> str | None:
    if not element.startswith("{"):
        return None
    key = read_scalar(element, ("key",))
    return key if isinstance(key, str) else None


def _text_of(element: str) -> str | None:
    value = read_scalar(f'{{"e":{element}}}', ("e",))
    return value if isinstance(value, str) else None


def _json(value: object) -> str:
    return json.dumps(value)
