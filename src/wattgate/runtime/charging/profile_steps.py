"""Which CALLs say a limit, and which remove profiles, step by step (R100, R100d)."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wattgate.core.charging.ladder import ChargingKeys
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.profile_ids import clear_before_set, leftovers, profile_ids
from wattgate.core.charging.strategies import ProfileToSet, profiles_for
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import Period, Purpose
from wattgate.core.site.model import EvseSettings, WallboxSettings
from wattgate.core.station.traits import Traits
from wattgate.core.units import chargeable
from wattgate.runtime.charging.profile_commands import Step, clear_ids, clear_profiles, set_profile

LEVELS: Final = range(1, 11)
"""Stack levels at which the TxDefaultProfiles of others are looked for, beside the highest."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one connector is to be told; the words are those of ControllableEvse.limit.

    `transaction_id` is ours, of the running transaction, which began `elapsed_s` s ago; both None
    while none runs. `caps` says what the backends allow, as in Terms, when it is asked.
    """

    evse: EvseSettings
    wallbox: WallboxSettings
    current_a: float
    standing_a: float
    lifetime_s: int
    reduction: bool
    afresh: bool = False
    transaction_id: int | None = None
    elapsed_s: int | None = None
    caps: Callable[[], tuple[Period, ...]] = tuple


def terms_of(wish: Wish, keys: ChargingKeys, traits: Traits, its_time: datetime) -> Terms:
    """The wish as the profiles need it.

    What the backends allow may have changed since it was made: the standing current follows.
    """
    caps = wish.caps()
    least_a = min((cap.limit for cap in caps), default=wish.standing_a)
    return Terms(
        grant_a=wish.current_a,
        standing_a=wish.standing_a if wish.standing_a <= least_a else chargeable(least_a),
        lifetime_s=wish.lifetime_s,
        wall_now=its_time,
        phases=wish.evse.phases,
        connector=wish.evse.connector,
        transaction_id=wish.transaction_id,
        elapsed_s=wish.elapsed_s,
        periods=keys.periods,
        step_a=traits.step_a,
        steps_a=traits.steps_a,
        caps=caps,
    )


def setting(
    method: Method, terms: Terms, is_there: Callable[[ProfileToSet], bool] | None = None
) -> list[Step]:
    """Set the profiles; what may be left out while it `is_there` is left out."""
    return [
        set_profile(profile)
        for profile in profiles_for(method, terms)
        if not (profile.once and is_there is not None and is_there(profile))
    ]


def changing(
    before: Iterable[Method | None], method: Method, connector: int, *, first: bool
) -> tuple[list[Step], list[Step]]:
    """Remove what the ways `before` left: the steps before the profiles are set, and after (R100).

    `first` puts all before them, for a wallbox in which one removal may take everything away.
    """
    early: set[int] = set()
    late: set[int] = set()
    for old in before:
        place = early if first or clear_before_set(old, method) else late
        place.update(leftovers(old, method, connector))
    return (
        clear_ids(sorted(early - late), may_fail=True),
        clear_ids(sorted(late), may_fail=True),
    )


def adopting(connector: int, *, alone: bool) -> Step:
    """Remove everybody's profiles: one of a higher stack level would beat ours (R100)."""
    payload = "{}" if alone else json.dumps({"connectorId": connector})
    return clear_profiles(payload, may_fail=True)


def sweeping(method: Method, terms: Terms, keys: ChargingKeys) -> list[Step]:
    """Remove the profiles of others while a car charges, between two times of ours.

    Those whose id or place is ours stay; so do those of others for the whole wallbox: ours for
    the connector overrule them (16 §3.13.1), or can only be lowered by them (R92). Where our own
    way is a TxProfile, those of others cannot be told from it, and no other purpose overrules it.
    """
    steps = setting(method, terms)
    if method.strategy is Strategy.TX_PROFILE:
        return steps
    ours = [parse_profile(profile.profile_text) for profile in profiles_for(method, terms)]
    highest = LEVELS[-1] if keys.max_stack_level is None else keys.max_stack_level
    levels = {*LEVELS, highest} - {profile.stack_level for profile in ours}
    theirs: list[dict[str, object]] = [{"chargingProfilePurpose": Purpose.TX}]
    theirs += [
        {"chargingProfilePurpose": Purpose.TX_DEFAULT, "stackLevel": level}
        for level in sorted(levels)
        if 0 < level <= highest
    ]
    clears = [
        clear_profiles(json.dumps({"connectorId": terms.connector, **each}), may_fail=True)
        for each in theirs
    ]
    return [*steps, *clears, *steps]


def removing(connector: int, *, everything: bool) -> list[Step]:
    """Remove ours by id, then what others left: at the connector, or where that is all (R100d)."""
    rest = "{}" if everything else json.dumps({"connectorId": connector})
    return [*clear_ids(profile_ids(connector)), clear_profiles(rest)]
