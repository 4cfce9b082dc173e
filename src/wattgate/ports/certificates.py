"""Certificates and keys as the rest of the manager sees them: by set, as facts.

A set is named: `SERVER_SET` is what wallboxes and browsers see, any other belongs to one or more
gateways (`GatewaySettings.certificate_set`). It holds at most one own certificate per kind of key
(RSA, ECDSA) and any number of authorities. Private keys never leave through these methods, but for
`Issued`.

Every method that changes something returns only when the change is on disk. Whatever was wrong
with what was given is a ConfigError that lists everything to mend; then nothing was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wattgate.core.security.certificates import (
    CertificateFacts,
    HashData,
    Held,
    KeyKind,
    Origin,
)
from wattgate.core.security.certificates import IssuedEntry as IssuedEntry


class PassphraseNeeded(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The private key is encrypted, and no passphrase, or a wrong one, was given."""

    def __init__(self, *, was_wrong: bool) -> None:
        super().__init__("the passphrase is wrong" if was_wrong else "a passphrase is needed")
        self.was_wrong = was_wrong


@dataclass(frozen=True, slots=True)
class Material:
    """What somebody brings: PEM, DER or PKCS#12 in any number of parts, in any order.

    Together the parts hold certificates and at most one private key, which may be encrypted with
    `passphrase`.
    """

    parts: tuple[bytes, ...] = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate of the authority that is built in.

    `certificate_pem` with the chain up to the authority, the leaf first; `key_pem` PKCS#8, not
    encrypted, None where the key was made elsewhere.
    """

    facts: CertificateFacts
    certificate_pem: str
    key_pem: str | None = field(default=None, repr=False)


class Certificates(Protocol):
    """All sets of certificates."""

    def set_names(self) -> tuple[str, ...]:
        """Every set that holds something; `SERVER_SET` is always there, first."""
        ...

    def held(self, set_name: str) -> tuple[Held, ...]:
        """Everything that a set holds, own certificates first; nothing for an unknown name."""
        ...

    def pem(self, set_name: str, certificate_id: str) -> str | None:
        """A certificate and its chain, without the key; None where the set has none of that id."""
        ...

    async def import_own(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        """Take a certificate with its key in place of the own one with the same kind of key.

        Self-signed ones of either kind go as well. The key may be missing where it is here: that
        of `begin_request`, or of the certificate before. A root is not sent along.

        Raises:
            ConfigError: key and certificate do not match, one is missing, expired or unreadable.
            PassphraseNeeded: the key is encrypted.
            StoreFailed: it could not be kept.
        """
        ...

    async def import_authorities(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        """Trust every certificate in it; gives those, also where they were trusted before.

        Raises:
            ConfigError: there is none, or one cannot be read or has expired.
            StoreFailed: it could not be kept.
        """
        ...

    async def remove(self, set_name: str, certificate_id: str) -> Held | None:
        """Remove a certificate with its key; gives it, None where there was none.

        The server's last own certificate is replaced by a self-signed one.
        """
        ...

    def hash_data(self, set_name: str, algorithm: str) -> tuple[tuple[HashData, Held], ...]:
        """What OCPP calls the authorities of a set; `algorithm` is SHA256, SHA384 or SHA512."""
        ...

    async def begin_request(self, set_name: str, common_name: str, organisation: str) -> str:
        """Make a key and a signing request for it (PKCS#10, PEM); a former request is forgotten.

        Raises:
            StoreFailed: the key could not be kept.
        """
        ...

    async def finish_request(self, set_name: str, chain_pem: str) -> Held:
        """Take the certificate that answers the request of `begin_request` as the only own one.

        What identified us before becomes the former one, in place of any older former one.

        Raises:
            ConfigError: it fits no request of ours, has expired, or cannot be read.
            StoreFailed: it could not be kept.
        """
        ...

    async def swap_former(self, set_name: str) -> None:
        """Let the former and the present own certificate change places (R37).

        Either may be missing: where there was none before `finish_request`, none is shown then.
        Twice is as not at all.

        Raises:
            StoreFailed: it could not be kept.
        """
        ...

    async def forget_former(self, set_name: str) -> None:
        """Remove the former own certificate with its key; does nothing where there is none.

        Raises:
            StoreFailed: it could not be kept.
        """
        ...


class Authority(Protocol):
    """The certificate authority that is built in."""

    def certificate(self) -> CertificateFacts | None:
        """The authority itself; None until one was made."""
        ...

    def certificate_pem(self) -> str | None:
        """Its certificate, as an installer needs it."""
        ...

    def issued(self) -> tuple[IssuedEntry, ...]:
        """Everything that it has signed, newest first."""
        ...

    async def create(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> CertificateFacts:
        """Make it; wallboxes that know no ECDSA need one with RSA.

        Raises:
            ConfigError: there is one already, or the names do not fit a certificate.
            StoreFailed: it could not be kept.
        """
        ...

    async def issue_server(
        self, names: Sequence[str], days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        """Make a key and a certificate for a server of these host names and addresses.

        Like everything that it signs, it ends with the authority at the latest.

        Raises:
            ConfigError: there is no authority, a name is none, or `days` is out of range.
            StoreFailed: it could not be noted.
        """
        ...

    async def issue_client(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        """Make a key and a certificate for a client, as a wallbox; raises as `issue_server`."""
        ...

    async def sign_client(
        self, request: bytes, days: int, common_names: Sequence[str] = ()
    ) -> Issued:
        """Sign a request (PEM or DER) for a client; raises as `issue_server`.

        `common_names`: refuse a request whose CN is none of these; empty: whoever it names. Upper
        and lower case do not count. Of what it asks for only the name and the key count.
        """
        ...

    def as_pkcs12(self, issued: Issued, passphrase: str) -> bytes:
        """A certificate with its key and chain in one file, for whoever installs it.

        Raises:
            ConfigError: the passphrase is empty, or the key was made elsewhere.
        """
        ...

    async def revoke(self, certificate_id: str) -> IssuedEntry | None:
        """Believe it no more from the next handshake on; None where it never signed such a one."""
        ...
