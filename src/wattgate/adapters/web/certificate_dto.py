"""Certificates in the words of the API. Private keys stand in no answer but the first one."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from wattgate.core.security.certificates import KeyKind

Days = Annotated[int, Meta(description="Whole days until it expires; negative once it has")]
Lasts = Annotated[int, Meta(ge=1, le=36_500, description="How many days it is to be valid")]
File = Annotated[bytes, Meta(description="A file in base64")]
Passphrase = Annotated[str, Meta(min_length=1, max_length=1024)]


Kind = Annotated[
    KeyKind, Meta(description="`ecdsa`, or `rsa` for wallboxes that know nothing else")
]


class CertificateDetails(msgspec.Struct, frozen=True):
    """What stands in a certificate."""

    id: Annotated[str, Meta(description="The first 16 digits of its fingerprint")]
    subject: Annotated[str, Meta(description="As RFC 4514 writes it")]
    common_name: Annotated[str, Meta(description="The subject's CN; empty without one")]
    issuer: Annotated[str, Meta(description="Who signed it")]
    names: Annotated[tuple[str, ...], Meta(description="Host names and addresses (SAN)")]
    not_before: datetime
    not_after: datetime
    days_left: Days
    serial_number: Annotated[str, Meta(description="Hexadecimal")]
    fingerprint: Annotated[str, Meta(description="SHA-256, as OpenSSL prints it: AA:BB:…")]
    key: Annotated[str, Meta(description="`RSA 2048`, `ECDSA P-256` or so")]
    version: Annotated[int, Meta(description="1 or 3")]
    is_authority: Annotated[bool, Meta(description="Whether it may sign others")]
    is_self_signed: bool


class HeldCertificate(CertificateDetails, frozen=True):
    """A certificate of a set."""

    role: Annotated[str, Meta(description="`own` identifies us, an `authority` is believed")]
    origin: Annotated[
        str,
        Meta(description="`self-signed` (renewed by itself), `imported`, `issued`, `installed`"),
    ]
    chain: Annotated[
        tuple[CertificateDetails, ...],
        Meta(description="The intermediate certificates that are sent along with an own one"),
    ]
    warning: Annotated[str | None, Meta(description="What is to be done about its end, if now")]


class IssuedCertificate(CertificateDetails, frozen=True):
    """A certificate that the authority has signed."""

    purpose: Annotated[str, Meta(description="`server` or `client`")]
    is_revoked: bool
    warning: Annotated[str | None, Meta(description="What is to be done about its end, if now")]


class CertificateSet(msgspec.Struct, frozen=True):
    """Certificates that are used together."""

    name: Annotated[
        str, Meta(description="`server`: what wallboxes and browsers see; else that of gateways")
    ]
    used_by: Annotated[
        tuple[str, ...], Meta(description="EVSEs whose gateway uses it; `server` is always used")
    ]
    certificates: Annotated[tuple[HeldCertificate, ...], Meta(description="Own ones first")]


class Import(msgspec.Struct, frozen=True):
    """Files with certificates, and perhaps a key."""

    files: Annotated[
        tuple[File, ...],
        Meta(min_length=1, max_length=100, description="PEM, DER or PKCS#12, in any order"),
    ]
    passphrase: Annotated[
        Passphrase | None, Meta(description="Of the key, where it is encrypted; not kept")
    ] = None

    def __repr__(self) -> str:
        return f"Import({len(self.files)} files)"


class Authority(msgspec.Struct, frozen=True):
    """The authority that is built in."""

    certificate: Annotated[
        CertificateDetails | None, Meta(description="null until it was made (POST)")
    ]
    warning: Annotated[str | None, Meta(description="What is to be done about its end, if now")]


class AuthorityWish(msgspec.Struct, frozen=True):
    """The authority that is wanted."""

    common_name: Annotated[str, Meta(max_length=64, description="Its name")] = "Wattgate authority"
    organisation: Annotated[str, Meta(max_length=64)] = ""
    days: Lasts = 3650
    key: Kind = KeyKind.ECDSA


class ServerWish(msgspec.Struct, frozen=True):
    """A certificate for a server."""

    names: Annotated[
        tuple[str, ...],
        Meta(min_length=1, max_length=100, description="Host names and addresses"),
    ]
    days: Lasts = 730
    key: Kind = KeyKind.ECDSA
    install: Annotated[
        bool,
        Meta(
            description="It is for this server: use it at once, do not tell the key, and make one "
            "with the other kind of key, too"
        ),
    ] = False
    passphrase: Annotated[
        Passphrase | None, Meta(description="Give it as PKCS#12 under this passphrase")
    ] = None

    def __repr__(self) -> str:
        return f"ServerWish({self.names})"


class ClientWish(msgspec.Struct, frozen=True):
    """A certificate for a wallbox, or for another client."""

    common_name: Annotated[
        str, Meta(min_length=1, max_length=64, description="ChargeBox ID or serial number")
    ]
    organisation: Annotated[str, Meta(max_length=64)] = ""
    days: Lasts = 730
    key: Kind = KeyKind.ECDSA
    passphrase: Annotated[
        Passphrase | None, Meta(description="Give it as PKCS#12 under this passphrase")
    ] = None

    def __repr__(self) -> str:
        return f"ClientWish({self.common_name!r})"


class SigningWish(msgspec.Struct, frozen=True):
    """A request of a client that keeps its key to itself."""

    request: Annotated[bytes, Meta(description="PKCS#10 as PEM or DER, in base64")]
    days: Lasts = 730
    common_name: Annotated[
        str | None,
        Meta(description="Refuse a request for anybody else; null: as it says"),
    ] = None


class NewCertificate(msgspec.Struct, frozen=True):
    """A certificate that was just signed; its key is told this once and not kept."""

    certificate: IssuedCertificate
    certificate_pem: Annotated[str, Meta(description="With its chain, the leaf first")]
    key_pem: Annotated[
        str | None,
        Meta(description="PKCS#8, not encrypted; null where it is in `pkcs12`, here, or yours"),
    ] = None
    pkcs12: Annotated[
        bytes | None, Meta(description="Certificate, key and chain in base64, if asked for so")
    ] = None

    def __repr__(self) -> str:
        return f"NewCertificate({self.certificate.subject!r})"
