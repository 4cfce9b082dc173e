"""What people do at the wallbox."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plug:
    """Plug the car in."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class Unplug:
    """Pull the plug."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class PresentCard:
    """Hold a card to the reader, for a connector or for whichever fits."""

    id_tag: str
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class PressStop:
    """Press the stop button."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class SetHardwareCurrent:
    """Turn the wallbox's own limit, A per phase; below 6 A nothing flows."""

    current_a: float


@dataclass(frozen=True, slots=True)
class SetCarCurrent:
    """Let the car want at most this much, A per phase, at least 6."""

    current_a: float
    connector: int = 1


@dataclass(frozen=True, slots=True)
class FallAsleep:
    """Let the car sleep: it takes nothing until it is woken up."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class WakeUp:
    """Wake the car up, as its owner can."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class ShowFault:
    """Break, with an error code of OCPP 1.6 §7.6."""

    code: str
    connector: int = 1


@dataclass(frozen=True, slots=True)
class ClearFault:
    """Mend."""

    connector: int = 1


@dataclass(frozen=True, slots=True)
class SendData:
    """Send a DataTransfer; no `message_id` and no `text` leave the field out."""

    vendor: str
    message_id: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class AddSignedText:
    """Put a signed reading, exactly this text, into the next meter values of a transaction."""

    text: str


@dataclass(frozen=True, slots=True)
class PowerCycle:
    """Switch the wallbox off and on."""


@dataclass(frozen=True, slots=True)
class ShowState:
    """Tell the state of every connector."""


Action = (
    Plug
    | Unplug
    | PresentCard
    | PressStop
    | SetHardwareCurrent
    | SetCarCurrent
    | FallAsleep
    | WakeUp
    | ShowFault
    | ClearFault
    | SendData
    | AddSignedText
    | PowerCycle
    | ShowState
)
