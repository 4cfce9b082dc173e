"""Reading what somebody brings: PEM, DER and PKCS#12, in any number of parts, in any order."""

from collections.abc import Callable, Iterable
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs7

from wattgate.adapters.certificates.binary import read_binary
from wattgate.adapters.certificates.bundle import UNREADABLE, Bundle
from wattgate.adapters.certificates.der import first_element
from wattgate.adapters.certificates.pem import Block, blocks
from wattgate.core.errors import ConfigError
from wattgate.ports.certificates import Material, PassphraseNeeded

_CERTIFICATE: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_KEY: Final = frozenset(
    {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}
)
_NOT_WHAT_IS_NEEDED: Final = {
    "CERTIFICATE REQUEST": "is a signing request, not a certificate: an authority has to sign it",
    "NEW CERTIFICATE REQUEST": "is a signing request, not a certificate: an authority has to "
    "sign it",
    "OPENSSH PRIVATE KEY": "is a key of SSH, which TLS cannot use",
    "PGP PRIVATE KEY BLOCK": "is a key of PGP, which TLS cannot use",
}


def read(material: Material) -> Bundle:
    """Read all parts; what cannot be read is among the problems.

    Raises:
        PassphraseNeeded: something is encrypted.
    """
    bundle = Bundle()
    for number, part in enumerate(material.parts, 1):
        name = f"file {number}" if len(material.parts) > 1 else "file"
        _read_part(bundle, name, part, material.passphrase)
    return bundle


def certificates_in(text: str) -> list[x509.Certificate]:
    """Certificates in PEM text.

    Raises:
        ConfigError: one of them cannot be read.
    """
    bundle = read(Material((text.encode(),)))
    if bundle.problems:
        raise ConfigError(bundle.problems)
    return bundle.certificates


def _read_part(bundle: Bundle, name: str, part: bytes, passphrase: str | None) -> None:
    found = blocks(part)
    if not part.strip():
        bundle.refuse(name, "is empty")
    elif found:
        for block in found:
            _read_block(bundle, name, block, passphrase)
    elif b"-----BEGIN " in part:
        bundle.refuse(name, "is cut off: a block that begins does not end")
    else:
        read_binary(bundle, name, part, passphrase)


def _read_block(bundle: Bundle, name: str, block: Block, passphrase: str | None) -> None:
    """Read one block; what TLS has no use for, as parameters of curves, is passed over."""
    if block.label in _CERTIFICATE:
        try:
            bundle.take_certificate(x509.load_der_x509_certificate(first_element(block.der)))
        except UNREADABLE:
            bundle.refuse(name, _why_unreadable(block))
    elif block.label == "PKCS7":
        _take_all(bundle, name, pkcs7.load_der_pkcs7_certificates, block)
    elif block.label in _KEY:
        _take_key(bundle, name, block, passphrase)
    elif block.label in _NOT_WHAT_IS_NEEDED:
        bundle.refuse(name, _NOT_WHAT_IS_NEEDED[block.label])


def _take_all(
    bundle: Bundle, name: str, load: Callable[[bytes], Iterable[x509.Certificate]], block: Block
) -> None:
    try:
        for certificate in load(block.der):
            bundle.take_certificate(certificate)
    except UNREADABLE:
        bundle.refuse(name, "the certificates in it cannot be read")


def _take_key(bundle: Bundle, name: str, block: Block, passphrase: str | None) -> None:
    if block.is_encrypted and passphrase is None:
        raise PassphraseNeeded(was_wrong=False)
    password = passphrase.encode() if passphrase is not None and block.is_encrypted else None
    try:
        bundle.take_key(load_pem_private_key(block.text.encode(), password))
    except UnsupportedAlgorithm:
        bundle.refuse(name, "the private key in it is of an unknown kind, or encrypted in one")
    except (ValueError, TypeError):
        if block.is_encrypted:
            raise PassphraseNeeded(was_wrong=True) from None
        bundle.refuse(name, "the private key in it cannot be read: it is damaged")


def _why_unreadable(block: Block) -> str:
    """Tell damage from the one thing that is whole and still cannot be read."""
    try:
        serial = x509.load_der_x509_certificate(first_element(block.der)).serial_number
    except UNREADABLE:
        return "a certificate in it cannot be read: it is damaged"
    return (
        f"the certificate with serial number {serial:x} has a name, or an extension, in a form that"
        " cannot be read; OpenSSL writes names that can with -utf8"
    )
