"""What a wallbox may do at the file port, by the secret address that it has been told."""

from dataclasses import dataclass
from typing import Final, Protocol

from wattgate.core.files.transfers import Received, Transfer
from wattgate.runtime.files.growing import GrowingFile

PART: Final = ".part"
"""Ends the name of a file in the folder that has not come as a whole."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request at an address that is known; `names` is what was put behind it, decoded."""

    transfer: Transfer
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file is not taken."""

    reason: str
    is_too_large: bool = False


class Desk(Protocol):
    """Where the file port asks."""

    def visit(self, path: str, host: str) -> Visit | None:
        """Who asks at that path, from that address; None where nobody has been told it."""
        ...

    def firmware(self, visit: Visit) -> GrowingFile:
        """The file to be fetched; it begins to come, unless it does or has already."""
        ...

    def served(self, visit: Visit) -> None:
        """The wallbox has been given the end of its file."""
        ...

    def refusal(self, visit: Visit, size: int) -> Refused | None:
        """Why a file of so many bytes is not taken; None where it is."""
        ...

    async def take(self, visit: Visit, received: Received) -> bool:
        """Keep a file that has come as a whole; then it is confirmed.

        It is in the folder under its name with `PART` behind. False where its address has ended
        meanwhile.

        Raises:
            StoreFailed: it could not be kept.
            OSError: likewise.
        """
        ...

    def new_name(self) -> str:
        """A name for a file that begins to come."""
        ...
