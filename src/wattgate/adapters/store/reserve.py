"""Disk space kept aside next to the database, to be given back when the disk is full."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

_OUT_OF_SPACE: Final = frozenset(
    {
        "SQLITE_FULL",
        "SQLITE_IOERR_WRITE",  # a quota, or a limit of the file's size
        "SQLITE_IOERR_SHMSIZE",  # the index of the write-ahead log could not grow
        "SQLITE_IOERR_SHMOPEN",
    }
)
"""Errors that more space may cure; https://www.sqlite.org/rescode.html."""


def is_out_of_space(error: BaseException | None) -> bool:
    """Whether SQLite, or what wraps its error, failed in a way that more disk space may cure."""
    error = getattr(error, "orig", error)
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, sqlite3.Error) else ""
    return name in _OUT_OF_SPACE


class Reserve:
    """A file that holds nothing but its place on the disk.

    SQLite needs space even to delete. Whoever fills the disk fills it up to the reserve; what is
    given back then is for Wattgate, if it is quick.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def size_b(self) -> int:
        """Bytes of the disk that are kept; 0 without a reserve."""
        try:
            found = self._path.stat()
        except OSError:
            return 0
        return min(found.st_size, found.st_blocks * 512)

    def keep(self, size_b: int) -> bool:
        """Keep exactly so many bytes; False where the disk has no room for it.

        A new one is made only where as much again stays free, so that it is not made and given
        back in turns.
        """
        if self.size_b == size_b:
            return True
        self.release()
        return size_b == 0 or (self._free_b() >= 2 * size_b and self._allocate(size_b))

    def release(self) -> bool:
        """Give the space back; False where there was none."""
        had = self.size_b > 0
        with suppress(OSError):
            os.truncate(self._path, 0)  # needs less than to delete, on some file systems
            self._path.unlink()
        return had and self.size_b == 0

    def _free_b(self) -> int:
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize

    def _allocate(self, size_b: int) -> bool:
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(fd, 0, size_b)
        except OSError:
            self.release()
            return False
        else:
            return True
        finally:
            os.close(fd)
