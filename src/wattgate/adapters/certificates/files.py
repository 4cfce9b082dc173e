"""Small secret files: whole or not there, and readable for nobody else."""

import errno
import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from wattgate.ports.store import StoreFailed

PASSING: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that say nothing about a file: a flood of connections takes every descriptor (S3)."""

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_UNFINISHED: Final = ".unfinished"
_LONGEST_NAME_B: Final = 200
_NO_NAME: Final = "+"
_FULL_NAME: Final = "name.txt"
"""Has the name of a set where that does not fit a folder."""


def write(path: Path, text: str) -> None:
    """Put a file in place of the former one; on disk when this returns.

    Raises:
        StoreFailed: it could not; the former one is still there.
    """
    try:
        make_folder(path.parent)
        handle, unfinished = tempfile.mkstemp(suffix=_UNFINISHED, dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except OSError:
            with suppress(OSError):
                Path(unfinished).unlink()
            raise
        _sync(path.parent)
    except OSError as error:
        raise _failed(path, error) from error


def remove(path: Path) -> None:
    """Remove a file for good; nothing where there is none.

    Raises:
        StoreFailed: it could not.
    """
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync(path.parent)
    except OSError as error:
        raise _failed(path, error) from error


DAMAGED: Final = ".damaged"
"""How the name of a file that was set aside ends."""


def set_aside(path: Path) -> Path | None:
    """Give a damaged file another name, so that it is in nobody's way; None where that failed."""
    aside = path.with_name(f"{path.name}{DAMAGED}")
    try:
        path.replace(aside)
    except OSError:
        return None
    return aside


def listed(folder: Path, pattern: str) -> list[Path]:
    """Name the files of a folder, in order; none where it is not there, or not ours to read.

    Raises:
        OSError: it cannot be told now; to say "none" would be to forget certificates.
    """
    try:
        found = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return sorted(path for path in found if path.match(pattern))


def clear_unfinished(folder: Path) -> None:
    """Remove what a power cut has left of writing: it may hold a key."""
    for path in listed(folder, f"*{_UNFINISHED}"):
        with suppress(OSError):
            path.unlink()


def protect(folder: Path) -> None:
    """Take from others what they may do with a set: somebody may have put files there by hand."""
    for path in (folder, *listed(folder, "*.pem")):
        with suppress(OSError):
            path.chmod(_FOLDER_MODE if path.is_dir() else _FILE_MODE)


def make_folder(folder: Path) -> None:
    """Make a folder that only we can enter, and those above it."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        _sync(each.parent)


def folder_of(root: Path, name: str) -> Path:
    """Where a set lives: any name, also one with a slash, is one folder."""
    quoted = quote(name, safe="").replace(".", "%2E") or _NO_NAME
    if len(quoted) > _LONGEST_NAME_B:
        quoted = f"{quoted[:100]}+{sha256(name.encode()).hexdigest()[:32]}"
    return root / quoted


def remember_name(folder: Path, name: str) -> None:
    """Keep the name of a set where its folder does not tell it.

    Raises:
        StoreFailed: it could not be kept.
    """
    if name_of(folder) != name:
        write(folder / _FULL_NAME, name)


def name_of(folder: Path) -> str:
    """The name of the set that lives there.

    Raises:
        OSError: it cannot be told now.
    """
    try:
        return (folder / _FULL_NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno in PASSING:
            raise
        return unquote(folder.name)


def _sync(folder: Path) -> None:
    """Make sure that names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(path: Path, error: OSError) -> StoreFailed:
    return StoreFailed(f"{path.name} could not be kept: {error.strerror or error}")
