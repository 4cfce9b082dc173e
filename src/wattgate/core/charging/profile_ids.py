"""Which charging profiles in a wallbox are ours, and which go when the way changes (R100)."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.charging.methods import Method, Strategy

STANDING, GRANT, TRANSACTION, MAXIMUM = range(4)
"""Places in the tuple of `profile_ids`."""

_USED: Final[Mapping[Strategy, frozenset[int]]] = {
    Strategy.TWO_PERIODS: frozenset({STANDING}),
    Strategy.STANDING_AND_GRANT: frozenset({STANDING, GRANT}),
    Strategy.SINGLE_VALUE: frozenset({STANDING}),
    Strategy.TX_PROFILE: frozenset({STANDING, TRANSACTION}),
    Strategy.CHARGE_POINT_MAX: frozenset({MAXIMUM}),
}


def profile_ids(connector: int) -> tuple[int, int, int, int]:
    """The chargingProfileIds of a connector (1 or more): a profile replaces its past (R93).

    The standing profile or the only one, the grant above it, the TxProfile, and the
    ChargePointMaxProfile.
    """
    first = 9091 + 10 * connector
    return first, first + 1, first + 2, first + 3


def leftovers(old: Method | None, new: Method, connector: int) -> tuple[int, ...]:
    """The ids to be cleared when a connector is told its limits in a new way.

    `old` is None while nobody knows what is in the wallbox, as after a restart: then everything
    of ours that the new way does not use.
    """
    ids = profile_ids(connector)
    before = range(len(ids)) if old is None else sorted(_USED[old.strategy])
    return tuple(ids[place] for place in before if place not in _USED[new.strategy])


def clear_before_set(old: Method | None, new: Method) -> bool:
    """Whether the leftovers go before the first profile of the new way (R100) or right after it.

    Before, because a profile of the old way may overrule the new; but only where a profile
    stays whose id both ways use. Otherwise the wallbox would be without any limit in between: then
    the new limit holds only when the leftovers are gone.
    """
    return old is not None and bool(_USED[old.strategy] & _USED[new.strategy])
