"""What the built-in authority signs: itself, servers, clients, and what it has revoked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from wattgate.adapters.certificates.judging import Identity
from wattgate.adapters.certificates.keys import OwnPublicKey, generate
from wattgate.adapters.certificates.making import alternative_names, begun
from wattgate.core.security.certificates import KeyKind

_NO_USAGE: Final = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a certificate may be used for; `name` as `IssuedEntry.purpose` has it."""

    name: str
    extended_usage: ObjectIdentifier


SERVER: Final = Purpose("server", ExtendedKeyUsageOID.SERVER_AUTH)
CLIENT: Final = Purpose("client", ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate to be signed: for whom, for which key, for how long."""

    purpose: Purpose
    subject: x509.Name
    key: OwnPublicKey
    days: int
    names: Sequence[str] = ()


def new_authority(kind: KeyKind, subject: x509.Name, now: datetime, days: int) -> Identity:
    """Make a root that may sign certificates, but no further authorities."""
    key = generate(kind)
    until = now + timedelta(days=days)
    usage = x509.KeyUsage(**{**_NO_USAGE, "key_cert_sign": True, "crl_sign": True})
    builder = (
        begun(key.public_key(), subject, now, until)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Identity(key, builder.sign(key, hashes.SHA256()), ())


def sign(authority: Identity, order: Order, now: datetime) -> x509.Certificate:
    """Sign a certificate; it ends with the authority at the latest."""
    until = min(now + timedelta(days=order.days), authority.certificate.not_valid_after_utc)
    # To encipher keys is what the RSA suites without ECDHE need (R33).
    may_encipher = isinstance(order.key, rsa.RSAPublicKey) and order.purpose is SERVER
    usage = x509.KeyUsage(
        **{**_NO_USAGE, "digital_signature": True, "key_encipherment": may_encipher}
    )
    builder = (
        begun(order.key, order.subject, now, until)
        .issuer_name(authority.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([order.purpose.extended_usage]), critical=False)
        .add_extension(_issuer_s_key(authority.certificate), critical=False)
    )
    if order.names:
        builder = builder.add_extension(alternative_names(order.names), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def revocation_list(
    authority: Identity, revoked: Iterable[tuple[int, datetime]], now: datetime
) -> str:
    """Say by their serial numbers which certificates count no more (RFC 5280 5), as PEM.

    It never grows stale by itself: there is a new one whenever something was revoked.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now.replace(microsecond=0))
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(_issuer_s_key(authority.certificate), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for serial_number, when in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial_number)
        builder = builder.add_revoked_certificate(
            entry.revocation_date(when.replace(microsecond=0)).build()
        )
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _issuer_s_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
