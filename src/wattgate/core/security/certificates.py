"""What is known of a certificate, without the certificate itself (X.509, RFC 5280)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

SERVER_SET: Final = "server"
"""Name of the certificates that the manager shows to wallboxes and browsers."""


class KeyKind(StrEnum):
    """A kind of key that TLS and the OCPP security profiles know (R33).

    A server may show a certificate of each at once; the client's abilities decide which.
    """

    RSA = "rsa"
    ECDSA = "ecdsa"


class Role(StrEnum):
    """What a certificate is for in its set."""

    OWN = "own"
    """It identifies us; its private key is here."""
    AUTHORITY = "authority"
    """Whoever shows a certificate that it signed, or itself, is believed (P24, P25)."""


class Origin(StrEnum):
    """Where a certificate came from."""

    SELF_SIGNED = "self-signed"
    """Made at the first start; made anew before it expires (P21)."""
    IMPORTED = "imported"
    """By a person (P22)."""
    ISSUED = "issued"
    """By the authority that is built in."""
    INSTALLED = "installed"
    """By the backend whose link the set belongs to (R37)."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate in the words of people.

    `subject` and `issuer` as RFC 4514 writes them, `common_name` the subject's CN ("" without),
    `names` host names and addresses of the subjectAltName, `serial_number` and `fingerprint`
    (SHA-256 of the DER form) in lower-case hexadecimal, `key` as "RSA 2048" or "ECDSA P-256",
    `version` 1 or 3.
    """

    subject: str
    common_name: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    serial_number: str
    fingerprint: str
    key: str
    version: int
    is_authority: bool
    is_self_signed: bool

    @property
    def id(self) -> str:
        """What the API and the command line call it: the first 16 digits of its fingerprint."""
        return self.fingerprint[:16]


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate of a set, what it is there for, and who put it there.

    `chain` are the intermediate certificates that are sent along with an own one.
    """

    role: Role
    origin: Origin
    facts: CertificateFacts
    chain: tuple[CertificateFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuedEntry:
    """What the authority remembers of a certificate; `purpose` is "server" or "client"."""

    facts: CertificateFacts
    purpose: str
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class HashData:
    """How OCPP names a certificate (CertificateHashDataType; RFC 6960 4.1.1).

    Hashes and the serial number in lower-case hexadecimal, the latter without leading zeros.
    """

    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


class LinkSecurity(StrEnum):
    """What an open connection proves of the other end."""

    PLAIN = "plain"
    """No TLS."""
    UNVERIFIED = "unverified"
    """TLS, but nobody vouches for the other end (P23)."""
    VERIFIED = "verified"
    """TLS, and its certificate was checked."""
