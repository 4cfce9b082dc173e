"""An EVSE as load management needs it, whatever device stands behind it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wattgate.core.load.demand import EvseView


class LimitOutcome(StrEnum):
    """How an attempt to set a limit ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """It may have been obeyed or not."""
    UNSENT = "unsent"
    """The EVSE cannot have seen it."""


@dataclass(frozen=True, slots=True)
class EvseReading:
    """What is known of an EVSE at one moment.

    `seen` tells that its wallbox has been here at least once. `silent_s` counts the s since it had
    a connection. `connection` is a new number for each connection and each boot. `ready` tells
    that it takes commands. `measured_a` is the largest phase current it reported for this
    transaction, None without one. `view` is its demand, with the queue stamps left to the caller;
    `waiting_since` is the monotonic time (s) at which it asked for current.
    """

    view: EvseView
    seen: bool
    ready: bool
    silent_s: float
    connection: int
    booted: bool
    idle: bool
    measured_a: float | None
    waiting_since: float


class ControllableEvse(Protocol):
    """An EVSE whose current can be limited."""

    @property
    def evse_id(self) -> str:
        """The site's key of it."""
        ...

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs: then no limit may be taken away, not even for a moment."""
        ...

    @property
    def lifetime_s(self) -> float:
        """How long a grant lasts in it unless it is renewed, s (R100)."""
        ...

    def reading(self, now: float) -> EvseReading:
        """What is known of it at `now` (monotonic, s)."""
        ...

    async def limit(self, current_a: float, *, reduction: bool, afresh: bool) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase; 0 pauses it. Never raises.

        A newer call takes the place of one that is still on its way: what that has not sent yet
        stays unsent. `afresh` tells that nothing of ours is known to be in the EVSE, and that what
        others left there must go first.
        """
        ...

    async def release(self) -> LimitOutcome:
        """Remove every limit of ours from it. Never raises."""
        ...
