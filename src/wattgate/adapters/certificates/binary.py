"""Reading DER and PKCS#12, where nothing but the content says what it is."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs7, pkcs12

from wattgate.adapters.certificates.bundle import Bundle, secret
from wattgate.adapters.certificates.der import is_cut_off, is_pkcs12
from wattgate.adapters.certificates.facts import UNREADABLE
from wattgate.ports.certificates import PassphraseNeeded


def read_binary(bundle: Bundle, name: str, part: bytes, passphrase: str | None) -> None:
    """Read DER, of which nothing but the content says what it is."""
    if is_pkcs12(part):
        _read_pkcs12(bundle, name, part, passphrase)
        return
    readers = (_binary_certificate, _binary_certificates, _binary_key)
    if not any(reader(bundle, part, passphrase) for reader in readers):
        bundle.refuse(name, "is neither PEM nor DER nor PKCS#12")


def _binary_certificate(bundle: Bundle, part: bytes, _: str | None) -> bool:
    try:
        bundle.take_certificate(x509.load_der_x509_certificate(part))
    except UNREADABLE:
        return False
    return True


def _binary_certificates(bundle: Bundle, part: bytes, _: str | None) -> bool:
    try:
        found = pkcs7.load_der_pkcs7_certificates(part)
    except UNREADABLE:
        return False
    for certificate in found:
        bundle.take_certificate(certificate)
    return True


def _binary_key(bundle: Bundle, part: bytes, passphrase: str | None) -> bool:
    """Read a key; that one is encrypted is known from what the library says."""
    try:
        bundle.take_key(load_der_private_key(part, None))
    except TypeError:
        bundle.take_key(_encrypted_key(part, passphrase))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _encrypted_key(part: bytes, passphrase: str | None) -> PrivateKeyTypes:
    if passphrase is None:
        raise PassphraseNeeded(was_wrong=False)
    try:
        return load_der_private_key(part, secret(passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PassphraseNeeded(was_wrong=True) from None


def _read_pkcs12(bundle: Bundle, name: str, part: bytes, passphrase: str | None) -> None:
    """Try without a passphrase first: an empty one is common, and nobody would type it."""
    if is_cut_off(part):
        bundle.refuse(name, "is cut off: it is shorter than it says")
        return
    for attempt in (None, b"", *((secret(passphrase),) if passphrase else ())):
        try:
            found = pkcs12.load_pkcs12(part, attempt)
        except UnsupportedAlgorithm:
            bundle.refuse(name, "it is encrypted in a way that is not known")
            return
        except ValueError:
            continue
        _take_pkcs12(bundle, name, found)
        return
    raise PassphraseNeeded(was_wrong=bool(passphrase))


def _take_pkcs12(bundle: Bundle, name: str, found: pkcs12.PKCS12KeyAndCertificates) -> None:
    first = (found.cert,) if found.cert is not None else ()
    try:
        for holder in (*first, *found.additional_certs):
            bundle.take_certificate(holder.certificate)
    except UNREADABLE:
        bundle.refuse(name, "a certificate in it cannot be read")
    if found.key is not None:
        bundle.take_key(found.key)
