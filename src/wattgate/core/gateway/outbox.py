"""Messages on their way to a backend: what is queued, and when to try again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to queue for a backend link.

    `payload_text` is what will be sent, except that a transaction id in it is still ours and is
    replaced when it is sent (R63). `transaction_id` names that transaction, None where none is.
    """

    link_id: str
    action: str
    payload_text: str
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A queued message; `number` orders the queue and is never used twice.

    `attempts` counts the sends that ended in a CALLERROR or in silence on a live link (R66).
    """

    number: int
    draft: Draft
    attempts: int = 0
