"""What lies in a set, and how it is written into its file.

Each file is PEM that TLS libraries load as it is, after a line that says where it came from. Key
and certificate share one, so that they cannot be of different ages.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wattgate.adapters.certificates.facts import facts_of
from wattgate.adapters.certificates.judging import Identity
from wattgate.adapters.certificates.keys import (
    OwnKey,
    as_own,
    kind_of,
    private_pem,
)
from wattgate.adapters.certificates.loading import refusal
from wattgate.adapters.certificates.pem import blocks
from wattgate.adapters.certificates.reading import read_our_file
from wattgate.core.security.certificates import Held, KeyKind, Origin, Role
from wattgate.ports.certificates import PassphraseNeeded

_ORIGIN: Final = re.compile(r"^origin: (\S+)$", re.MULTILINE)


class Damaged(ValueError):  # noqa: N818 - an event in the past, like every outcome here
    """A file of ours does not hold what it should; says what is wrong, never what is in it."""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A certificate of our own, with its key and what is sent along."""

    identity: Identity
    held: Held

    @property
    def kind(self) -> KeyKind:
        """The kind of its key; a set has one of each at most."""
        return kind_of(self.identity.key)

    @property
    def public_pem(self) -> str:
        """The certificate and its chain."""
        return pem_of(self.identity.certificate, *self.identity.chain)

    @property
    def secret_pem(self) -> str:
        """The key first, then the certificate and its chain: what OpenSSL loads as one."""
        return private_pem(self.identity.key) + self.public_pem


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """A certificate that may vouch for others, or for itself."""

    certificate: x509.Certificate
    held: Held

    @property
    def public_pem(self) -> str:
        """The certificate."""
        return pem_of(self.certificate)


Entry = OwnEntry | AuthorityEntry


def has_id(entry: Entry, certificate_id: str) -> bool:
    """Whether people call it that."""
    return entry.held.facts.id == certificate_id.lower()


@dataclass(frozen=True, slots=True)
class Request:
    """A signing request that nobody has answered yet."""

    key: OwnKey = field(repr=False)
    pem: str


@dataclass(frozen=True, slots=True)
class CertificateSet:
    """Everything in a set. A changed one is another object.

    `former` is what identified us before, until the present one has proven itself (R37).
    `has_lost_authority`: one was damaged, and nobody has given another one since. Whoever was to be
    verified by it still has to be (S10).
    """

    own: tuple[OwnEntry, ...] = ()
    authorities: tuple[AuthorityEntry, ...] = ()
    former: tuple[OwnEntry, ...] = ()
    request: Request | None = None
    has_lost_authority: bool = False

    @property
    def verifies(self) -> bool:
        """Whether the other end has to prove who it is."""
        return bool(self.authorities) or self.has_lost_authority

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Own certificates first."""
        return self.own + self.authorities

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Those that are to be believed."""
        return tuple(entry.certificate for entry in self.authorities)


def own_entry(identity: Identity, origin: Origin) -> OwnEntry:
    """Make an entry of what was brought or made."""
    chain = tuple(facts_of(certificate) for certificate in identity.chain)
    return OwnEntry(identity, Held(Role.OWN, origin, facts_of(identity.certificate), chain))


def authority_entry(certificate: x509.Certificate, origin: Origin) -> AuthorityEntry:
    """Make an entry of a certificate that is to be believed."""
    return AuthorityEntry(certificate, Held(Role.AUTHORITY, origin, facts_of(certificate)))


def text_of(entry: Entry) -> str:
    """What the file of an entry holds."""
    pem = entry.secret_pem if isinstance(entry, OwnEntry) else entry.public_pem
    return f"origin: {entry.held.origin}\n{pem}"


def own_from(text: str) -> OwnEntry:
    """Read what `text_of` wrote; the leaf comes first.

    Raises:
        Damaged: it is none.
    """
    key, certificates = _contents(text)
    if key is None:
        raise Damaged("there is no private key in it")
    if not certificates:
        raise Damaged("there is no certificate in it")
    identity = Identity(key, certificates[0], tuple(certificates[1:]))
    entry = own_entry(identity, _origin(text))
    if reason := refusal(entry.secret_pem):
        raise Damaged(f"OpenSSL refuses it: {reason}")
    return entry


def authority_from(text: str) -> AuthorityEntry:
    """Read what `text_of` wrote.

    Raises:
        Damaged: it is none.
    """
    _, certificates = _contents(text)
    if len(certificates) != 1:
        raise Damaged("there is not one certificate in it")
    return authority_entry(certificates[0], _origin(text))


def request_text(request: Request) -> str:
    """What the file of an open request holds."""
    return private_pem(request.key) + request.pem


def request_from(text: str) -> Request:
    """Read what `request_text` wrote.

    Raises:
        Damaged: it is none.
    """
    found = {block.label: block.text for block in blocks(text.encode())}
    request = found.pop("CERTIFICATE REQUEST", None)
    key, _ = _contents("".join(found.values()))
    if key is None or request is None:
        raise Damaged("there is no request with its private key in it")
    return Request(key, request)


def pem_of(*certificates: x509.Certificate) -> str:
    """Certificates as PEM text, one after the other."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def _contents(text: str) -> tuple[OwnKey | None, list[x509.Certificate]]:
    try:
        found = read_our_file(text)
    except PassphraseNeeded:
        raise Damaged("its private key is encrypted") from None
    if found.problems:
        raise Damaged("; ".join(problem.message for problem in found.problems))
    return (as_own(found.keys[0]) if found.keys else None), found.certificates


def _origin(text: str) -> Origin:
    """Where it came from; whoever put a file there by hand imported it."""
    found = _ORIGIN.search(text)
    return Origin(found[1]) if found and found[1] in list(Origin) else Origin.IMPORTED
