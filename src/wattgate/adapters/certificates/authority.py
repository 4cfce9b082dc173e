"""The certificate authority that is built in, so that nobody needs OpenSSL (P26)."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from cryptography import x509

from wattgate.adapters.certificates.entries import own_entry, pem_of
from wattgate.adapters.certificates.issuing import CLIENT, SERVER, Order, new_authority, sign
from wattgate.adapters.certificates.keys import OwnKey, generate, private_pem
from wattgate.adapters.certificates.making import as_carried, common_name_among, name_of
from wattgate.adapters.certificates.orders import (
    check_authority,
    check_days,
    check_hosts,
    check_name,
    check_organisation,
    check_subject,
    key_to_sign,
    read_request,
    refuse,
)
from wattgate.adapters.certificates.packing import packed
from wattgate.adapters.certificates.register import Register, new_record
from wattgate.core.errors import LocalUsageError, Problem
from wattgate.core.security.certificates import CertificateFacts, IssuedEntry, KeyKind, Origin
from wattgate.ports.certificates import Issued
from wattgate.ports.clock import Clock


class BuiltInAuthority:
    """Signs certificates with a key below a folder; implements ports.certificates.Authority.

    `open` comes first. Keys that it makes for others are given out once and kept nowhere. What it
    signs ends with itself at the latest. A cancelled call goes on to its end.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._register = Register(folder)
        self._clock = clock

    async def open(self) -> None:
        """Read what was kept; a damaged file is set aside and said in the log."""
        await self.reload()

    async def reload(self) -> bool:
        """Read what somebody else, as the command line, has changed; says whether there was."""
        return await asyncio.to_thread(self._register.load)

    def root(self) -> x509.Certificate | None:
        """Its certificate, for TLS; another object when it was changed."""
        entry = self._register.books.authority
        return entry.identity.certificate if entry is not None else None

    def is_revoked(self, der: bytes) -> bool:
        """Whether it has revoked this certificate (DER): ask after every handshake.

        OpenSSL could be told, but would then demand such a list of every other root as well.
        """
        return self._register.is_revoked(der)

    def revocation_list_pem(self) -> str | None:
        """The list of what was revoked (RFC 5280 5), for others; None where nothing was."""
        return self._register.revocation_list()

    def certificate(self) -> CertificateFacts | None:
        """The authority itself; None until one was made."""
        entry = self._register.books.authority
        return entry.held.facts if entry is not None else None

    def certificate_pem(self) -> str | None:
        """Its certificate, as an installer needs it."""
        root = self.root()
        return pem_of(root) if root is not None else None

    def issued(self) -> tuple[IssuedEntry, ...]:
        """Everything that it has signed, newest first."""
        return tuple(record.entry for record in self._register.books.records)

    async def create(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> CertificateFacts:
        """Make it.

        Raises:
            ConfigError: there is one already, or the names do not fit a certificate.
            StoreFailed: it could not be kept.
        """

        def work() -> CertificateFacts:
            refuse(check_name(common_name), check_organisation(organisation), check_days(days))
            subject = name_of(common_name, organisation)
            identity = new_authority(kind, subject, self._clock.wall(), days)
            made = own_entry(identity, Origin.SELF_SIGNED)
            self._register.create(made)
            return made.held.facts

        return await asyncio.to_thread(work)

    async def issue_server(
        self, names: Sequence[str], days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        """Make a key and a certificate for a server of these host names and addresses.

        Raises:
            ConfigError: there is no authority, a name is none, or `days` is out of range.
            StoreFailed: it could not be noted.
        """

        def work() -> Issued:
            refuse(self._reasons(days), check_hosts(names))
            carried = as_carried(names)
            key = generate(kind)
            subject = name_of(common_name_among(carried), "")
            return self._sign(Order(SERVER, subject, key.public_key(), days, carried), key)

        return await asyncio.to_thread(work)

    async def issue_client(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        """Make a key and a certificate for a client, as a wallbox; raises as `issue_server`."""

        def work() -> Issued:
            refuse(self._reasons(days), check_name(common_name), check_organisation(organisation))
            key = generate(kind)
            subject = name_of(common_name, organisation)
            return self._sign(Order(CLIENT, subject, key.public_key(), days), key)

        return await asyncio.to_thread(work)

    async def sign_client(
        self, request: bytes, days: int, common_names: Sequence[str] = ()
    ) -> Issued:
        """Sign a request (PEM or DER) for a client; raises as `issue_server`.

        `common_names`: refuse a request whose CN is none of these; empty: whoever it names.
        Upper and lower case do not count. Of what it asks for only the name and the key count.
        """

        def work() -> Issued:
            refuse(self._reasons(days))
            asked = read_request(request)
            key = key_to_sign(asked, common_names)
            return self._sign(Order(CLIENT, asked.subject, key, days), None)

        return await asyncio.to_thread(work)

    def as_pkcs12(self, issued: Issued, passphrase: str) -> bytes:
        """A certificate with its key and chain in one file, for whoever installs it.

        Encrypted with AES-256: OpenSSL 1.1 and Windows 10 can read it, Windows 7 cannot.

        Raises:
            ConfigError: the passphrase is empty, or the key was made elsewhere.
        """
        return packed(issued, passphrase)

    async def revoke(self, certificate_id: str) -> IssuedEntry | None:
        """Believe it no more from the next handshake on; None where it never signed such a one.

        Raises:
            StoreFailed: not all of it could be kept.
        """
        now = self._clock.wall()
        return await asyncio.to_thread(self._register.revoke, certificate_id, now)

    def _reasons(self, days: int) -> Iterator[Problem]:
        """What keeps it from signing anything."""
        return chain(check_authority(self.root(), self._clock.wall()), check_days(days))

    def _sign(self, order: Order, key: OwnKey | None) -> Issued:
        """Sign, and note it before anybody gets it; `key` is the one that was made for it."""
        now = self._clock.wall()
        authority = self._register.books.authority
        if authority is None:
            raise LocalUsageError("asked to sign before it was seen that there is an authority")
        root = authority.identity.certificate
        refuse(check_subject(root, order.subject))
        certificate = sign(authority.identity, order, now)
        record = new_record(certificate, order.purpose.name, now)
        self._register.note(record)
        key_pem = private_pem(key) if key is not None else None
        return Issued(record.entry.facts, pem_of(certificate, root), key_pem)
