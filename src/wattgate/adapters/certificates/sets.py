"""All sets of certificates, on disk and in memory, one change at a time.

Whoever reads gets whole sets, without waiting; whoever changes waits for the disk. So the methods
that change something belong into a thread.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from wattgate.adapters.certificates import files, folder
from wattgate.adapters.certificates.bundle import Bundle
from wattgate.adapters.certificates.entries import (
    AuthorityEntry,
    CertificateSet,
    Entry,
    OwnEntry,
    Request,
    authority_entry,
    has_id,
    own_entry,
)
from wattgate.adapters.certificates.judging import authorities_in, identity_in, strangers
from wattgate.adapters.certificates.keys import OwnKey, generate
from wattgate.adapters.certificates.loading import refusal
from wattgate.adapters.certificates.making import (
    RENEWED_DAYS_BEFORE,
    as_carried,
    name_of,
    self_signed,
)
from wattgate.adapters.certificates.reading import read, read_certificates, read_from_peer
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.security.certificates import SERVER_SET, KeyKind, Origin
from wattgate.ports.certificates import Material
from wattgate.ports.store import StoreFailed

log = structlog.get_logger()

_AUTHORITY_READERS: Final = {Origin.INSTALLED: read_from_peer}
_EMPTY: Final = CertificateSet()


class Sets:
    """The sets below a folder; nothing is read before `load`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sets: dict[str, CertificateSet] = {}
        self._stamps: dict[str, folder.Stamp] = {}
        self._lock = Lock()

    def names(self) -> tuple[str, ...]:
        """Every set that holds something, that of the server first."""
        others = sorted(name for name, held in self._sets.items() if held.entries)
        return (SERVER_SET, *(name for name in others if name != SERVER_SET))

    def get(self, name: str) -> CertificateSet:
        """A set as it is now; an empty one for an unknown name."""
        return self._sets.get(name, _EMPTY)

    def load(self) -> bool:
        """Read what has changed on disk since it was read last; says whether something has.

        Raises:
            OSError: it cannot be read now; everything is as it was.
        """
        with self._lock:
            folders = self._folders()
            changed = [name for name, place in folders.items() if self._is_new(name, place)]
            read = {name: folder.load(folders[name]) for name in changed}
            stamps = {name: folder.stamp(folders[name]) for name in changed}
            # What never was on disk, for want of space, serves on.
            gone = [each for each in self._sets.keys() - folders.keys() if self._stamps.get(each)]
            for name in gone:
                del self._sets[name]
                self._stamps.pop(name, None)
            self._sets.update(read)
            self._stamps.update(stamps)
            return bool(gone or changed)

    def _folders(self) -> dict[str, Path]:
        found = [path for path in files.listed(self._root, "*") if path.is_dir()]
        return {files.name_of(path): path for path in found}

    def _is_new(self, name: str, place: Path) -> bool:
        return name not in self._sets or folder.stamp(place) != self._stamps.get(name)

    def _current(self, name: str) -> CertificateSet:
        """A set as it is on the disk, also where somebody else has changed it just now.

        Raises:
            StoreFailed: that cannot be told now.
        """
        place = files.folder_of(self._root, name)
        try:
            if place.is_dir() and self._is_new(name, place):
                self._sets[name] = folder.load(place)
                self._stamps[name] = folder.stamp(place)
        except OSError as error:
            raise StoreFailed(f"{name} cannot be read: {error.strerror or error}") from error
        return self.get(name)

    def _note_stamp(self, name: str, place: Path) -> None:
        """Remember how the folder is now; where that cannot be told, it will be read again."""
        try:
            self._stamps[name] = folder.stamp(place)
        except OSError:
            self._stamps.pop(name, None)

    def keep_self_signed(
        self,
        names: Sequence[str],
        needed: Sequence[str],
        now: datetime,
        *,
        is_now_sure: bool = True,
    ) -> bool:
        """Make the server's own certificates where nobody has given one (P21).

        Also where they lack a name that is `needed`, expire soon, or begin later than now, if that
        is sure. Says whether there are new ones. Where the disk cannot keep them they serve until
        the next start.
        """
        with self._lock:
            before = self._current(SERVER_SET)
            if not _is_to_be_made(before.own, needed, now, is_now_sure=is_now_sure):
                return False
            made = tuple(_self_signed(kind, names, now) for kind in KeyKind)
            after = replace(before, own=made)
            try:
                self._change(SERVER_SET, after)
            except StoreFailed as failure:
                log.warning(
                    "The self-signed certificate counts for this run only", reason=str(failure)
                )
                self._sets[SERVER_SET] = after
                self._note_stamp(SERVER_SET, files.folder_of(self._root, SERVER_SET))
            return True

    def import_own(self, name: str, material: Material, origin: Origin, now: datetime) -> OwnEntry:
        """Take an own certificate in place of the one with the same kind of key.

        Self-signed ones of either kind go as well: clients that know both kinds would get those as
        often as the new one. Where no key is given it may be that of the open request, or one
        that is shown now.
        """
        bundle = read(material)
        with self._lock:
            before = self._current(name)
            shown = [entry.identity.key for entry in before.own]
            asked = [before.request.key] if before.request else []
            entry = _own_entry(bundle, (*asked, *shown), origin, now)
            given = [each for each in before.own if each.held.origin is not Origin.SELF_SIGNED]
            own = folder.by_kind((*given, entry))
            self._change(name, _answered(replace(before, own=own), entry))
            return entry

    def finish_request(self, name: str, chain: Material, now: datetime) -> OwnEntry:
        """Take the answer to the open request as the only own certificate."""
        bundle = read_from_peer(chain)
        with self._lock:
            before = self._current(name)
            if before.request is None:
                raise ConfigError([Problem("certificate", "was not asked for: no request is open")])
            entry = _own_entry(bundle, (before.request.key,), Origin.INSTALLED, now)
            former = [each for each in before.own if each.held.origin is not Origin.SELF_SIGNED]
            after = replace(before, own=(entry,), former=tuple(former))
            self._change(name, _answered(after, entry))
            return entry

    def swap_former(self, name: str) -> None:
        """Let the former and the present own certificates change places."""
        with self._lock:
            before = self._current(name)
            self._change(name, replace(before, own=before.former, former=before.own))

    def forget_former(self, name: str) -> None:
        """Remove the former own certificates with their keys."""
        with self._lock:
            self._change(name, replace(self._current(name), former=()))

    def import_authorities(
        self, name: str, material: Material, origin: Origin, now: datetime
    ) -> tuple[AuthorityEntry, ...]:
        """Believe every certificate in it from now on."""
        bundle = _AUTHORITY_READERS.get(origin, read_certificates)(material)
        certificates = authorities_in(bundle, now)
        with self._lock:
            before = self._current(name)
            known = {entry.certificate: entry for entry in before.authorities}
            for certificate in certificates:
                known.setdefault(certificate, authority_entry(certificate, origin))
            after = replace(before, authorities=tuple(known.values()), has_lost_authority=False)
            self._change(name, after)
            if before.has_lost_authority:
                folder.forget_lost(files.folder_of(self._root, name))
            return tuple(known[certificate] for certificate in certificates)

    def remove(self, name: str, certificate_id: str) -> Entry | None:
        """Remove a certificate, and its key."""
        with self._lock:
            before = self._current(name)
            found = next((each for each in before.entries if has_id(each, certificate_id)), None)
            if found is not None:
                own = tuple(each for each in before.own if each is not found)
                authorities = tuple(each for each in before.authorities if each is not found)
                self._change(name, replace(before, own=own, authorities=authorities))
            return found

    def begin_request(self, name: str, common_name: str, organisation: str) -> str:
        """Make a key, and a request for a certificate of it (RFC 2986)."""
        request = new_request(common_name, organisation)
        with self._lock:
            self._change(name, replace(self._current(name), request=request))
        return request.pem

    def _change(self, name: str, after: CertificateSet) -> None:
        """Put a set in place of the former one: new files first, so that nothing is ever missing.

        Raises:
            StoreFailed: not all of it could be kept; what is on the disk now counts.
        """
        place = files.folder_of(self._root, name)
        former, wanted = folder.contents(self.get(name)), folder.contents(after)
        # Under names that we would not choose, too: somebody may have put files there.
        there = set(folder.of_a_set(self._stamps.get(name, ())))
        try:
            files.remember_name(place, name)
            for file, text in wanted.items():
                if former.get(file) != text or file not in there:
                    files.write(place / file, text)
            for file in (former.keys() | there) - wanted.keys():
                files.remove(place / file)
        except StoreFailed:
            self._take_what_is_there(name, place)
            raise
        self._sets[name] = after
        self._note_stamp(name, place)

    def _take_what_is_there(self, name: str, place: Path) -> None:
        """Go on with what is on the disk; where that is nothing, with what serves from memory."""
        with suppress(OSError):
            if folder.stamp(place):
                self._sets[name] = folder.load(place)


def new_request(common_name: str, organisation: str) -> Request:
    """Make a key, and a request for a certificate of it.

    Raises:
        ConfigError: the names do not fit a certificate.
    """
    try:
        subject = name_of(common_name, organisation)
    except ValueError as error:
        raise ConfigError([Problem("name", f"does not fit a certificate: {error}")]) from None
    key = generate(KeyKind.ECDSA)
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return Request(key, pem)


def _own_entry(
    bundle: Bundle, keys_here: Iterable[OwnKey], origin: Origin, now: datetime
) -> OwnEntry:
    """Find what was brought, see that OpenSSL would show it, and say what is left over."""
    identity = identity_in(bundle, keys_here, now)
    entry = own_entry(identity, origin)
    if reason := refusal(entry.secret_pem):
        raise ConfigError([Problem("certificate", f"OpenSSL refuses it: {reason}")])
    for stranger in strangers(identity, bundle.certificates):
        log.info(
            "A certificate is not sent along: it is not part of the chain",
            subject=stranger.subject.rfc4514_string(),
        )
    return entry


def _answered(after: CertificateSet, entry: OwnEntry) -> CertificateSet:
    """Close the open request where this is the answer to it."""
    is_answer = after.request is not None and after.request.key is entry.identity.key
    return replace(after, request=None) if is_answer else after


def _self_signed(kind: KeyKind, names: Sequence[str], now: datetime) -> OwnEntry:
    return own_entry(self_signed(kind, names, now), Origin.SELF_SIGNED)


def _is_to_be_made(
    own: Iterable[OwnEntry], needed: Sequence[str], now: datetime, *, is_now_sure: bool
) -> bool:
    """Whether self-signed certificates are missing, or not what they should be.

    A clock that has lost the time says a year long past; wallboxes have stored what was made since.
    """
    own = tuple(own)
    if any(entry.held.origin is not Origin.SELF_SIGNED for entry in own):
        return False
    soon = now + timedelta(days=RENEWED_DAYS_BEFORE)
    missing = any(
        set(as_carried(needed)) - set(entry.held.facts.names)
        or entry.held.facts.not_after <= soon
        or (is_now_sure and entry.held.facts.not_before > now)
        for entry in own
    )
    return missing or {entry.kind for entry in own} != set(KeyKind)
