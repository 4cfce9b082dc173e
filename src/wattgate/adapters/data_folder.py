"""One process at a time works on a data folder, and says where it is asked meanwhile.

The lock is the kernel's (flock): it ends with the process, however that ends.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK: Final = "in-use"
"""Name of the file; it holds the URL of the manager that runs, while one does."""


class FolderInUse(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """Another process works on the folder: a manager whose API is at `url`, "" for a command."""

    def __init__(self, folder: Path, url: str) -> None:
        who = f"a manager that runs at {url}" if url else "another wattgate process"
        super().__init__(f"{folder} is in use by {who}")
        self.url = url


@contextmanager
def working_on(folder: Path) -> Iterator[Callable[[str], None]]:
    """Keep others away from an existing folder until the end of the block.

    Gives a function to say at which URL the API is.

    Raises:
        FolderInUse: somebody else works on it.
        OSError: the folder cannot be written to.
    """
    path = folder / LOCK
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(opened, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(folder, path.read_text(encoding="utf-8").strip()) from None
        file.truncate(0)

        def say(url: str) -> None:
            file.truncate(0)
            file.write(url)
            file.flush()

        try:
            yield say
        finally:
            file.truncate(0)
