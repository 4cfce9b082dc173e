"""What the person at the test backend wants done: imperative, a closed union."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from wattgate.core.backend.tags import TagStatus

Registration = Literal["Accepted", "Pending", "Rejected"]
"""RegistrationStatus (OCPP 1.6 §7.38)."""

REGISTRATIONS: Final[tuple[Registration, ...]] = get_args(Registration)


@dataclass(frozen=True, slots=True)
class AskStation:
    """Send a CALL to a charge point."""

    station_id: str
    action: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class InstallRoot:
    """Have a charge point trust the backend's own authority."""

    station_id: str


@dataclass(frozen=True, slots=True)
class DropStation:
    """Close a charge point's socket."""

    station_id: str


@dataclass(frozen=True, slots=True)
class ListStations:
    """Report every charge point that was ever here."""


@dataclass(frozen=True, slots=True)
class ListTag:
    """Put a card on the list, under this status."""

    id_tag: str
    status: TagStatus


@dataclass(frozen=True, slots=True)
class ForgetTag:
    """Take a card off the list."""

    id_tag: str


@dataclass(frozen=True, slots=True)
class SetRegistration:
    """Answer BootNotifications this way from now on."""

    status: Registration


@dataclass(frozen=True, slots=True)
class Help:
    """Report how commands are written."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the backend."""


Setting = ListTag | ForgetTag | SetRegistration
"""Orders that change how the backend answers."""

Command = Setting | AskStation | InstallRoot | DropStation | ListStations | Help | Quit
