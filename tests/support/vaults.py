"""A vault on disk, for tests that need real certificates of the manager."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from wattgate.adapters.certificates.vault import Vault


class SetClock:
    """A wall clock that stands where a test has put it; by default, now."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def monotonic(self) -> float:
        return self.offset.total_seconds()

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.offset  # noqa: TID251 - peers check by the real clock

    def is_synchronised(self) -> bool:
        return True


def vault_in(folder: Path, clock: SetClock | None = None) -> Vault:
    """A vault that knows no names of this machine but `localhost`; not opened yet."""
    return Vault(folder, clock or SetClock(), lambda: ("localhost", "127.0.0.1"))
