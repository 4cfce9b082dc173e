"""What one wallbox must be told so that everybody gets what he asked for (R56, R80, R84).

The wallbox is told no more than that: when a backend wants less, or is gone, it is told what
remains, and at last what it had by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from wattgate.core.gateway.configuration.config_baseline import is_same
from wattgate.core.gateway.configuration.config_keys import (
    ALIGNED_DATA,
    AUTH_LIST,
    CLOCK_ALIGNED,
    LOCAL_OFFLINE,
    LOCAL_PRE_AUTHORIZE,
    SAMPLE_INTERVAL,
    SAMPLED_DATA,
    rule_of,
)
from wattgate.core.gateway.configuration.config_values import is_count, names_of, split_phase

MANAGED_INTERVAL_S: Final = 10
"""s between samples that load management wants at most: it must see within the 30 s of `settle_s`
whether a new limit is followed, from more than one sample."""

MANAGED_MEASURANDS: Final = frozenset(
    {"Current.Import", "Power.Active.Import", "Energy.Active.Import.Register"}
)
"""What load management looks at. It keeps what a wallbox measures, and never asks for more: there
are wallboxes that restart when they are asked for a measurand they do not know (ABB)."""

SHORTEST_COMMON_S: Final = 60
"""s of a clock-aligned interval below which several wishes have none in common."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What is needed of one key of a wallbox, and what it has.

    `asked` is what its backends asked for, each in its own words; `present` what the wallbox has
    now, and `own` what it had by itself, None where it does not say. `managing` tells whether load
    management decides about current there, `shared` whether several backends authorise there.
    """

    asked: Sequence[str] = ()
    present: str | None = None
    own: str | None = None
    managing: bool = False
    shared: bool = False


def wishes_for(key: str, backends: Iterable[Mapping[str, str]], own: str | None) -> list[str]:
    """What the backends ask for, by the values that each of them has set.

    Once one of them has set the key, those that have not ask for what the wallbox had by itself.
    """
    said = [values.get(key) for values in backends]
    if all(value is None for value in said):
        return []
    usual = own if own is not None and rule_of(key).accepts(own.strip()) else None
    return [value for each in said if (value := each if each is not None else usual) is not None]


def to_tell(key: str, needs: Needs) -> str | None:
    """The value that the wallbox must be told for one of SHARED_KEYS; None: it needs nothing."""
    wanted = _WANTED[key](needs)
    if wanted is None:
        wanted = needs.own
    if wanted is None or (needs.present is not None and is_same(wanted, needs.present)):
        return None
    return wanted


def has_common(key: str, asked: Sequence[str]) -> bool:
    """Whether one value serves all that was asked for: clock-aligned intervals may not fit."""
    if key != CLOCK_ALIGNED:
        return True
    seconds = _intervals(asked)
    return not seconds or gcd(*seconds) >= min(SHORTEST_COMMON_S, *seconds)


def is_served(key: str, wish: str, present: str | None) -> bool:
    """Whether a backend gets what it asked for although the wallbox keeps what it has.

    A backend that wants fewer samples than come, or less of them, gets that; everything else is the
    wallbox's.
    """
    return _SERVED[key](wish, present) if key in _SERVED else False


def _sample_interval(needs: Needs) -> str | None:
    """While load management sees enough of what the wallbox does by itself, that stays."""
    wanted = _shortest(needs.asked)
    if not needs.managing:
        return wanted
    if wanted is None and needs.present is None:
        return None  # it has no such key
    shortest_s = min(int(wanted or 0) or MANAGED_INTERVAL_S, MANAGED_INTERVAL_S)
    own_s = _seconds(needs.own)
    return needs.own if 0 < own_s <= shortest_s else str(shortest_s)


def _sampled_data(needs: Needs) -> str | None:
    kept = [
        name
        for name in names_of(needs.own or "")
        if needs.managing and split_phase(name)[0] in MANAGED_MEASURANDS
    ]
    return _union(needs.asked, kept)


def _aligned_data(needs: Needs) -> str | None:
    return _union(needs.asked, [])


def _clock_aligned(needs: Needs) -> str | None:
    """The longest interval whose multiples are those of all; the shortest where there is none."""
    seconds = _intervals(needs.asked)
    if not seconds:
        return _shortest(needs.asked)
    return str(gcd(*seconds) if has_common(CLOCK_ALIGNED, needs.asked) else min(seconds))


def _pre_authorize(needs: Needs) -> str | None:
    if not needs.managing:
        return _flags(needs)
    return "false" if needs.present is not None else None


def _auth_list(needs: Needs) -> str | None:
    if not needs.shared:
        return _flags(needs)
    return "false" if needs.present is not None else None


def _flags(needs: Needs) -> str | None:
    """True only if nobody says otherwise."""
    if not needs.asked:
        return None
    return "false" if any(text.casefold() == "false" for text in needs.asked) else "true"


_WANTED: Final[Mapping[str, Callable[[Needs], str | None]]] = {
    SAMPLE_INTERVAL: _sample_interval,
    SAMPLED_DATA: _sampled_data,
    CLOCK_ALIGNED: _clock_aligned,
    ALIGNED_DATA: _aligned_data,
    LOCAL_PRE_AUTHORIZE: _pre_authorize,
    LOCAL_OFFLINE: _flags,
    AUTH_LIST: _auth_list,
}

SHARED_KEYS: Final = tuple(_WANTED)
"""Keys whose value in the wallbox follows from what everybody asked for."""

CARD_KEYS: Final = frozenset({LOCAL_PRE_AUTHORIZE, LOCAL_OFFLINE, AUTH_LIST})
"""Those of them that say whom the wallbox lets charge: only who authorises there has a say."""


def _every(wish: str, present: str | None) -> bool:
    return int(wish) == 0 or 0 < _seconds(present) <= int(wish)


def _multiple(wish: str, present: str | None) -> bool:
    return int(wish) == 0 or (_seconds(present) > 0 and int(wish) % _seconds(present) == 0)


def _part(wish: str, present: str | None) -> bool:
    return present is not None and set(names_of(wish)) <= set(names_of(present))


_SERVED: Final[Mapping[str, Callable[[str, str | None], bool]]] = {
    SAMPLE_INTERVAL: _every,
    SAMPLED_DATA: _part,
    CLOCK_ALIGNED: _multiple,
    ALIGNED_DATA: _part,
}


def _union(asked: Sequence[str], kept: Sequence[str]) -> str | None:
    if not asked:
        return None
    names = [name for text in asked for name in names_of(text)]
    return ",".join(dict.fromkeys([*names, *kept]))


def _intervals(asked: Sequence[str]) -> list[int]:
    return [int(text) for text in asked if int(text)]


def _shortest(asked: Sequence[str]) -> str | None:
    """The shortest interval, s; 0 means none, and any other is shorter."""
    return str(min(_intervals(asked), default=0)) if asked else None


def _seconds(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if is_count(digits) else 0
