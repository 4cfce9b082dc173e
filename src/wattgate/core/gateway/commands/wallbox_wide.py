"""What becomes of a command that concerns a whole wallbox which serves others too (R102, R103).

The main backends are those of the EVSE that speaks for the wallbox. To treat a command differently,
change its row; docs/reference/policy.md is generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Course(StrEnum):
    """What becomes of the command."""

    FORWARD = "forward"
    """As if the wallbox were the backend's alone."""
    VIRTUAL_RESET = "virtual reset"
    """The backend's own transactions end and it gets a new login with a boot notification; the
    wallbox goes on."""
    REJECT = "reject"
    """Answered Rejected."""
    LATER = "not now"
    """A CALLERROR GenericError, since the answer has no word for it: a car of somebody else is
    charging."""
    NOT_SUPPORTED = "not supported"
    """A CALLERROR NotSupported."""


@dataclass(frozen=True, slots=True)
class WallboxWide:
    """One row: the course for a main backend while a foreign transaction runs, and for others.

    A main backend's command is forwarded while none runs. `words` says to people of which commands
    this holds, where it is not all of that action.
    """

    action: str
    busy: Course
    other: Course
    words: str = ""


_ROWS: Final = (
    WallboxWide("ChangeConfiguration", Course.REJECT, Course.REJECT, "of keys that are relayed"),
    WallboxWide("GetDiagnostics", Course.FORWARD, Course.NOT_SUPPORTED),
    WallboxWide("Reset", Course.VIRTUAL_RESET, Course.VIRTUAL_RESET),
    WallboxWide("UpdateFirmware", Course.LATER, Course.NOT_SUPPORTED),
    WallboxWide("GetLog", Course.FORWARD, Course.REJECT),
    WallboxWide(
        "InstallCertificate", Course.FORWARD, Course.REJECT, "of a ManufacturerRootCertificate"
    ),
    WallboxWide("SignedUpdateFirmware", Course.REJECT, Course.NOT_SUPPORTED),
)

WALLBOX_WIDE: Final[dict[str, WallboxWide]] = {row.action: row for row in _ROWS}
"""The table, by action. What has no row is forwarded."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backend stands at a wallbox.

    `is_main`: it is one of the EVSE that speaks for the wallbox. `foreign_runs`: a transaction is
    open there that another bills, or nobody.
    """

    is_main: bool
    foreign_runs: bool


def course(action: str, place: Place) -> Course:
    """What becomes of a command that would reach the whole wallbox."""
    row = WALLBOX_WIDE.get(action)
    if row is None:
        return Course.FORWARD
    if not place.is_main:
        return row.other
    return row.busy if place.foreign_runs else Course.FORWARD
