"""What only the manager's user may read: the data folder, and the key of the kept passwords."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from wattgate.core.security.passwords import SECRET_BYTES, PasswordKey
from wattgate.ports.store import StoreFailed

_OTHERS: Final = 0o077
_WRITTEN: Final = re.compile(rb"([0-9a-f]{%d})\n?" % (2 * SECRET_BYTES))


def open_folder(folder: Path) -> bool:
    """Make the folder where there is none, and keep everybody else of this machine out of it.

    Answers whether that could be done: a folder that belongs to another user stays as open as it
    is. Raises OSError where it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & _OTHERS:
        with suppress(PermissionError):
            folder.chmod(0o700)
    return not folder.stat().st_mode & _OTHERS


def password_key(path: Path) -> PasswordKey:
    """Read the key in a file; where there is none make one, which is on the disk on return.

    One that others could read, as after a backup was put back, is closed to them.

    Raises:
        StoreFailed: the file cannot be read or written, or holds something else. A damaged key is
            never replaced: every password that was kept under it would be lost.

    """
    try:
        written = _read(path) if path.exists() else _make(path)
    except OSError as error:
        raise StoreFailed(f"{path.name}: {error.strerror}") from error
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise StoreFailed(
            f"{path.name} is damaged: put it back from a backup; without it, delete it, and write "
            "the passwords of the wallboxes in the site file again"
        )
    return PasswordKey(bytes.fromhex(found[1].decode()))


def _read(path: Path) -> bytes:
    if path.stat().st_mode & _OTHERS:
        with suppress(PermissionError):
            path.chmod(0o600)
    return path.read_bytes()


def _make(path: Path) -> bytes:
    """Write a new key beside its place, and move it there once all of it is on the disk."""
    written = secrets.token_hex(SECRET_BYTES).encode() + b"\n"
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)  # of a start that did not get far
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return written
