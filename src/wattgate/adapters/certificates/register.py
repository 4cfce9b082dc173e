"""What the built-in authority keeps on disk: itself, everything it has signed, what it revoked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

import structlog
from cryptography import x509

from wattgate.adapters.certificates import files, folder
from wattgate.adapters.certificates.entries import (
    Damaged,
    OwnEntry,
    authority_from,
    own_from,
    pem_of,
    text_of,
)
from wattgate.adapters.certificates.facts import (
    facts_of,
    fingerprint_of_der,
    serial_number_of_der,
)
from wattgate.adapters.certificates.issuing import revocation_list
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.security.certificates import IssuedEntry
from wattgate.ports.store import StoreFailed

log = structlog.get_logger()

_ITSELF: Final = "authority.pem"
_ISSUED: Final = "issued"
_REVOKED: Final = "revoked.crl"
_NOTE: Final = re.compile(r"^(purpose|issued|revoked): (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Record:
    """One certificate that was signed."""

    certificate: x509.Certificate
    entry: IssuedEntry
    issued: datetime
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """The authority, and what it has signed by its ids, newest first. Changed: another object."""

    authority: OwnEntry | None = None
    records: tuple[Record, ...] = ()

    @property
    def revoked(self) -> frozenset[str]:
        """Fingerprints of what counts no more."""
        found = (record for record in self.records if record.revoked is not None)
        return frozenset(record.entry.facts.fingerprint for record in found)


class Register:
    """The books below a folder; nothing is read before `load`, changes belong into a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._books = Books()
        self._revoked: frozenset[str] = frozenset()
        self._listed: Mapping[int, datetime] = {}
        self._stamp: tuple[folder.Stamp, folder.Stamp] | None = None
        self._lock = Lock()

    @property
    def books(self) -> Books:
        """As they are now."""
        return self._books

    def is_revoked(self, der: bytes) -> bool:
        """Whether it says so of this certificate, or its list does: a record may be damaged."""
        if fingerprint_of_der(der) in self._revoked:
            return True
        return bool(self._listed) and serial_number_of_der(der) in self._listed

    def load(self) -> bool:
        """Read what has changed on disk since it was read last; says whether something has.

        Raises:
            OSError: it cannot be read now; what was revoked is revoked.
        """
        with self._lock:
            return self._refresh()

    def create(self, authority: OwnEntry) -> None:
        """Keep the authority itself.

        Raises:
            ConfigError: there is one already.
            StoreFailed: it could not be kept.
        """
        with self._lock:
            self._prepare()
            if self._books.authority is not None:
                raise ConfigError([Problem("authority", "was made already; there is only one")])
            files.write(self._root / _ITSELF, text_of(authority))
            self._put(replace(self._books, authority=authority))

    def note(self, record: Record) -> None:
        """Keep what was signed, before anybody gets it.

        Raises:
            StoreFailed: it could not be kept.
        """
        with self._lock:
            self._prepare()
            self._write(record)
            self._put(replace(self._books, records=_sorted((record, *self._books.records))))

    def revoke(self, certificate_id: str, now: datetime) -> IssuedEntry | None:
        """Mark a certificate, and write the list of all that are; None where it is none of ours.

        Raises:
            StoreFailed: not all of it could be kept. What is marked counts no more.
        """
        with self._lock:
            self._prepare()
            wanted = certificate_id.lower()
            found = [each for each in self._books.records if each.entry.facts.id == wanted]
            if not found:
                return None
            (former, *_) = found
            entry = replace(former.entry, is_revoked=True)
            record = replace(former, entry=entry, revoked=former.revoked or now)
            self._write(record)
            others = (each for each in self._books.records if each is not former)
            self._put(replace(self._books, records=_sorted((record, *others))))
            self._write_list(now)
            return entry

    def revocation_list(self) -> str | None:
        """The list of what was revoked, PEM; None where nothing was."""
        try:
            return (self._root / _REVOKED).read_text(encoding="ascii")
        except OSError:
            return None

    def _refresh(self) -> bool:
        if self._stamp == self._stamps():
            return False
        for place in (self._root, self._root / _ISSUED):
            files.clear_unfinished(place)
            files.protect(place)
        itself = folder.read_all(self._root, _ITSELF, own_from)
        records = folder.read_all(self._root / _ISSUED, "*.pem", record_from)
        self._listed = {**_listed(self._root / _REVOKED), **self._listed}
        self._put(Books(next(iter(itself), None), _sorted(records)))
        return True

    def _prepare(self) -> None:
        """Read what somebody else has changed, before it is changed here.

        Raises:
            StoreFailed: it cannot be read now.
        """
        try:
            self._refresh()
        except OSError as error:
            said = f"{self._root.name} cannot be read: {error.strerror or error}"
            raise StoreFailed(said) from error

    def _write(self, record: Record) -> None:
        files.write(self._root / _ISSUED / f"{record.entry.facts.id}.pem", record_text(record))

    def _write_list(self, now: datetime) -> None:
        authority = self._books.authority
        if authority is not None:
            revoked = dict(self._listed)
            for each in self._books.records:
                if each.revoked:
                    revoked[each.certificate.serial_number] = each.revoked
            text = revocation_list(authority.identity, revoked.items(), now)
            files.write(self._root / _REVOKED, text)
            self._listed = revoked

    def _put(self, books: Books) -> None:
        self._books = books
        self._revoked = books.revoked
        try:
            self._stamp = self._stamps()
        except OSError:  # it will be read again
            self._stamp = None

    def _stamps(self) -> tuple[folder.Stamp, folder.Stamp]:
        return folder.stamp(self._root), folder.stamp(self._root / _ISSUED)


def new_record(certificate: x509.Certificate, purpose: str, now: datetime) -> Record:
    """Note a certificate that was signed just now."""
    return Record(certificate, IssuedEntry(facts_of(certificate), purpose, False), now)


def record_text(record: Record) -> str:
    """What the file of a record holds: a few notes, and the certificate."""
    notes = {
        "purpose": record.entry.purpose,
        "issued": record.issued.isoformat(),
        "revoked": record.revoked.isoformat() if record.revoked else "",
    }
    lines = [f"{name}: {value}\n" for name, value in notes.items() if value]
    return "".join(lines) + pem_of(record.certificate)


def record_from(text: str) -> Record:
    """Read what `record_text` wrote.

    Raises:
        Damaged: it is none.
    """
    certificate = authority_from(text).certificate
    notes = dict(_NOTE.findall(text))
    try:
        issued = datetime.fromisoformat(notes["issued"])
        revoked = datetime.fromisoformat(notes["revoked"]) if "revoked" in notes else None
        entry = IssuedEntry(facts_of(certificate), notes["purpose"], revoked is not None)
    except (KeyError, ValueError):
        raise Damaged("its notes cannot be read") from None
    return Record(certificate, entry, issued, revoked)


def _listed(path: Path) -> dict[int, datetime]:
    """What the list says: serial numbers, and since when; nothing where it cannot be read."""
    try:
        found = x509.load_pem_x509_crl(path.read_bytes())
        return {each.serial_number: each.revocation_date_utc for each in found}
    except FileNotFoundError:
        return {}
    except OSError as error:
        if error.errno in files.PASSING:
            raise
        reason = str(error)
    except ValueError as error:
        reason = str(error)
    log.warning("The list of revoked certificates cannot be read", reason=reason)
    return {}


def _sorted(records: tuple[Record, ...]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda each: each.issued, reverse=True))
