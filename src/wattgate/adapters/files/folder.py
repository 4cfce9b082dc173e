"""The folder for files that pass through: names of ours only, and no file is ever half there."""

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

SPARE_BYTES: Final = 64 * 2**20
"""What a file leaves free on the disk at least: whatever else is stored matters more."""


class DataFolder:
    """Implements FileFolder. The folder is made when the first file comes; only we can read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Give the place of a file."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / name

    def has_room_for(self, size: int) -> bool:
        """Whether so many bytes may be written without the disk becoming full."""
        place = self._folder if self._folder.exists() else self._folder.parent
        return shutil.disk_usage(place).free >= size + SPARE_BYTES

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        with suppress(OSError):
            (self._folder / name).unlink()

    def keep_only(self, names: Collection[str]) -> None:
        """Remove every other file."""
        if not self._folder.exists():
            return
        for path in self._folder.iterdir():
            if path.name not in names:
                self.remove(path.name)

    def keep(self, name: str, new_name: str) -> None:
        """Bring a file's content to the disk, then its new name."""
        path = self._folder / name
        _sync(path)
        path.replace(self._folder / new_name)
        _sync(self._folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
