"""How long a car that was paused for others stays paused (load-management.md, 3.6)."""

from wattgate.core.load.demand import EvseView
from wattgate.core.units import MIN_CHARGE_A


def is_held_back(view: EvseView) -> bool:
    """Whether a person or the backend's profiles forbid charging: that is no pause of ours."""
    cap_a = view.maximum_a if view.cap_a is None else view.cap_a
    return not view.enabled or cap_a < max(view.minimum_a, MIN_CHARGE_A)


def is_paused(*, asks_since: float, paused_at: float | None, now: float, pause_s: float) -> bool:
    """Whether an EVSE that was paused at `paused_at` is not to start again yet.

    All times are monotonic, s. Only who was asking already when it was paused has to wait: a new
    transaction never does, nor does one that a person or a backend lets charge again.
    """
    return paused_at is not None and asks_since <= paused_at and now - paused_at < pause_s
