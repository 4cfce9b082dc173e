"""Everything the software wallbox knows, and how its parts ask, answer and tell."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TypeVar

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.authorisation import Authorisation
from wattgate.core.wallbox.configuration import Configuration
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.effects import Effect, Fact, Happened, SendCall
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.offline_queue import OfflineQueue
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.quirks import Quirk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A call ended without an answer; `link_lost` tells why: the link went, or silence."""

    link_lost: bool


Outcome = CallResult | CallError | NoAnswer


class Registration(Enum):
    """What the central system said to BootNotification (R41); UNKNOWN before its answer."""

    UNKNOWN = auto()
    PENDING = auto()
    REJECTED = auto()
    ACCEPTED = auto()


@dataclass(slots=True)
class State:
    """The wallbox. Its clock is `moment.wall` plus `clock_offset`, as the central system set it.

    `boot_at`, `heartbeat_at` and `reboot_at` are monotonic times, in s, None for never;
    `signed_texts` go into the next meter values of a transaction; `profiles_taken` counts the
    profiles it accepted; `key_text` is the AuthorizationKey that it logs in with, empty where none
    was written; `pages` counts signed readings (R117); `kept` is the mark of what was kept last;
    `postponed` are commands to be obeyed from a time on (Quirk.SLOW).
    """

    options: Options
    moment: Moment
    configuration: Configuration
    connectors: tuple[Connector, ...]
    authorisation: Authorisation = field(default_factory=Authorisation)
    queue: OfflineQueue = field(default_factory=OfflineQueue)
    profiles: ProfileStack = field(default_factory=ProfileStack)
    profiles_taken: int = 0
    key_text: str = field(default="", repr=False)
    postponed: deque[tuple[float, Call]] = field(default_factory=deque)
    clock_offset: timedelta = timedelta()
    max_current_a: float = 0.0
    is_operative: bool = True
    reported: ConnectorStatus = ConnectorStatus.UNKNOWN
    is_online: bool = False
    registration: Registration = Registration.UNKNOWN
    boot_at: float | None = None
    heartbeat_at: float | None = None
    reboot_at: float | None = None
    transactions: int = 0
    pages: int = 0
    kept: object = None
    signed_texts: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    calls: dict[int, "OnDone"] = field(default_factory=dict)
    call_count: int = 0

    @property
    def now(self) -> float:
        """Monotonic time, in s."""
        return self.moment.now

    @property
    def clock(self) -> datetime:
        """The wallbox's own date and time."""
        return self.moment.wall + self.clock_offset

    @property
    def is_ready(self) -> bool:
        """Whether messages may be sent: the link is up, the central system has accepted us."""
        return self.is_online and self.registration is Registration.ACCEPTED

    def plays(self, quirk: Quirk) -> bool:
        """Whether the wallbox has a quirk."""
        return quirk in self.options.quirks

    def connector(self, number: int) -> Connector | None:
        """A connector by its OCPP number; None for 0 and for those it does not have."""
        return next((each for each in self.connectors if each.number == number), None)

    def has(self, number: int) -> bool:
        """Whether an OCPP number means something here: 0 the wallbox, or one of its connectors."""
        return number == 0 or self.connector(number) is not None

    def at_place(self, place: int) -> Connector | None:
        """A connector as people at the wallbox count them, from 1."""
        return self.connectors[place - 1] if 1 <= place <= len(self.connectors) else None

    def tell(self, kind: str, **facts: Fact) -> None:
        """Let people know."""
        self.effects.append(Happened(kind, facts))

    def ask(self, action: str, payload: object, on_done: "OnDone") -> None:
        """Ask the central system; `on_done` is called once, unless the wallbox restarts first."""
        self.ask_text(action, json_text(payload), on_done)

    def ask_text(self, action: str, payload_text: str, on_done: "OnDone") -> None:
        """As `ask`, with the payload already written."""
        self.call_count += 1
        self.calls[self.call_count] = on_done
        self.effects.append(SendCall(self.call_count, action, payload_text))


OnDone = Callable[[State, Outcome], None]


def json_text(payload: object) -> str:
    """A payload as JSON text."""
    return msgspec.json.encode(payload).decode()


def ignore(_state: State, _outcome: Outcome) -> None:
    """For calls whose answer means nothing."""


def read_answer(outcome: Outcome, kind: type[T]) -> T | None:
    """The answer's payload; None where there is none, or where it is not what was asked for."""
    if not isinstance(outcome, CallResult):
        return None
    try:
        return decode_payload(outcome.payload_text, kind)
    except PeerError:
        return None
