"""Packing a certificate with its key into one file, for whoever installs it."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from wattgate.adapters.certificates.keys import as_own
from wattgate.adapters.certificates.orders import refuse
from wattgate.adapters.certificates.reading import read_our_file
from wattgate.core.errors import Problem
from wattgate.ports.certificates import Issued


def packed(issued: Issued, passphrase: str) -> bytes:
    """PKCS#12 (RFC 7292) with the key, the certificate and its chain.

    Raises:
        ConfigError: the passphrase is empty, or the key was made elsewhere.
    """
    refuse(_problems(issued, passphrase))
    found = read_our_file(issued.certificate_pem + (issued.key_pem or ""))
    certificate, *others = found.certificates
    return pkcs12.serialize_key_and_certificates(
        (issued.facts.common_name or issued.facts.id).encode(),
        as_own(found.keys[0]),
        certificate,
        others,
        BestAvailableEncryption(passphrase.encode()),
    )


def _problems(issued: Issued, passphrase: str) -> Iterator[Problem]:
    if not passphrase:
        yield Problem("passphrase", "is empty: the file holds a private key")
    if issued.key_pem is None:
        yield Problem("private key", "was made elsewhere, and is still there")
