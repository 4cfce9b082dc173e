"""Who may connect to the test backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattgate.core.ocpp.handshake import DirectoryEntry


@dataclass(frozen=True, slots=True)
class Guests:
    """The directory of a backend that lets everybody in unless it was given a list.

    `known` empty accepts every id under its own name; otherwise only these and those with an own
    password, exactly or else without regard to case (R19), and the rest is refused with 404 (R20).
    `password` is common to all; an entry of `passwords` counts instead; "" means none.
    """

    known: frozenset[str] = frozenset()
    password: str = ""
    passwords: Mapping[str, str] = field(default_factory=dict)

    def find(self, claimed_id: str) -> DirectoryEntry | None:
        """Look a charge point up by the id in its URL."""
        station_id = self._spelled(claimed_id)
        if station_id is None:
            return None
        return DirectoryEntry(
            station_id=station_id,
            password=self.passwords.get(station_id, self.password),
            security_profile=0,
            assume_ocpp16=False,
        )

    def _spelled(self, claimed_id: str) -> str | None:
        listed = self.known | set(self.passwords)
        if claimed_id in listed:
            return claimed_id
        folded = claimed_id.casefold()
        alike = next((name for name in sorted(listed) if name.casefold() == folded), None)
        return alike if alike is not None or self.known else claimed_id
