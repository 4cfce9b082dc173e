"""What happens around the calls: connections, frames, the person at the keyboard.

Kinds, words and records as in `wattgate.core.backend.events`.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Listening:
    """The socket is open; `url` is what a charge point is given, without its id."""

    kind: ClassVar[str] = "listening"
    words: ClassVar[str] = "backend listens on {url}"
    url: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Connected:
    """A charge point is here; `over` is "plain", "TLS" or "TLS with a client certificate"."""

    kind: ClassVar[str] = "connected"
    words: ClassVar[str] = "{id}: connected from {peer_address}, {over}"
    id: str
    peer_address: str
    over: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A charge point's connection is gone; `code` as in RFC 6455 §7.4.1."""

    kind: ClassVar[str] = "disconnected"
    words: ClassVar[str] = "{id}: disconnected, {code} {reason}"
    id: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionRefused:
    """Somebody was not let in; `id` as claimed, None where none could be read."""

    kind: ClassVar[str] = "refused-connection"
    words: ClassVar[str] = "refused {peer_address} (as {id}): {reason}"
    id: str | None
    peer_address: str
    reason: str


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A message as it came over the wire."""

    kind: ClassVar[str] = "received"
    words: ClassVar[str] = "{id} < {text}"
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class FrameSent:
    """A message as it went over the wire."""

    kind: ClassVar[str] = "sent"
    words: ClassVar[str] = "{id} > {text}"
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class StationListed:
    """One line of `list`; `connectors` maps the connector number to its last status."""

    kind: ClassVar[str] = "station"
    words: ClassVar[str] = (
        "{id}: {link}, registration {registration}, connectors {connectors}; "
        "open transactions {open_transactions}"
    )
    id: str
    link: str
    registration: str
    connectors: dict[str, str]
    open_transactions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AllListed:
    """The end of `list`; `count` charge points were ever here."""

    kind: ClassVar[str] = "listed"
    words: ClassVar[str] = "{count} charge point(s) known"
    count: int


@dataclass(frozen=True, slots=True)
class MemoryNotKept:
    """The state file could not be written; calls are refused until it can."""

    kind: ClassVar[str] = "state-not-saved"
    words: ClassVar[str] = "STATE NOT SAVED: {reason}"
    reason: str


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """The backend answers differently from now on."""

    kind: ClassVar[str] = "setting"
    words: ClassVar[str] = "{name} is now {value}"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A command line had no effect."""

    kind: ClassVar[str] = "command-refused"
    words: ClassVar[str] = "{reason}"
    line: str
    reason: str


@dataclass(frozen=True, slots=True)
class Helped:
    """The answer to `help`."""

    kind: ClassVar[str] = "help"
    words: ClassVar[str] = "commands:\n{text}"
    text: str


Notice = (
    Listening
    | Connected
    | Disconnected
    | ConnectionRefused
    | FrameReceived
    | FrameSent
    | StationListed
    | AllListed
    | MemoryNotKept
    | SettingChanged
    | CommandRefused
    | Helped
)
