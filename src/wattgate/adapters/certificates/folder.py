"""The folder of one set: which files it has, and reading them at the start."""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

import structlog

from wattgate.adapters.certificates import files
from wattgate.adapters.certificates.entries import (
    CertificateSet,
    Damaged,
    OwnEntry,
    authority_from,
    own_from,
    request_from,
    request_text,
    text_of,
)
from wattgate.core.security.certificates import KeyKind, Origin

log = structlog.get_logger()

_REQUEST: Final = "request.pem"
_PATTERNS: Final = ("own-*.pem", "authority-*.pem", "former-*.pem", _REQUEST)
_LOST: Final = f"authority-*.pem{files.DAMAGED}"

_Read = TypeVar("_Read")

Stamp = tuple[tuple[str, int, int, int], ...]
"""By what it is seen that somebody else has changed files: name, inode, time, size."""


def contents(held: CertificateSet) -> dict[str, str]:
    """Every file of a set by its name, and what it holds."""
    request = {} if held.request is None else {_REQUEST: request_text(held.request)}
    own = {f"own-{entry.kind.value}.pem": text_of(entry) for entry in held.own}
    former = {f"former-{entry.kind.value}.pem": text_of(entry) for entry in held.former}
    authorities = {
        f"authority-{entry.held.facts.id}.pem": text_of(entry) for entry in held.authorities
    }
    return own | former | authorities | request


def load(folder: Path) -> CertificateSet:
    """Read a set; what is damaged is said in the log and set aside.

    Raises:
        OSError: it cannot be read now.
    """
    files.clear_unfinished(folder)
    files.protect(folder)
    own = read_all(folder, "own-*.pem", own_from)
    given = tuple(entry for entry in own if entry.held.origin is not Origin.SELF_SIGNED)
    return CertificateSet(
        # Self-signed ones do not count beside a given one: see Sets.import_own.
        by_kind(given or own),
        read_all(folder, "authority-*.pem", authority_from),
        by_kind(read_all(folder, "former-*.pem", own_from)),
        next(iter(read_all(folder, _REQUEST, request_from)), None),
        has_lost_authority=bool(files.listed(folder, _LOST)),
    )


def of_a_set(found: Stamp) -> Iterator[str]:
    """The files among those in a stamp that `load` reads."""
    for name, *_ in found:
        if any(fnmatchcase(name, pattern) for pattern in _PATTERNS):
            yield name


def forget_lost(folder: Path) -> None:
    """Remove damaged authorities: somebody has given one that counts; raises StoreFailed."""
    for path in files.listed(folder, _LOST):
        files.remove(path)


def by_kind(own: Iterable[OwnEntry]) -> tuple[OwnEntry, ...]:
    """One certificate per kind of key, in a fixed order."""
    found = {entry.kind: entry for entry in own}
    return tuple(found[kind] for kind in KeyKind if kind in found)


def stamp(folder: Path) -> Stamp:
    """What tells whether the folder is as it was."""
    return tuple(sorted(_stamps(folder)))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    for path in files.listed(folder, "*.pem"):
        try:
            found = path.stat()
        except OSError:
            continue
        yield path.name, found.st_ino, found.st_mtime_ns, found.st_size


def read_all(folder: Path, pattern: str, parse: Callable[[str], _Read]) -> tuple[_Read, ...]:
    """Read every file of that name; what is damaged is said in the log and set aside.

    Raises:
        OSError: they cannot be read now; nothing has been set aside for that.
    """
    read = (_read(path, parse) for path in files.listed(folder, pattern))
    return tuple(entry for entry in read if entry is not None)


def _read(path: Path, parse: Callable[[str], _Read]) -> _Read | None:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except Damaged as error:
        reason = str(error)
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno in files.PASSING:
            raise
        reason = type(error).__name__
    aside = files.set_aside(path)
    log.error(
        "A certificate file is damaged and does not count",
        file=path.name,
        folder=path.parent.name,
        reason=reason,
        now_called=aside.name if aside else None,
    )
    return None
