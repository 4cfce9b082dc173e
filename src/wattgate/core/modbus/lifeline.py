"""What may be sent to a wallbox that watches over its master, and when it has surely given him up.

Such a wallbox falls to its fail-safe current once it has heard nothing for its fail-safe time. Each
request that it hears begins that time anew, also one whose answer is lost; and a wallbox that has
fallen goes back to the limit it was told before as soon as it hears anything. So whoever wants to
be sure that it has fallen must say nothing for long enough, and then say a low limit first. One
whose answers say nothing of use must fall, too: it cannot be led, and whoever asks it keeps it at
its limit. (That it hears the low limit, refuses it, and its refusal is lost, is the one case that
nobody can see.)
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from typing import Final

MOST_UNANSWERED: Final = 5
"""Requests in a row without an answer, or looks without a result, until there is silence."""

MARGIN_S: Final = 30.0
"""s by which a request may arrive late, and the wallbox's watch be slow."""


class Permit(StrEnum):
    """What may be sent now."""

    ANYTHING = "anything"
    NOTHING = "nothing"
    """Whatever it hears keeps it from falling, and nobody would know."""
    LOW_LIMIT = "low limit"
    """It has fallen: first of all a limit of no more than its fail-safe current."""


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What one wallbox may have heard of us; times are monotonic, s.

    `heard_by` is when it may have heard something last, the moment at which we began if never.
    `fail_safe_s` is its fail-safe time as it says itself: inf where it has none, or never said.
    `unanswered` requests in a row got no answer, `in_vain` looks in a row were refused.
    """

    heard_by: float
    fail_safe_s: float = inf
    unanswered: int = 0
    in_vain: int = 0
    under_way: bool = False
    was_given_up: bool = False

    def has_fallen(self, now: float) -> bool:
        """Whether it is surely at its fail-safe current, or at a lower limit said since."""
        if self.was_given_up:
            return True
        return not self.under_way and now >= self.heard_by + self.fail_safe_s + MARGIN_S

    def permit(self, now: float) -> Permit:
        """What may be sent at `now`."""
        if self.has_fallen(now):
            return Permit.LOW_LIMIT
        is_useless = max(self.unanswered, self.in_vain) >= MOST_UNANSWERED
        is_in_doubt = is_useless and self.fail_safe_s < inf
        return Permit.NOTHING if is_in_doubt else Permit.ANYTHING

    def asked(self, now: float, *, is_low: bool) -> "Lifeline":
        """A request goes out; `is_low`: it does no more than to say a low limit."""
        if is_low and self.has_fallen(now):
            return replace(self, was_given_up=True)
        return replace(self, under_way=True, was_given_up=False)

    def answered(self, now: float) -> "Lifeline":
        """It has answered, if only that it refuses; one that had fallen is looked at anew."""
        in_vain = 0 if self.was_given_up else self.in_vain
        return replace(
            self,
            heard_by=now,
            unanswered=0,
            in_vain=in_vain,
            under_way=False,
            was_given_up=False,
        )

    def looked(self, *, in_vain: bool) -> "Lifeline":
        """It was to say all that it says in one look, and did, or refused."""
        return replace(self, in_vain=self.in_vain + 1 if in_vain else 0)

    def gave_up(self, now: float) -> "Lifeline":
        """No answer came; the request may have been heard, or will be within the margin."""
        if self.was_given_up:
            return self
        return replace(self, heard_by=now, unanswered=self.unanswered + 1, under_way=False)

    def unsent(self) -> "Lifeline":
        """The request cannot have been heard."""
        return replace(self, under_way=False)
