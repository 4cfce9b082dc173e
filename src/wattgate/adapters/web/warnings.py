"""What somebody should know about an EVSE without asking, as a table of one row per warning."""

from collections.abc import Callable
from typing import Final

from wattgate.adapters.web.backend_words import problem_of
from wattgate.adapters.web.modbus_words import has_no_fail_safe, is_overruled, is_silent
from wattgate.core.evidence.contradictions import rewrites_of
from wattgate.core.security.certificates import LinkSecurity
from wattgate.runtime.evse_state import EvseState

Warner = Callable[[EvseState], str | None]
"""A sentence for the owner of the site; None while there is nothing to say."""


def warnings_of(state: EvseState) -> list[str]:
    """Every warning that holds now, in the order of the table; times are in UTC."""
    said = (warner(state) for warner in _WARNERS)
    return [sentence for sentence in said if sentence is not None]


def _id_is_contested(state: EvseState) -> str | None:
    """R27."""
    if not state.station.id_is_contested:
        return None
    return (
        f"Two wallboxes seem to carry the ChargeBox ID {state.station.station_id}: they take turns "
        "with one connection. Give each its own."
    )


def _everybody_may_charge(state: EvseState) -> str | None:
    """R57: no backend decides, and the site names no card."""
    evse = state.evse
    has_primary = evse.settings.primary is not None
    if has_primary or not evse.settings.enabled or state.station.house.cards.are_listed:
        return None
    lacks = "no backend that decides" if evse.settings.gateways else "no backend"
    return f"Everybody may charge here: the EVSE has {lacks}, and the site has no [[card]]."


def _backend_fails(state: EvseState) -> str | None:
    """R29."""
    link = state.evse.login
    problem = problem_of(link) if link is not None else None
    if problem is None:
        return None
    since = problem.since.strftime("%Y-%m-%d %H:%M")
    attempts = "1 attempt" if problem.attempts == 1 else f"{problem.attempts} attempts"
    return f"The backend has not taken this EVSE since {since} UTC, {attempts}: {problem.sentence}"


def _backend_is_not_verified(state: EvseState) -> str | None:
    """P23, S10."""
    link = state.evse.login
    if link is None or link.status.security is not LinkSecurity.UNVERIFIED:
        return None
    return (
        "The backend is not verified: nobody vouches for its certificate, so that whoever is on "
        "the way may pretend to be it. Store its authority, or its certificate itself: `wattgate "
        f"cert import --authority --evse {state.evse.settings.id} FILE`; where a public authority "
        "signed it, set `system_roots`. Both count from the next connection on."
    )


def _messages_given_up(state: EvseState) -> str | None:
    """R66."""
    count = state.evse.link.pump.given_up if state.evse.link is not None else 0
    if not count:
        return None
    messages = "1 message" if count == 1 else f"{count} messages"
    whose = "this client id" if state.evse.settings.is_on_modbus else "this EVSE"  # it may share it
    return (
        f"The backend finally did not take {messages} of {whose}: they are kept, and "
        "`wattgate messages` lists them and sends them again."
    )


def _signed_data_contradict(state: EvseState) -> str | None:
    """R116."""
    evse = state.evse
    rewrites = rewrites_of(evse.settings, evse.wallbox.free_tag) if evse.delivers_signed else ()
    if not rewrites:
        return None
    return (
        f"The wallbox delivers signed data, and Wattgate changes what they contain on the way to "
        f"the backend: {'; '.join(rewrites)}. Bills by calibration law need both to agree."
    )


def _clocks_differ(state: EvseState) -> str | None:
    """R48."""
    ahead_s = state.evse.link.clock.ahead_s if state.evse.link is not None else None
    if ahead_s is None:
        return None
    way = "ahead of" if ahead_s > 0 else "behind"
    return f"The backend's clock is {_span(abs(ahead_s))} {way} ours: one of them is wrong."


_SPANS: Final = (("days", 86_400), ("hours", 3600), ("minutes", 60))


def _span(seconds: float) -> str:
    """In the largest unit of which there are two."""
    found = (f"{seconds / size:.0f} {unit}" for unit, size in _SPANS if seconds >= 2 * size)
    return next(found, f"{seconds:.0f} s")


_WARNERS: Final[tuple[Warner, ...]] = (
    _id_is_contested,
    _everybody_may_charge,
    _backend_fails,
    _backend_is_not_verified,
    _messages_given_up,
    _signed_data_contradict,
    _clocks_differ,
    is_silent,
    is_overruled,
    has_no_fail_safe,
)
