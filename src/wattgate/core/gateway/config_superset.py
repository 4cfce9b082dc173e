"""What one wallbox must be told so that everybody gets what he asked for (R56, R80, R84).

`asked` is what the backends of the wallbox asked for, each in its own words, `present` what the
wallbox has now, None where it does not say, and `managing` whether load management decides about
current there. Every function answers None where the wallbox needs to be told nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wattgate.core.gateway.config_keys import (
    CLOCK_ALIGNED,
    LOCAL_OFFLINE,
    LOCAL_PRE_AUTHORIZE,
    SAMPLE_INTERVAL,
    SAMPLED_DATA,
    names_of,
)

MANAGED_INTERVAL_S: Final = 10
"""s between samples that load management wants at most: it must see within the 30 s of `settle_s`
whether a new limit is followed, from more than one sample."""

MANAGED_MEASURANDS: Final = frozenset(
    {"Current.Import", "Power.Active.Import", "Energy.Active.Import.Register"}
)
"""What load management looks at. It keeps what a wallbox measures, and never asks for more: there
are wallboxes that restart when they are asked for a measurand they do not know (ABB)."""


def _sample_interval(asked: Sequence[str], present: str | None, managing: bool) -> str | None:
    wanted = _shortest(asked)
    if not managing:
        return wanted
    if wanted is None and present is None:
        return None  # it has no such key
    shortest_s = min(int(wanted or 0) or MANAGED_INTERVAL_S, MANAGED_INTERVAL_S)
    return None if 0 < _seconds(present) <= shortest_s else str(shortest_s)


def _sampled_data(asked: Sequence[str], present: str | None, managing: bool) -> str | None:
    if not asked:
        return None
    kept = (
        name
        for name in names_of(present or "")
        if managing and name.split(".L")[0] in MANAGED_MEASURANDS
    )
    names = dict.fromkeys([name for text in asked for name in names_of(text)])
    wanted = dict.fromkeys([*names, *kept])
    return (
        None if present is not None and set(wanted) == set(names_of(present)) else ",".join(wanted)
    )


def _clock_aligned(asked: Sequence[str], present: str | None, managing: bool) -> str | None:
    return _shortest(asked)


def _pre_authorize(asked: Sequence[str], present: str | None, managing: bool) -> str | None:
    if not managing:
        return _flags(asked)
    return "false" if present is not None else None


def _offline(asked: Sequence[str], present: str | None, managing: bool) -> str | None:
    return _flags(asked)


_WANTED: Final[Mapping[str, Callable[[Sequence[str], str | None, bool], str | None]]] = {
    SAMPLE_INTERVAL: _sample_interval,
    SAMPLED_DATA: _sampled_data,
    CLOCK_ALIGNED: _clock_aligned,
    LOCAL_PRE_AUTHORIZE: _pre_authorize,
    LOCAL_OFFLINE: _offline,
}

SHARED_KEYS: Final = tuple(_WANTED)
"""Keys whose value in the wallbox follows from what everybody asked for."""


def to_tell(key: str, asked: Sequence[str], present: str | None, *, managing: bool) -> str | None:
    """The value that the wallbox must be told for one of SHARED_KEYS."""
    wanted = _WANTED[key](asked, present, managing)
    if wanted is None or present is None:
        return wanted
    return None if wanted.casefold() == present.strip().casefold() else wanted


def is_served(key: str, wish: str, present: str | None) -> bool:
    """Whether a backend gets what it asked for although the wallbox keeps what it has.

    A backend that wants fewer samples than come gets fewer; everything else is the wallbox's.
    """
    if key != SAMPLE_INTERVAL:
        return False
    return int(wish) == 0 or 0 < _seconds(present) <= int(wish)


def _shortest(asked: Sequence[str]) -> str | None:
    """The shortest interval, s; 0 means none, and any other is shorter."""
    if not asked:
        return None
    return str(min((int(text) for text in asked if int(text)), default=0))


def _flags(asked: Sequence[str]) -> str | None:
    """True only if nobody says otherwise."""
    if not asked:
        return None
    return "false" if any(text.casefold() == "false" for text in asked) else "true"


def _seconds(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else 0
