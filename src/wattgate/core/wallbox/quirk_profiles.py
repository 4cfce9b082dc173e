"""Which charging profiles a quirk refuses, throws away or bends (OCPP 1.6 §5.16)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from wattgate.core.ocpp.profiles import Kind, Profile, Purpose, RateUnit
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.state import State

_REFUSED: Final[dict[Quirk, Callable[[Profile, datetime], bool]]] = {
    Quirk.TX_PROFILE_NEEDS_ID: lambda profile, _clock: (
        profile.purpose is Purpose.TX and profile.transaction_id is None
    ),
    Quirk.LEVEL_0_ONLY: lambda profile, _clock: profile.stack_level > 0,
    Quirk.NO_CHARGE_POINT_MAX: lambda profile, _clock: profile.purpose is Purpose.CHARGE_POINT_MAX,
    Quirk.WATTS_ONLY_UNSAID: lambda profile, _clock: profile.schedule.unit is RateUnit.A,
    Quirk.PAST_STARTS_ONLY: lambda profile, clock: (
        profile.schedule.start_at is not None and profile.schedule.start_at > clock
    ),
}

_IGNORED: Final[dict[Quirk, Callable[[int, Profile], bool]]] = {
    Quirk.NO_TX_PROFILE: lambda _number, profile: profile.purpose is Purpose.TX,
    Quirk.CONNECTOR_0_IGNORED: lambda number, _profile: number == 0,
    Quirk.RELATIVE_ONLY: lambda _number, profile: profile.kind is not Kind.RELATIVE,
}


def is_refused(state: State, profile: Profile) -> bool:
    """Whether a quirk rejects the profile."""
    return any(
        refuses(profile, state.clock) for quirk, refuses in _REFUSED.items() if state.plays(quirk)
    )


def keep(state: State, number: int, profile: Profile) -> None:
    """Install an accepted profile on a connector, as far as the quirks let it be."""
    if any(ignores(number, profile) for quirk, ignores in _IGNORED.items() if state.plays(quirk)):
        return
    if state.plays(Quirk.NEVER_EXPIRES):
        first = profile.schedule.periods[:1]
        schedule = replace(profile.schedule, periods=first, duration_s=None)
        profile = replace(profile, schedule=schedule, valid_to=None)
    state.profiles = state.profiles.installed(number, profile)
    state.tell(
        "profile", connector=number, profile_id=profile.profile_id, purpose=profile.purpose.value
    )
