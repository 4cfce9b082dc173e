"""Certificates and keys from files, for the two ends that are for trying things out."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from wattgate.adapters.certificates.bundle import Bundle
from wattgate.adapters.certificates.entries import (
    AuthorityEntry,
    OwnEntry,
    authority_entry,
    own_entry,
)
from wattgate.adapters.certificates.judging import authorities_in, identity_in
from wattgate.adapters.certificates.reading import read
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.passphrases import unlocked
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.security.certificates import Origin
from wattgate.ports.certificates import Material

T = TypeVar("T")


def own_from(
    option: str, certificate: Path, key: Path | None, problems: list[Problem]
) -> tuple[OwnEntry, ...]:
    """Read a certificate of our own with its key: PEM, DER or PKCS#12, in one file or two.

    Its time is not looked at: what an expired one brings about is worth a try. Without an entry
    something is added to `problems`, under the option's name.
    """
    files = [certificate] if key is None else [certificate, key]

    def made(bundle: Bundle) -> tuple[OwnEntry, ...]:
        begins = [each.not_valid_before_utc for each in bundle.certificates]
        identity = identity_in(bundle, (), max(begins, default=_NEVER))
        return (own_entry(identity, Origin.IMPORTED),)

    return _attempted(option, files, made, problems)


def authorities_from(
    option: str, files: Iterable[Path], now: datetime, problems: list[Problem]
) -> tuple[AuthorityEntry, ...]:
    """Read certificates that may vouch for others, or for themselves."""

    def made(bundle: Bundle) -> tuple[AuthorityEntry, ...]:
        found = authorities_in(bundle, now)
        return tuple(authority_entry(certificate, Origin.IMPORTED) for certificate in found)

    return tuple(entry for file in files for entry in _attempted(option, [file], made, problems))


_NEVER = datetime.max.replace(tzinfo=UTC)


def _attempted(
    option: str,
    files: list[Path],
    made: Callable[[Bundle], tuple[T, ...]],
    problems: list[Problem],
) -> tuple[T, ...]:
    names = ", ".join(map(str, files))
    parts = [_content(option, file, problems) for file in files]
    known = tuple(part for part in parts if part is not None)
    if len(known) < len(parts):
        return ()
    try:
        bundle = unlocked(lambda passphrase: read(Material(known, passphrase)), names)
        return made(bundle)
    except MisuseError as error:
        problems.append(Problem(option, str(error)))
    except ConfigError as error:
        problems.extend(Problem(option, f"{names}: {each}") for each in error.problems)
    return ()


def _content(option: str, file: Path, problems: list[Problem]) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError as error:
        why = error.strerror or error
        problems.append(Problem(option, f"{file} cannot be read: {why}"))
        return None
