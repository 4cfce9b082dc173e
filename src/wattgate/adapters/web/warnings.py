"""What somebody should know about an EVSE without asking, as a table of one row per warning."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from wattgate.adapters.web.backend_words import EvseLogin, logins_of, problem_of
from wattgate.adapters.web.modbus_words import has_no_fail_safe, is_overruled, is_silent
from wattgate.core.evidence.contradictions import AtBackend, rewrites_of
from wattgate.core.security.certificates import LinkSecurity
from wattgate.runtime.evse_state import EvseState

Warner = Callable[[EvseState], Iterable[str | None]]
"""Sentences for the owner of the site; None where there is nothing to say."""


def warnings_of(state: EvseState) -> list[str]:
    """Every warning that holds now, in the order of the table; times are in UTC."""
    said = (sentence for warner in _WARNERS for sentence in warner(state))
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


def _backend_fails(_state: EvseState, login: EvseLogin, who: str) -> str | None:
    """R29."""
    problem = problem_of(login.link)
    if problem is None:
        return None
    since = problem.since.strftime("%Y-%m-%d %H:%M")
    attempts = "1 attempt" if problem.attempts == 1 else f"{problem.attempts} attempts"
    return (
        f"{_begun(who)} has not taken this EVSE since {since} UTC, {attempts}: {problem.sentence}"
    )


def _backend_holds_it(state: EvseState, login: EvseLogin, who: str) -> str | None:
    """R86."""
    backend = login.backend
    if backend is None or backend.link_id not in state.station.availability.holders(state.evse):
        return None
    return (
        f"{_begun(who)} has taken this EVSE out of service (ChangeAvailability): nobody can charge "
        "here until it puts it back."
    )


def _backend_is_not_verified(_state: EvseState, login: EvseLogin, who: str) -> str | None:
    """P23, S10."""
    terms = login.link.identity.target.tls
    if terms is None or login.link.status.security is not LinkSecurity.UNVERIFIED:
        return None
    return (
        f"{_begun(who)} is not verified: nobody vouches for its certificate, so that whoever is on "
        "the way may pretend to be it. Store its authority, or its certificate itself: `wattgate "
        f"cert import --authority --set {terms.certificates} FILE`; where a public authority "
        "signed it, set `system_roots`. Both count from the next connection on."
    )


def _messages_given_up(state: EvseState, login: EvseLogin, who: str) -> str | None:
    """R66."""
    count = login.pump.given_up if login.pump is not None else 0
    if not count:
        return None
    messages = "1 message" if count == 1 else f"{count} messages"
    whose = "this client id" if _may_be_shared(state, login) else "this EVSE"
    return (
        f"{_begun(who)} finally did not take {messages} of {whose}: they are kept, and "
        "`wattgate messages` lists them and sends them again."
    )


def _may_be_shared(state: EvseState, login: EvseLogin) -> bool:
    """Whether other EVSEs may have the same login: of the wallbox, or with it on Modbus."""
    sharing = sum(each.backend_of(login.id) is not None for each in state.station.evses)
    return state.evse.settings.is_on_modbus or sharing > 1


def _signed_data_contradict(state: EvseState, login: EvseLogin, who: str) -> str | None:
    """R116."""
    evse = state.evse
    if login.backend is None or not evse.delivers_signed:
        return None
    there = AtBackend(login.link.identity.client_id, login.backend.number)
    rewrites = rewrites_of(evse.settings, there, evse.wallbox.free_tag)
    if not rewrites:
        return None
    return (
        f"The wallbox delivers signed data, and Wattgate changes what they contain on the way to "
        f"{who}: {'; '.join(rewrites)}. Bills by calibration law need both to agree."
    )


def _clocks_differ(_state: EvseState, login: EvseLogin, who: str) -> str | None:
    """R48."""
    ahead_s = login.clock_ahead_s
    if ahead_s is None:
        return None
    way = "ahead of" if ahead_s > 0 else "behind"
    return f"{_begun(who)}'s clock is {_span(abs(ahead_s))} {way} ours: one of them is wrong."


_SPANS: Final = (("days", 86_400), ("hours", 3600), ("minutes", 60))


def _span(seconds: float) -> str:
    """In the largest unit of which there are two."""
    found = (f"{seconds / size:.0f} {unit}" for unit, size in _SPANS if seconds >= 2 * size)
    return next(found, f"{seconds:.0f} s")


def _begun(who: str) -> str:
    """As a sentence begins with it."""
    return who[:1].upper() + who[1:]


def _once(warner: Callable[[EvseState], str | None]) -> Warner:
    return lambda state: (warner(state),)


def _for_each(warner: Callable[[EvseState, EvseLogin, str], str | None]) -> Warner:
    """Of several backends each is called by its name."""

    def warn(state: EvseState) -> Iterator[str | None]:
        logins = logins_of(state.evse)
        for each in logins:
            who = "the backend" if len(logins) == 1 else f"the backend {each.called}"
            yield warner(state, each, who)

    return warn


_WARNERS: Final[tuple[Warner, ...]] = (
    _once(_id_is_contested),
    _once(_everybody_may_charge),
    _for_each(_backend_fails),
    _for_each(_backend_holds_it),
    _for_each(_backend_is_not_verified),
    _for_each(_messages_given_up),
    _for_each(_signed_data_contradict),
    _for_each(_clocks_differ),
    _once(is_silent),
    _once(is_overruled),
    _once(has_no_fail_safe),
)
