"""Messages on their way to a backend: what is queued, and when to try again."""

from dataclasses import dataclass
from typing import Final

from wattgate.core.ocpp.codes import ErrorCode, read_code
from wattgate.core.station.salvage import is_readable


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to queue for a backend link.

    `payload_text` is what will be sent, except that a transaction id in it is still ours and is
    replaced when it is sent (R63). `transaction_id` names that transaction, None where none is.
    `expendable` marks what may be thinned out when a queue is too long: periodic meter values
    without signed data, and nothing else (R72).
    """

    link_id: str
    action: str
    payload_text: str
    transaction_id: int | None = None
    expendable: bool = False


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A queued message; `number` orders the queue and is never used twice.

    `attempts` counts the sends that ended in a CALLERROR or in silence on a live link (R66).
    """

    number: int
    draft: Draft
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Resend:
    """Try the message again after `wait_s`; later messages wait behind it (R58)."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Move the message to the dead letters and go on with the next (R66)."""


_FOR_GOOD: Final = frozenset(
    {
        ErrorCode.NOT_IMPLEMENTED,
        ErrorCode.NOT_SUPPORTED,
        ErrorCode.FORMATION_VIOLATION,
        ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
        ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    }
)
"""Refusals that speak of the message itself: to the letter the same one will fare no better."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is sent to a backend that refuses it or stays silent (R66).

    The wait before the n-th resend is `interval_s` times the number of transmissions so far
    (OCPP 1.6 §3.7.1). A lost link is no attempt.
    """

    attempts: int = 10
    interval_s: float = 30.0

    def after_failure(self, transmissions: int) -> Resend | GiveUp:
        """Decide after the `transmissions`-th send (1, 2, …) has failed."""
        if transmissions >= self.attempts:
            return GiveUp()
        return Resend(wait_s=self.interval_s * transmissions)

    def after_refusal(self, draft: Draft, code: str, transmissions: int) -> Resend | GiveUp:
        """Decide after the `transmissions`-th send was answered with a CALLERROR of this code.

        What a backend will never take does not hold up what follows it (ADR 17): meter values,
        since the bill is made without them, and what even we cannot read.
        """
        is_spare = draft.action == "MeterValues" or not is_readable(
            draft.action, draft.payload_text
        )
        if is_spare and read_code(code) in _FOR_GOOD:
            return GiveUp()
        return self.after_failure(transmissions)
