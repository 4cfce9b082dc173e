"""An EVSE as load management needs it, whatever device stands behind it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from wattgate.core.load.demand import EvseView
from wattgate.core.load.sensing import Draw


class LimitOutcome(StrEnum):
    """How an attempt to set a limit ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    """It may have been obeyed or not."""
    UNSENT = "unsent"
    """The EVSE cannot have seen it."""


class Confirmation(StrEnum):
    """By what a claim about the profiles in a wallbox is known to be true (R100d)."""

    SCHEDULE = "composite schedule"
    MEASUREMENT = "measurement"
    REGISTERS = "registers"
    """It is on Modbus, and its registers were read back."""
    NONE = "not confirmed"
    CONTRADICTED = "contradicted"
    """The wallbox accepted it, and its composite schedule says otherwise."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """How removing our profiles ended, and by what it is confirmed."""

    outcome: LimitOutcome
    confirmation: Confirmation = Confirmation.NONE


@dataclass(frozen=True, slots=True)
class FailSafe:
    """What an EVSE does by itself once it has heard nothing for its fail-safe time.

    It may draw `current_a` A per phase then. `has_fallen`: so much or less it surely draws now, and
    stays there until it is told a limit; nothing that was told before comes back.
    """

    current_a: float
    has_fallen: bool


@dataclass(frozen=True, slots=True)
class EvseReading:
    """What is known of an EVSE at one moment.

    `seen` tells that its wallbox has been here at least once. `silent_s` counts the s since it had
    a connection. `connection` is a new number for each connection and each boot. `ready` tells
    that it takes commands. `draw` is the newest measurement of this transaction, None without one.
    `view` is its demand, with the queue stamps left to the caller; `waiting_since` is the monotonic
    time (s) at which it asked for current. `standing_a` is what it may draw without a manager.
    `is_harmless_when_silent` tells that its grants were proven to end by themselves, also after a
    power cycle (R100a). `links` counts its connections alone. `idle_a` is what it may draw as soon
    as a session begins, or draws without one, whatever it was told between sessions; 0 where it
    keeps to that.
    `others_set_profiles` tells that profiles of others are known to have been
    set in it while nobody limited it. `fail_safe` is there for one that watches over its master
    instead of having grants that end. `overruled_a` is what somebody else lets it draw now, A,
    where that is more than it was told; None where it is not.
    """

    view: EvseView
    seen: bool
    ready: bool
    silent_s: float
    connection: int
    booted: bool
    idle: bool
    draw: Draw | None
    waiting_since: float
    standing_a: float = 0.0
    is_harmless_when_silent: bool = False
    others_set_profiles: bool = False
    links: int = 0
    idle_a: float = 0.0
    fail_safe: FailSafe | None = None
    overruled_a: float | None = None


class ControllableEvse(Protocol):
    """An EVSE whose current can be limited."""

    @property
    def evse_id(self) -> str:
        """The site's key of it."""
        ...

    @property
    def station_id(self) -> str:
        """The wallbox it belongs to."""
        ...

    @property
    def in_use(self) -> bool:
        """Whether a transaction runs: then no limit may be taken away, not even for a moment."""
        ...

    @property
    def may_be_cleared(self) -> bool:
        """Whether profiles of others can be removed now with its next limit."""
        ...

    @property
    def was_swept(self) -> bool:
        """Whether the last limit that was to be set afresh did remove what others left."""
        ...

    @property
    def lifetime_s(self) -> float:
        """How long a grant lasts in it unless it is renewed, s (R100)."""
        ...

    @property
    def standing_a(self) -> float:
        """A per phase that it may draw without a manager."""
        ...

    @property
    def is_outdated(self) -> bool:
        """Whether what it was told of limits to come, within its grant, is no longer true (R97)."""
        ...

    @property
    def settle_s(self) -> float:
        """After how many s the current must have followed a new limit."""
        ...

    @property
    def method(self) -> str:
        """How it is told its limits, in words for a person."""
        ...

    def reading(self, now: float) -> EvseReading:
        """What is known of it at `now` (monotonic, s)."""
        ...

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        """Let it draw at most `current_a` A per phase; 0 pauses it. Never raises.

        A newer call takes the place of one that is still on its way: what that has not sent yet
        stays unsent. `afresh` tells that nothing of ours is known to be in the EVSE, and that what
        others left there must go first. `lifetime_s`, 60 to 3600, replaces the usual one.
        """
        ...

    async def release(self, *, whole: bool) -> Cleared:
        """Remove every limit of ours from it. Never raises.

        `whole` tells that every EVSE of the wallbox is released or unused, so that everything in
        the wallbox may be removed; else only what belongs to this connector (R100d).
        """
        ...

    async def sweep(self) -> LimitOutcome:
        """Remove what others left at this connector, also while a transaction runs. Never raises.

        Our own limits hold before and after, as far as the wallbox does what OCPP says.
        """
        ...

    async def stop_charging(self) -> LimitOutcome:
        """End the transaction: the last resort on an overloaded circuit (R100b). Never raises.

        REFUSED also where the site does not allow that.
        """
        ...

    def ask_for_measurement(self, now: float) -> None:
        """Have it measure where that is due: limits have changed, and no fresh sample came."""
        ...

    def next_method(self) -> bool:
        """Say limits in another way from now on, the present one is not obeyed; False: none left.

        What is left in the wallbox of the present one goes with the next limit.
        """
        ...

    def is_obeyed(self) -> None:
        """Its draw was seen to follow the present method."""
        ...
