"""How long the grants in the wallboxes last, and what holds after them."""

from math import inf
from typing import Final

from wattgate.ports.evse import ControllableEvse

SURE_SHARE: Final = 0.75
"""Share of a grant's life for which it surely holds; it is renewed after half of it (R100)."""

LAPSE_MARGIN_S: Final = 60.0
"""s that a grant may outlast its time by, for a wallbox clock that drifts or a slow answer."""

LONGEST_GRANT_S: Final = 3600.0
"""s that a grant from before a restart may still last: nobody knows when it was renewed (R100)."""


OUTDATED_S: Final = 30.0
"""s from one time that a grant is said to the next, where only what is to come has changed.

The manager itself lowers it in time; what the wallbox knows counts when the manager is gone.
"""


class GrantLives:
    """When each grant was given, and between which times it ends; times are monotonic, s.

    What a wallbox falls back to is what it was told last; its settings may have changed since.
    """

    def __init__(self) -> None:
        self._granted_at: dict[str, float] = {}
        self._falls_at: dict[str, float] = {}
        self._ends_by: dict[str, float] = {}
        self._standing_a: dict[str, float] = {}

    def recovered(self, evse_id: str, now: float) -> None:
        """A grant from before a restart."""
        self._ends_by[evse_id] = now + LONGEST_GRANT_S + LAPSE_MARGIN_S

    def forget(self, evse_id: str) -> None:
        """How long the grant of the EVSE still lives is not known any more."""
        self._falls_at.pop(evse_id, None)
        self._granted_at.pop(evse_id, None)

    def sent(self, evse: ControllableEvse, now: float) -> None:
        """A grant that goes out now may hold for its whole life, and one before it still may."""
        ends_by = now + evse.lifetime_s + LAPSE_MARGIN_S
        self._ends_by[evse.evse_id] = max(ends_by, self._ends_by.get(evse.evse_id, 0.0))

    def accepted(
        self, evse: ControllableEvse, standing_a: float, *, sent_at: float, now: float
    ) -> None:
        """It holds; its life began when it was sent, not when the answer was read."""
        evse_id = evse.evse_id
        self._standing_a[evse_id] = standing_a
        self._granted_at[evse_id] = sent_at
        self._falls_at[evse_id] = sent_at + SURE_SHARE * evse.lifetime_s
        self._ends_by[evse_id] = now + evse.lifetime_s + LAPSE_MARGIN_S

    def unanswered(self, evse_id: str, standing_a: float) -> None:
        """The fallback it was told with may hold, or the one before."""
        self._standing_a[evse_id] = max(standing_a, self._standing_a.get(evse_id, 0.0))

    def standing_a(self, evse_id: str, at_least_a: float) -> float:
        """The most that the EVSE may draw by itself, A; `at_least_a` is what is wanted now."""
        return max(at_least_a, self._standing_a.get(evse_id, 0.0))

    def ends_by(self, evse_id: str) -> float:
        """When every grant so far is surely over; inf where nobody knows."""
        return self._ends_by.get(evse_id, inf)

    def may_be_over(self, evse_id: str, now: float) -> bool:
        """Whether the last grant has perhaps ended already."""
        return now >= self._falls_at.get(evse_id, -inf)

    def is_due(self, evse: ControllableEvse, current_a: float, now: float) -> bool:
        """Whether the limit is to be sent once more: half of its life is over, or unknown (R100).

        What the wallbox falls back to by itself needs no grant; it is told at once when that has
        changed, and soon where the backends will lower the grant at another time than it knows.
        """
        evse_id, standing_a = evse.evse_id, evse.standing_a
        if self._standing_a.get(evse_id, standing_a) != standing_a:
            return True
        if current_a == standing_a:
            return False
        age_s = now - self._granted_at.get(evse_id, -inf)
        return age_s >= evse.lifetime_s / 2 or (age_s >= OUTDATED_S and evse.is_outdated)
