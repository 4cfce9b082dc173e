"""What the software wallbox wants done, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
class CutPilot:
    """Take the control pilot off the car, or put it back; it comes after an Offer of 0 A."""

    connector: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class SelectPhases:
    """Close so many phases from now on, 1 or 3; the contactor is open when this comes."""

    connector: int
    phases: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Store this before anything that follows is done: what outlives a restart, as text.

    It may hold the password that the central system set.
    """

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reboot:
    """The wallbox starts anew: its link goes down."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The wallbox hangs up, and comes back with the password that it has now (A01 of SEC)."""


Effect = (
    SendCall
    | Answer
    | Refuse
    | Happened
    | Offer
    | CutPilot
    | SelectPhases
    | Keep
    | Reboot
    | Reconnect
)
