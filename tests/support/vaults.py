"""A vault on disk, for tests that need real certificates of the manager."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from wattgate.adapters.certificates.sets import Sets
from wattgate.adapters.certificates.vault import Vault
from wattgate.core.security.certificates import SERVER_SET

NAMES_HERE: Final = ("localhost", "127.0.0.1")


class SetClock:
    """A wall clock that stands where a test has put it; by default, now."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.is_kept = True

    def monotonic(self) -> float:
        return self.offset.total_seconds()

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.offset  # noqa: TID251 - peers check by the real clock

    def is_synchronised(self) -> bool:
        return self.is_kept


def vault_in(folder: Path, clock: SetClock | None = None) -> Vault:
    """A vault that knows no names of this machine but `localhost`; not opened yet."""
    return Vault(folder, clock or SetClock(), lambda: NAMES_HERE)


def started_once(folder: Path) -> Path:
    """The folder after a first start: keys of RSA are made once for all tests, not for each."""
    place = folder / SERVER_SET
    place.mkdir(parents=True)
    for name, content in _self_signed().items():
        (place / name).write_bytes(content)
    return folder


@cache
def _self_signed() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        Sets(Path(folder)).keep_self_signed(NAMES_HERE, (), SetClock().wall())
        return {path.name: path.read_bytes() for path in (Path(folder) / SERVER_SET).iterdir()}
