"""What a wallbox tells its backend once after its boot, and a new login has to tell again."""

from dataclasses import dataclass


@dataclass(slots=True)
class Announcement:
    """The keys of the wallbox's meters, for one backend (R114).

    `payload_text` is the wallbox's DataTransfer, verbatim; None before it has sent one.
    """

    payload_text: str | None = None
    is_due: bool = True
    """Whether the backend has not heard it since it last took us in."""

    def wallbox_booted(self) -> None:
        """The wallbox will say it by itself."""
        self.is_due = False

    def missed(self) -> None:
        """The backend did not hear it, or has forgotten it with the login that ended."""
        self.is_due = True

    def taken_up(self) -> str | None:
        """The payload to send after a login; None where nothing is due."""
        due = self.payload_text if self.is_due else None
        self.is_due = False
        return due
