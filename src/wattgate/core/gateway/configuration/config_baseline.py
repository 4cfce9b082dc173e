"""What a wallbox was set to by itself, before it was told what its backends need (R80, R84).

That is what a backend reads and gets that has asked for nothing itself, and what the wallbox is set
back to when nobody asks for anything any more. A value of which the wallbox says something else
than it was told has been set by others since: it is the wallbox's own again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from wattgate.core.gateway.configuration.config_values import names_of


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that we have changed: what it was before, and what the wallbox was told last."""

    own: str
    told: str


def is_same(before: str, after: str) -> bool:
    """Whether two values of a key mean the same: case, blanks, quotes and order do not count."""
    return _names(before) == _names(after)


def _names(text: str) -> set[str]:
    return set(names_of(text.casefold().strip().strip("\"'")))


def still_changed(changed: Mapping[str, Changed], present: Mapping[str, str]) -> dict[str, Changed]:
    """What of `changed` the wallbox has still, by what it says; keys of `present` are folded.

    A key of which it says nothing now stays.
    """
    return {
        key: each
        for key, each in changed.items()
        if (said := present.get(key.casefold())) is None
        or (is_same(said, each.told) and not is_same(said, each.own))
    }


def changing(before: Changed | None, present: str | None, value: str) -> Changed | None:
    """What to note before a wallbox that has `present` is told `value`.

    None: nothing. It does not say what it has, or gets back what it had.
    """
    own = before.own if before is not None else present
    return None if own is None or is_same(own, value) else Changed(own, value)


def written(changed: Changed) -> str:
    """As text, for the store."""
    return msgspec.json.encode(changed).decode()


def read(text: str) -> Changed:
    """What `written` wrote."""
    return msgspec.json.decode(text, type=Changed)
