"""What an EVSE wants, from what is known about it."""

from dataclasses import dataclass
from math import ceil
from typing import Final

from wattgate.core.load.circuits import Load
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.units import MIN_CHARGE_A, tenths_down

SETTLE_S: Final = 60.0
"""s a car may pause by itself before its share goes to others."""


OVER: Final = frozenset(
    {ConnectorStatus.FINISHING, ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED}
)
"""No current flows any more, whatever the transaction says.

`Available` is not among them: there are wallboxes that report a car only once it charges. Some
report `Faulted` for mere information, and charge on (lbbrhzn/ocpp#337): see `is_over`.
"""

KEPT_PRIORITY: Final = 1_000_000
"""Above every priority that a site can give."""

RESTS_BELOW_A: Final = 1.0
"""A below which no car charges."""


@dataclass(frozen=True, slots=True)
class EvseView:
    """An EVSE as load management sees it in one cycle.

    `phases` are the site phases it counts on; `minimum_a` and `maximum_a` A per phase of the
    hardware. `cap_a` is the limit that the backend's profiles set, None without one.
    `suspended_ev_since` is the monotonic time at which the car stopped taking current, None while
    it takes some; `status_since` that of the last change of `status`. `draw` is the newest sample
    of the transaction, None without one. `since` and `running` are the place in the queue, as in
    `Load`. An EVSE that is not `enabled` gets nothing.
    """

    evse: str
    phases: frozenset[int]
    minimum_a: float
    maximum_a: float
    status: ConnectorStatus = ConnectorStatus.UNKNOWN
    transaction_open: bool = False
    suspended_ev_since: float | None = None
    status_since: float = 0.0
    draw: Draw | None = None
    priority: int = 1
    cap_a: float | None = None
    enabled: bool = True
    since: float = 0.0
    running: bool = False


def is_over(view: EvseView, now: float, settle_s: float = SETTLE_S) -> bool:
    """Whether no current flows any more.

    One that reports a fault has `settle_s` to show by a measurement that it charges all the same;
    what it is allowed meanwhile does no harm to a contactor that is open.
    """
    if view.status is not ConnectorStatus.FAULTED:
        return view.status in OVER
    if view.draw is not None and view.draw.at > view.status_since:
        return view.draw.most_a < RESTS_BELOW_A
    return now - view.status_since > settle_s


def demand(view: EvseView, now: float, settle_s: float = SETTLE_S) -> Load | None:
    """What the EVSE asks of its circuits; None if it is to have nothing.

    Only an open transaction asks: a car that waits for authorisation does not. A cap below the
    minimum is a pause (R100b). A car that has taken nothing for more than `settle_s` asks for
    its minimum only, after all others of its class: it keeps no one out, and yet wakes up by
    itself while there is room.
    """
    if not view.enabled or not view.transaction_open or is_over(view, now, settle_s):
        return None
    minimum_a = _tenths_up(max(view.minimum_a, MIN_CHARGE_A))
    cap_a = view.maximum_a if view.cap_a is None else min(view.maximum_a, view.cap_a)
    maximum_a = tenths_down(cap_a)
    if maximum_a < minimum_a:
        return None
    since = view.suspended_ev_since
    satisfied = since is not None and now - since > settle_s
    return Load(
        evse=view.evse,
        phases=view.phases,
        minimum_a=minimum_a,
        maximum_a=minimum_a if satisfied else maximum_a,
        priority=view.priority,
        since=view.since,
        running=view.running,
        satisfied=satisfied,
    )


def kept(view: EvseView, standing_a: float) -> Load | None:
    """What a deactivated EVSE keeps, before all others and without a car; None: nothing (P15).

    It is no more than holds in its wallbox anyway, and gives way where there is no room for it.
    """
    current_a = tenths_down(standing_a)
    if current_a < MIN_CHARGE_A:
        return None
    return Load(view.evse, view.phases, current_a, current_a, KEPT_PRIORITY, running=True)


def _tenths_up(current_a: float) -> float:
    return ceil(current_a * 10 - 1e-6) / 10
