"""Says in words how a passed-on payload differs from the one that came."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

_IDS: Final = frozenset(
    {"connectorId", "transactionId", "reservationId", "chargingProfileId", "stackLevel"}
)
"""Members whose values may be said; of every other one only that it changed."""

_MOST: Final = 4
"""Differences that are told."""

_MOST_CHARS: Final = 65_536
"""Payloads longer than this are not compared member by member."""


def differences(before_text: str, after_text: str) -> str:
    """What is different in the second of two JSON objects, a few words each; never empty."""
    if len(before_text) + len(after_text) > _MOST_CHARS:
        return "changed"
    before, after = msgspec.json.decode(before_text), msgspec.json.decode(after_text)
    told = list(_told(before, after, depth=0))
    if len(told) > _MOST:
        told[_MOST:] = [f"{len(told) - _MOST} more"]
    return ", ".join(told) or "written differently"


def _told(before: dict[str, Any], after: dict[str, Any], depth: int) -> Iterator[str]:
    for name in {**before, **after}:
        old, new = before.get(name, _ABSENT), after.get(name, _ABSENT)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and depth == 0:
            yield from _told(old, new, depth + 1)
        else:
            yield _difference(name, old, new)


def _difference(name: str, old: object, new: object) -> str:
    shown = name[:40]
    if new is _ABSENT:
        return f"{shown} removed"
    if old is _ABSENT:
        return f"{shown} {new} added" if _is_told(name, new) else f"{shown} added"
    if _is_told(name, old) and _is_told(name, new):
        return f"{shown} {old} → {new}"
    return f"{shown} rewritten"


def _is_told(name: str, value: object) -> bool:
    return name in _IDS and isinstance(value, int)


class _Absent:
    """Where a member is not there at all."""


_ABSENT: Final = _Absent()
