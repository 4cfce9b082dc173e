"""Which state a connector is in, and by which way it gets there (OCPP 1.6 §4.9)."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from wattgate.core.station.connector import ConnectorStatus

AVAILABLE, PREPARING, CHARGING = (
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.PREPARING,
    ConnectorStatus.CHARGING,
)
SUSPENDED_EV, SUSPENDED_EVSE, FINISHING = (
    ConnectorStatus.SUSPENDED_EV,
    ConnectorStatus.SUSPENDED_EVSE,
    ConnectorStatus.FINISHING,
)
RESERVED, UNAVAILABLE, FAULTED = (
    ConnectorStatus.RESERVED,
    ConnectorStatus.UNAVAILABLE,
    ConnectorStatus.FAULTED,
)

TRANSITIONS: Final[dict[ConnectorStatus, tuple[ConnectorStatus, ...]]] = {
    AVAILABLE: (PREPARING, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, RESERVED, UNAVAILABLE, FAULTED),
    PREPARING: (AVAILABLE, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, FINISHING, FAULTED),
    CHARGING: (AVAILABLE, SUSPENDED_EV, SUSPENDED_EVSE, FINISHING, UNAVAILABLE, FAULTED),
    SUSPENDED_EV: (AVAILABLE, CHARGING, SUSPENDED_EVSE, FINISHING, UNAVAILABLE, FAULTED),
    SUSPENDED_EVSE: (AVAILABLE, CHARGING, SUSPENDED_EV, FINISHING, UNAVAILABLE, FAULTED),
    FINISHING: (PREPARING, AVAILABLE, UNAVAILABLE, FAULTED),
    RESERVED: (PREPARING, AVAILABLE, UNAVAILABLE, FAULTED),
    UNAVAILABLE: (AVAILABLE, PREPARING, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, FAULTED),
    FAULTED: (
        AVAILABLE,
        PREPARING,
        CHARGING,
        SUSPENDED_EV,
        SUSPENDED_EVSE,
        FINISHING,
        RESERVED,
        UNAVAILABLE,
    ),
}
"""The transitions A2 to I8 of §4.9; of equally short ways the one named first is taken."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a connector's state follows from.

    `is_in_session` says that a transaction runs, or that none is needed; `is_fed` that current
    flows, `is_allowed` that the wallbox offers at least 6 A;
    `is_claimed` that a card was accepted and waits for the plug; `is_done` that the plugged car's
    transaction is over.
    """

    has_fault: bool = False
    is_in_session: bool = False
    is_fed: bool = False
    is_allowed: bool = False
    is_operative: bool = True
    is_done: bool = False
    is_plugged: bool = False
    is_claimed: bool = False
    is_reserved: bool = False


def status_of(facts: Facts) -> ConnectorStatus:
    """The first row that holds names the state."""
    running = facts.is_in_session
    rows = (
        (facts.has_fault, FAULTED),
        (running and facts.is_fed, CHARGING),
        (running and not facts.is_allowed, SUSPENDED_EVSE),
        (running, SUSPENDED_EV),
        (not facts.is_operative, UNAVAILABLE),
        (facts.is_claimed, PREPARING),
        (facts.is_plugged and facts.is_done, FINISHING),
        (facts.is_plugged, PREPARING),
        (facts.is_reserved, RESERVED),
    )
    return next((status for holds, status in rows if holds), AVAILABLE)


def steps(before: ConnectorStatus, after: ConnectorStatus) -> tuple[ConnectorStatus, ...]:
    """The states to report from one to another: the shortest way the table knows.

    Before the first report there is no way to keep to.
    """
    if before is ConnectorStatus.UNKNOWN:
        return (after,)
    ways: deque[tuple[ConnectorStatus, ...]] = deque([()])
    while True:
        way = ways.popleft()
        here = way[-1] if way else before
        if here is after:
            return way
        ways.extend((*way, following) for following in TRANSITIONS[here])
