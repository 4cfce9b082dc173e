"""A file system of a few MiB, where this machine lets us mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def tiny_disk(folder: Path, *, size_mib: int) -> Iterator[Path]:
    """Mount a tmpfs on `folder`; skips the test where that is refused."""
    folder.mkdir()
    options = f"size={size_mib}m"
    command = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    mounted = subprocess.run(  # noqa: S603 - only a test's folder and size are in it
        command, capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small file system may be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        unmount = ("umount", "--lazy", str(folder))
        subprocess.run(unmount, check=True)  # noqa: S603 - only a test's folder is in it


def fill(folder: Path) -> Path:
    """Take all the space that is left; whoever deletes the file gives it back."""
    path = folder / "somebody-elses"
    with path.open("ab", buffering=0) as file:
        for size in (65_536, 4_096):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return path
