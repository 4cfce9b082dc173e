"""What a car leaves of its offer goes to those that want more (load-management.md, 3.2).

A cap is what a car is seen to want, with some room to show that it wants more. It never costs the
car anything by itself: it is above what the car draws, and counts only while others are short.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from wattgate.core.charging.obedience import tolerance_a
from wattgate.core.load.allocation import allocate
from wattgate.core.load.circuits import TOLERANCE_A, Circuit, Load
from wattgate.core.load.demand import EvseView
from wattgate.core.load.ledger import Position
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.units import MIN_CHARGE_A, tenths_down

LEAST_MARGIN_A: Final = 1.5
"""A of its offer that a car keeps beside what it draws."""

MARGIN_SHARE: Final = 0.15
"""The same as a share of what it draws: above the tolerance by which a draw may miss its offer."""

STEP_A: Final = 1.0
"""A by which a cap falls at least: draws waver, and each change is a command."""

PROBE_A: Final = 4.0
"""A by which the cap of a car rises that uses it up."""

PROBE_S: Final = 60.0
"""s between two changes of a cap that try whether the car takes more."""

FORGOTTEN_S: Final = 1800.0
"""s after which a sample says nothing; some wallboxes measure every 15 minutes only."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An EVSE in one cycle.

    `session` is another number for each transaction; `settle_s` after its limit has changed its
    draw has followed.
    """

    view: EvseView
    position: Position
    session: float
    settle_s: float


@dataclass(frozen=True, slots=True)
class Appetite:
    """What is known of how much the car at an EVSE takes.

    `cap_a` is what it wants at most, A per phase, None while it may want all. `offered_a` is the
    limit that it holds since `offered_since`, None in doubt; `judged_at` the time of the newest
    sample that was judged, `tried_at` when the cap was last lowered or raised for a try. All times
    are monotonic, s.
    """

    session: float
    cap_a: float | None = None
    offered_a: float | None = None
    offered_since: float = -inf
    judged_at: float = -inf
    tried_at: float = -inf


def followed(before: Appetite | None, seen: Seen, now: float) -> Appetite:
    """Look at an EVSE once more.

    There is no cap without a measured current, none while the car or the EVSE pauses, and none of
    an earlier transaction. Only samples from after the limit has settled are judged.
    """
    known = before if before is not None and before.session == seen.session else None
    appetite = known or Appetite(seen.session)
    held_a = _held_a(seen.position)
    if held_a != appetite.offered_a:
        appetite = replace(appetite, offered_a=held_a, offered_since=now)
    draw = _telling(seen, now)
    if draw is None or held_a == 0:
        return replace(appetite, cap_a=None)
    has_settled = draw.at >= appetite.offered_since + seen.settle_s
    if held_a is None or not has_settled or draw.at <= appetite.judged_at:
        return appetite
    cap_a, is_try = _cap_a(appetite, seen.view, held_a, draw.most_a, now)
    tried_at = now if is_try else appetite.tried_at
    return replace(appetite, cap_a=cap_a, judged_at=draw.at, tried_at=tried_at)


def shared(
    circuits: Sequence[Circuit], loads: Iterable[Load], caps_a: Mapping[str, float]
) -> dict[str, float]:
    """A per phase for every load as `allocate` says, with caps where somebody is short.

    As long as everybody has what it wants nothing is taken from anybody. What nobody can use goes
    back to whom it was taken from.
    """
    wanting = list(loads)
    uncapped_a = allocate(circuits, wanting)
    capped = [_capped(load, caps_a.get(load.evse, inf)) for load in wanting]
    if not any(uncapped_a[load.evse] < load.maximum_a - TOLERANCE_A for load in capped):
        return uncapped_a
    share_a = allocate(circuits, capped)
    # The classes were served: what is left now could not be used by any of them.
    charging = [
        replace(
            load,
            priority=1,
            minimum_a=share_a[load.evse],
            maximum_a=max(share_a[load.evse], uncapped_a[load.evse]),
        )
        for load in wanting
        if share_a[load.evse] > 0
    ]
    return share_a | allocate(circuits, charging)


_PAUSES: Final = frozenset({ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE})


def _capped(load: Load, cap_a: float) -> Load:
    if cap_a >= load.maximum_a:
        return load
    return replace(load, maximum_a=max(load.minimum_a, tenths_down(cap_a)))


def _held_a(position: Position) -> float | None:
    """The limit it holds for certain; a renewal on its way changes nothing."""
    is_pending = position.pending_a not in (None, position.committed_a)
    return None if position.doubtful or is_pending else position.committed_a


def _telling(seen: Seen, now: float) -> Draw | None:
    """The newest sample; None where it is no current, or tells of another time.

    While the wallbox says that it or the car pauses, nobody knows what the car would take; nor do
    samples from before it went on.
    """
    view, draw = seen.view, seen.view.draw
    if draw is None or draw.least_a < draw.most_a or now - draw.at > FORGOTTEN_S:
        return None
    return None if view.status in _PAUSES or draw.at < view.status_since else draw


def _cap_a(
    before: Appetite, view: EvseView, offered_a: float, drawn_a: float, now: float
) -> tuple[float | None, bool]:
    """The cap after a sample, and whether it was lowered or raised for a try."""
    cap_a = before.cap_a
    if drawn_a < offered_a - tolerance_a(offered_a):
        wanted_a = drawn_a + max(LEAST_MARGIN_A, MARGIN_SHARE * drawn_a)
        wanted_a = max(view.minimum_a, MIN_CHARGE_A, wanted_a)
        if cap_a is None or wanted_a <= cap_a - STEP_A:
            return wanted_a, True
        return max(cap_a, wanted_a), False
    if cap_a is None or cap_a < offered_a - TOLERANCE_A or cap_a >= view.maximum_a:
        return None, False  # it uses more than it was believed to want, or may have all
    if now - before.tried_at < PROBE_S:
        return cap_a, False
    return cap_a + PROBE_A, True
