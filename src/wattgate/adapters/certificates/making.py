"""Making certificates: the self-signed ones of the server, and what all that we make share."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wattgate.adapters.certificates.judging import Identity
from wattgate.adapters.certificates.keys import OwnPublicKey, generate
from wattgate.core.security.certificates import KeyKind
from wattgate.core.security.host_names import is_address

SELF_SIGNED_DAYS: Final = 3650
"""Wallboxes store the certificate itself (P24), and have to be visited when it changes."""
RENEWED_DAYS_BEFORE: Final = 30
CLOCKS_DIFFER: Final = timedelta(days=1)
"""How long before now a certificate begins: clocks of wallboxes are off, some by their zone."""

_LONGEST_COMMON_NAME: Final = 64
"""RFC 5280, upper bounds."""
_ORGANISATION: Final = "Wattgate"


def self_signed(kind: KeyKind, names: Sequence[str], now: datetime) -> Identity:
    """Make a server's certificate for these host names and addresses (P21).

    It has no key usage on purpose: OpenSSL 1.1 takes a certificate without the right to sign
    certificates for none that could have signed itself, and so does not find it among those that
    a wallbox has stored.
    """
    key = generate(kind)
    subject = name_of(common_name_among(names), _ORGANISATION)
    until = now + timedelta(days=SELF_SIGNED_DAYS)
    builder = begun(key.public_key(), subject, now, until).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )
    if names:
        builder = builder.add_extension(alternative_names(names), critical=False)
    return Identity(key, builder.sign(key, hashes.SHA256()), ())


def begun(
    key: OwnPublicKey, subject: x509.Name, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    """What every certificate begins with: whose it is, how long it counts, a chance number."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.replace(microsecond=0) - CLOCKS_DIFFER)
        .not_valid_after(until.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def name_of(common_name: str, organisation: str) -> x509.Name:
    """A subject's name; an empty organisation is left out.

    Raises:
        ValueError: one of them does not fit a certificate.
    """
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organisation:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def alternative_names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """Host names and addresses as a certificate carries them, each once."""
    return x509.SubjectAlternativeName([_general_name(name) for name in as_carried(names)])


def as_carried(names: Sequence[str]) -> tuple[str, ...]:
    """How names read back from a certificate: addresses in their short form, without a zone."""
    return tuple(dict.fromkeys(_as_carried(name) for name in names))


def _as_carried(name: str) -> str:
    return str(ipaddress.ip_address(name.partition("%")[0])) if is_address(name) else name.lower()


def _general_name(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_address(name) else x509.DNSName(name)


def common_name_among(names: Sequence[str]) -> str:
    """The first name that fits a subject's CN."""
    fitting = (name for name in names if len(name) <= _LONGEST_COMMON_NAME)
    return next(fitting, _ORGANISATION)
