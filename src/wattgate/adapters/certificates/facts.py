"""What is known of a certificate, in the words of people and in those of OCPP."""

import hashlib
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from wattgate.adapters.certificates.keys import describe
from wattgate.core.security.certificates import CertificateFacts, HashData

ALGORITHMS: Final[dict[str, hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
"""As HashAlgorithmEnumType spells them."""

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""How the library says that it cannot make sense of something."""

_NAME_OIDS: Final = {NameOID.EMAIL_ADDRESS: "emailAddress"}
"""What RFC 4514 has no short word for, and people write."""


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """Describe a certificate.

    Raises:
        UNREADABLE: one of these, where a field cannot be read after all.
    """
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(_NAME_OIDS),
        common_name=common_name(certificate.subject),
        issuer=certificate.issuer.rfc4514_string(_NAME_OIDS),
        names=names_in(certificate.extensions),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        serial_number=f"{certificate.serial_number:x}",
        fingerprint=fingerprint(certificate),
        key=describe(certificate.public_key()),
        version=3 if certificate.version is x509.Version.v3 else 1,
        is_authority=_is_authority(certificate),
        is_self_signed=is_self_signed(certificate),
    )


def facts_of_der(der: bytes) -> CertificateFacts | None:
    """Describe what a peer has shown; None where it cannot be read."""
    try:
        return facts_of(x509.load_der_x509_certificate(der))
    except UNREADABLE:
        return None


def fingerprint(certificate: x509.Certificate) -> str:
    """Its SHA-256, in lower-case hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def fingerprint_of_der(der: bytes) -> str:
    """The same, of one in DER form."""
    return hashlib.sha256(der).hexdigest()


def serial_number_of_der(der: bytes) -> int | None:
    """Its serial number; None where it cannot be read."""
    try:
        return x509.load_der_x509_certificate(der).serial_number
    except UNREADABLE:
        return None


def common_name(name: x509.Name) -> str:
    """The CN; "" without one."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _text(found[-1].value) if found else ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def names_in(extensions: x509.Extensions) -> tuple[str, ...]:
    """Host names and addresses of the subjectAltName."""
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        str(name.value) for name in found if isinstance(name, x509.DNSName | x509.IPAddress)
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says that it may sign others; one of version 1 cannot say, and may (R34)."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1 and is_self_signed(certificate)
    return constraints.value.ca


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether its own key made its signature."""
    return is_signed_by(certificate, certificate)


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether that one's key made this one's signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def hash_data(
    certificate: x509.Certificate, others: Iterable[x509.Certificate], algorithm: str
) -> HashData:
    """Name a certificate as OCPP does, by its issuer where that is among the others.

    Where the issuer is unknown, the certificate's own key stands in for the issuer's.
    """
    candidates = (other for other in (certificate, *others) if is_signed_by(certificate, other))
    issuer = next(candidates, certificate)
    builder = ocsp.OCSPRequestBuilder()
    hashed = builder.add_certificate(certificate, issuer, ALGORITHMS[algorithm]).build()
    return HashData(
        algorithm,
        hashed.issuer_name_hash.hex(),
        hashed.issuer_key_hash.hex(),
        f"{certificate.serial_number:x}",
    )
