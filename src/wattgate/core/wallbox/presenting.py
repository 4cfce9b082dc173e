"""A card at the reader: who may charge, and where (OCPP 1.6 §3.5, §4.1; R52)."""

from collections.abc import Callable
from functools import partial
from math import inf

from wattgate.core.ocpp.profiles import Profile
from wattgate.core.wallbox.answers import AuthorizeAnswer
from wattgate.core.wallbox.authorisation import ACCEPTED
from wattgate.core.wallbox.connector import Claim, Connector
from wattgate.core.wallbox.options import Permission
from wattgate.core.wallbox.state import Outcome, State, read_answer
from wattgate.core.wallbox.transactions import stop

OnVerdict = Callable[[State, str], None]


def present(state: State, id_tag: str, number: int | None) -> None:
    """A card is held to the reader, for a connector or for whichever fits.

    The card of a running transaction ends it; any other wants to start one. Where nobody needs a
    card it is only told.
    """
    if state.options.permission is Permission.PLUG:
        state.tell("card", id_tag=id_tag)
        return
    for connector in _candidates(state, number):
        running = connector.transaction
        if running is not None and running.id_tag.casefold() == id_tag.casefold():
            stop(state, connector, "Local", id_tag)
            return
    free = free_connector(state, number, id_tag)
    if free is None:
        state.tell("problem", what=f"no connector is free for {id_tag}")
        return
    if id_tag != state.options.fixed_id_tag:
        free.is_fixed_meant = free.is_fixed_due = False
    free.presented_until = state.now + (_timeout_s(state) or inf)
    authorise(state, id_tag, partial(claim, free, id_tag, None))


def free_connector(state: State, number: int | None, id_tag: str) -> Connector | None:
    """Where a card may start: the connector named, else a plugged one, else any."""
    free = [
        connector
        for connector in _candidates(state, number)
        if connector.can_start and not is_reserved_for_other(connector, id_tag)
    ]
    return next((c for c in free if c.is_plugged), free[0] if free else None)


def is_reserved_for_other(connector: Connector, id_tag: str) -> bool:
    """Whether somebody else's reservation holds the connector."""
    reservation = connector.reservation
    return reservation is not None and reservation.id_tag.casefold() != id_tag.casefold()


def authorise(state: State, id_tag: str, on_verdict: OnVerdict) -> None:
    """Find out whether a card may charge; `on_verdict` gets its status, now or later."""
    known = _known_status(state, id_tag)
    if known == ACCEPTED and state.configuration.flag("LocalPreAuthorize"):
        on_verdict(state, ACCEPTED)
    elif state.is_ready:
        state.ask("Authorize", {"idTag": id_tag}, partial(_authorised, id_tag, on_verdict))
    else:
        on_verdict(state, offline_status(state, id_tag))


def offline_status(state: State, id_tag: str) -> str:
    """What to think of a card while the central system cannot be asked (R52)."""
    known = _known_status(state, id_tag)
    if known is None:
        unknown_may = state.configuration.flag("AllowOfflineTxForUnknownId")
        return ACCEPTED if unknown_may else "Invalid"
    may = known != ACCEPTED or state.configuration.flag("LocalAuthorizeOffline")
    return known if may else "Invalid"


def claim(
    connector: Connector, id_tag: str, profile: Profile | None, state: State, status: str
) -> None:
    """A card was judged: when accepted it waits ConnectionTimeOut for the plug (0: for ever)."""
    state.tell("authorized", connector=connector.number, id_tag=id_tag, status=status)
    if status == ACCEPTED and connector.can_start:
        timeout_s = _timeout_s(state)
        until = state.now + timeout_s if timeout_s else None
        connector.claim = Claim(id_tag, until, profile)


def _timeout_s(state: State) -> int:
    """For how long a card waits for its car, in s; 0: for ever."""
    return state.configuration.count("ConnectionTimeOut")


def _candidates(state: State, number: int | None) -> list[Connector]:
    return [connector for connector in state.connectors if number in (None, connector.number)]


def _known_status(state: State, id_tag: str) -> str | None:
    return state.authorisation.known_status(
        id_tag,
        state.clock,
        use_list=state.configuration.flag("LocalAuthListEnabled"),
        use_cache=state.configuration.flag("AuthorizationCacheEnabled"),
    )


def _authorised(id_tag: str, on_verdict: OnVerdict, state: State, outcome: Outcome) -> None:
    answer = read_answer(outcome, AuthorizeAnswer)
    if answer is None:
        on_verdict(state, offline_status(state, id_tag))
        return
    info = answer.id_tag_info.value()
    state.authorisation.remember(id_tag, info)
    on_verdict(state, info.status)
