"""Files that `wattgate cert` reads and writes."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wattgate.cli.evse_login import MisuseError

_PKCS12: Final = frozenset({".p12", ".pfx"})
_DER: Final = frozenset({".der", ".cer"})
_MOST_B: Final = 1_000_000
"""No certificate file is larger; a body of the API carries at most 2 MiB in base64."""

SECRET: Final = 0o600
OPEN: Final = 0o644


def is_pkcs12(file: Path) -> bool:
    """Whether a file is to be PKCS#12, by its ending."""
    return file.suffix.lower() in _PKCS12


def is_der(file: Path) -> bool:
    """Whether a file is to be DER, by its ending."""
    return file.suffix.lower() in _DER


def contents(files: Sequence[Path]) -> tuple[bytes, ...]:
    """Read files; raises MisuseError with everything that cannot be read."""
    found, wrong = [], []
    for file in files:
        try:
            with file.open("rb") as opened:
                found.append(opened.read(_MOST_B + 1))
        except OSError as exc:
            wrong.append(f"{file}: {exc.strerror or exc}")
            continue
        if len(found[-1]) > _MOST_B:
            wrong.append(f"{file}: is too large to hold certificates")
    if wrong:
        raise MisuseError("Cannot read\n  " + "\n  ".join(wrong))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where something is to be written: checked before anything is done for it.

    With `force` files that are there are replaced.
    """

    files: tuple[Path, ...]
    force: bool

    def problems(self) -> Iterator[str]:
        """Everything that would keep the files from being written."""
        for file in dict.fromkeys(self.files):
            if file.is_dir():
                yield f"{file}: is a folder"
            elif not file.parent.is_dir():
                yield f"{file}: its folder does not exist"
            elif file.exists() and not self.force:
                yield f"{file}: is there already; --force replaces it"
            elif not os.access(file.parent, os.W_OK):
                yield f"{file}: its folder cannot be written to"
        if len(set(self.files)) != len(self.files):
            yield f"{self.files[0]}: is named twice"

    def write(self, file: Path, content: bytes, mode: int) -> None:
        """Write one of them, complete or not at all; raises MisuseError."""
        try:
            _write(file, content, mode, force=self.force)
        except OSError as exc:
            raise MisuseError(f"{file}: {exc.strerror or exc}") from None


def _write(file: Path, content: bytes, mode: int, *, force: bool) -> None:
    if not force:
        _fill(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), file, content)
        return
    # What mkstemp makes is readable for us only.
    number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    _fill(number, Path(name), content)
    Path(name).chmod(mode)
    Path(name).replace(file)


def _fill(number: int, file: Path, content: bytes) -> None:
    """Write a file that was just made, and leave nothing where that fails."""
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError:
        file.unlink()
        raise
