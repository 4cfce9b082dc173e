"""What the software wallbox wants done, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class SendCall:
    """Ask the central system; `number` comes back with the outcome."""

    number: int
    action: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a CALL of the central system."""

    unique_id: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer a CALL of the central system with a CALLERROR."""

    unique_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Happened:
    """Something a person or a test wants to know; `kind` names the event."""

    kind: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Offer:
    """Signal to the car that it may draw this much, A per phase: 0, or at least 6 (IEC 61851-1)."""

    connector: int
    current_a: float


@dataclass(frozen=True, slots=True)
class Keep:
    """Store this before anything that follows is done: what outlives a restart, as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reboot:
    """The wallbox starts anew: its link goes down."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The wallbox hangs up, and comes back with the password that it has now (A01 of SEC)."""


Effect = SendCall | Answer | Refuse | Happened | Offer | Keep | Reboot | Reconnect
