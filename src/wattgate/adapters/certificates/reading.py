"""Reading what somebody brings: PEM, DER and PKCS#12, in any number of parts, in any order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs7

from wattgate.adapters.certificates.binary import read_binary
from wattgate.adapters.certificates.bundle import Bundle, secret
from wattgate.adapters.certificates.der import first_element
from wattgate.adapters.certificates.facts import UNREADABLE
from wattgate.adapters.certificates.pem import Block, blocks
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


BinaryReader = Callable[[Bundle, str, bytes, str | None], None]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is looked at: which PEM blocks hold keys of interest, and what is done without PEM.

    `is_ours`: the keys were checked when they came here.
    """

    keys: frozenset[str]
    read_binary: BinaryReader
    is_ours: bool = False


def _refuse_binary(bundle: Bundle, name: str, part: bytes, passphrase: str | None) -> None:
    del part, passphrase
    bundle.refuse(name, "is not PEM")


_EVERYTHING: Final = _Scope(_KEY, read_binary)
_OUR_FILES: Final = _Scope(_KEY, _refuse_binary, is_ours=True)
_CERTIFICATES: Final = _Scope(frozenset(), read_binary)
_CERTIFICATES_IN_PEM: Final = _Scope(frozenset(), _refuse_binary)


def read(material: Material) -> Bundle:
    """Read all parts; what cannot be read is among the problems.

    Raises:
        PassphraseNeeded: something is encrypted.
    """
    return _read(material, _EVERYTHING)


def read_our_file(text: str) -> Bundle:
    """Read PEM that we wrote: to find primes in a key of RSA anew takes a tenth of a second each.

    Raises:
        PassphraseNeeded: somebody else wrote it, with an encrypted key.
    """
    return _read(Material((text.encode(),)), _OUR_FILES)


def read_certificates(material: Material) -> Bundle:
    """Read certificates; keys in PEM are passed over, encrypted or not.

    Raises:
        PassphraseNeeded: a part is PKCS#12 with a passphrase.
    """
    return _read(material, _CERTIFICATES)


def read_from_peer(material: Material) -> Bundle:
    """Read certificates that came over a link: PEM only.

    Keys and PKCS#12 say themselves how much work it is to read them, without a limit.
    """
    return _read(material, _CERTIFICATES_IN_PEM)


def _read(material: Material, scope: _Scope) -> Bundle:
    bundle = Bundle()
    for number, part in enumerate(material.parts, 1):
        name = f"file {number}" if len(material.parts) > 1 else "file"
        _read_part(bundle, name, part, material.passphrase, scope)
    return bundle


def _read_part(
    bundle: Bundle, name: str, part: bytes, passphrase: str | None, scope: _Scope
) -> None:
    found = blocks(part)
    if not part.strip():
        bundle.refuse(name, "is empty")
    elif found:
        for block in found:
            _read_block(bundle, name, block)
            if block.label in scope.keys:
                _take_key(bundle, name, block, passphrase, is_ours=scope.is_ours)
    elif b"-----BEGIN " in part:
        bundle.refuse(name, "is cut off: a block that begins does not end")
    else:
        scope.read_binary(bundle, name, part, passphrase)


def _read_block(bundle: Bundle, name: str, block: Block) -> None:
    """Read one block; what TLS has no use for, as parameters of curves, is passed over."""
    if block.label in _CERTIFICATE:
        try:
            bundle.take_certificate(x509.load_der_x509_certificate(first_element(block.der)))
        except UNREADABLE:
            bundle.refuse(name, _why_unreadable(block))
    elif block.label == "PKCS7":
        _take_all(bundle, name, pkcs7.load_der_pkcs7_certificates, block)
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


def _take_key(
    bundle: Bundle, name: str, block: Block, passphrase: str | None, *, is_ours: bool
) -> None:
    if block.is_encrypted and passphrase is None:
        raise PassphraseNeeded(was_wrong=False)
    password = secret(passphrase) if passphrase is not None and block.is_encrypted else None
    try:
        key = load_pem_private_key(
            block.text.encode(), password, unsafe_skip_rsa_key_validation=is_ours
        )
        bundle.take_key(key)
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
