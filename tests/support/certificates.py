"""Certificates for tests: roots, and what they sign. Keys are known to everybody who reads them."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY: Final = timedelta(days=1)
HERE: Final = ("localhost", "127.0.0.1")
"""The names of this machine."""


@dataclass(frozen=True)
class Life:
    """From when a certificate counts, seen from now, and how long."""

    starts_in: timedelta = -DAY
    lasts: timedelta = 365 * DAY


USUAL: Final = Life()
EXPIRED: Final = Life(starts_in=-30 * DAY, lasts=29 * DAY)
NOT_YET: Final = Life(starts_in=DAY)

_CLIENT_AND_SERVER: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True)
class Pair:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write both as PEM; the paths of `name.crt` and `name.key`."""
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(self.certificate_pem)
        key.write_bytes(self.key_pem)
        return certificate, key


@dataclass(frozen=True)
class Root(Pair):
    """A certificate authority."""

    @classmethod
    def make(cls, common_name: str = "Test root", life: Life = USUAL) -> Self:
        """Make one with a key on P-256."""
        key = ec_key()
        builder = _begin(common_name, key, life).issuer_name(_name(common_name))
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    def under(self, other: Pair) -> "Root":
        """The same authority, signed by another one: an intermediate."""
        mine = self.certificate
        builder = (
            x509.CertificateBuilder()
            .subject_name(mine.subject)
            .issuer_name(other.certificate.subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(mine.not_valid_before_utc)
            .not_valid_after(mine.not_valid_after_utc)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
        )
        return Root(builder.sign(other.key, hashes.SHA256()), self.key)

    def issue(
        self,
        common_name: str,
        *names: str,
        life: Life = USUAL,
        key: PrivateKey | None = None,
    ) -> Pair:
        """Sign a certificate for a client, and for a server of these host names and addresses."""
        key = key or ec_key()
        builder = _leaf(common_name, names, key, life).issuer_name(self.certificate.subject)
        return Pair(builder.sign(self.key, hashes.SHA256()), key)

    def sign(self, request_pem: str) -> str:
        """Sign a certificate for whoever asks, as PEM, with this root behind it."""
        request = x509.load_pem_x509_csr(request_pem.encode())
        assert request.is_signature_valid
        certificate = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(self.certificate.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.certificate.not_valid_before_utc)
            .not_valid_after(self.certificate.not_valid_after_utc)
            .sign(self.key, hashes.SHA256())
        )
        return (certificate.public_bytes(Encoding.PEM) + self.certificate_pem).decode()


def self_signed(
    common_name: str, *names: str, life: Life = USUAL, key: PrivateKey | None = None
) -> Pair:
    """Make a certificate that nobody but itself vouches for."""
    key = key or ec_key()
    builder = _leaf(common_name, names, key, life).issuer_name(_name(common_name))
    return Pair(builder.sign(key, hashes.SHA256()), key)


def ec_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _begin(common_name: str, key: PrivateKey, life: Life) -> x509.CertificateBuilder:
    start = datetime.now(UTC) + life.starts_in  # noqa: TID251 - peers check by the real clock
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life.lasts)
    )


def _leaf(
    common_name: str, names: Sequence[str], key: PrivateKey, life: Life
) -> x509.CertificateBuilder:
    builder = (
        _begin(common_name, key, life)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_CLIENT_AND_SERVER), critical=False)
    )
    if not names:
        return builder
    alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
    return builder.add_extension(alternatives, critical=False)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
