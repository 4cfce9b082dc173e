"""What the software wallbox keeps on disk: one text, replaced as a whole."""

import os
from itertools import count
from pathlib import Path
from typing import Final

from wattgate.core.errors import ConfigError, Problem

KEPT: Final = "wallbox.json"
"""Name of the file in the wallbox's folder."""


class WallboxFolder:
    """Reads and writes what outlives a restart; nobody else of the machine may read it.

    It holds cards and, where the central system set one, the password of the wallbox.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEPT

    def read(self) -> str | None:
        """Give the text that was saved last; None where there is none yet.

        Raises:
            ConfigError: it cannot be read.
        """
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([Problem(str(self._path), f"cannot be read: {error}")]) from error

    def save(self, text: str) -> None:
        """Write it; the disk has it when this returns, and a kill leaves the old or the new one.

        Blocks for the length of two fsyncs: what depends on it may not be said before.

        Raises:
            OSError: it could not be written; the old one is still there.
        """
        write_whole(self._path, text.encode())

    def set_aside(self) -> Path:
        """Keep what cannot be used under another name, which is answered; nobody writes over it.

        Raises:
            OSError: that cannot be done.
        """
        names = (f"{KEPT}.damaged-{number}" for number in count(1))
        aside = next(path for name in names if not (path := self._path.with_name(name)).exists())
        self._path.replace(aside)
        return aside


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file that only its owner may read; the disk has it when this returns.

    Raises:
        OSError: it could not be written; the old one is still there.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # of a process that did not get far
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
