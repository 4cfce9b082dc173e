"""The test backend's memory on disk."""

import os
from pathlib import Path

from wattgate.core.backend.memory import Memory, memory_text, read_memory
from wattgate.core.errors import ConfigError, Problem


class StateFile:
    """One JSON file, replaced as a whole: a killed process leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Memory | None:
        """Read it; None when there is none yet.

        Raises:
            ConfigError: it cannot be read, or is no state file.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([Problem(str(self._path), f"cannot be read: {error}")]) from error
        return read_memory(text, str(self._path))

    def save(self, memory: Memory) -> None:
        """Write it; the disk has it when this returns.

        Blocks for the length of one fsync: a backend for trying things out is not in a hurry.

        Raises:
            OSError: it could not be written; the old one is still there.
        """
        fresh = self._path.with_name(self._path.name + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(memory_text(memory))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
