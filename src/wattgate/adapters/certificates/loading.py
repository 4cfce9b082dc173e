"""Giving certificates to OpenSSL."""

import os
import ssl
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:AES256-GCM-SHA384:AES128-GCM-SHA256"
"""Suites of TLS 1.2 that the OCPP security profiles require, and their better kin (R33)."""


def load_own(context: ssl.SSLContext, secret_pem: str) -> None:
    """Load a key, its certificate and chain.

    OpenSSL's interface in Python takes files only; this one is in memory, and has no name.

    Raises:
        ssl.SSLError: OpenSSL refuses it.
    """
    handle = os.memfd_create("certificate")
    try:
        with os.fdopen(os.dup(handle), "w", encoding="ascii") as file:
            file.write(secret_pem)
        context.load_cert_chain(f"/proc/self/fd/{handle}", password=_no_passphrase)
    finally:
        os.close(handle)


def _no_passphrase() -> str:
    """Answer in place of OpenSSL, which would ask the terminal."""
    return ""


def load_authorities(context: ssl.SSLContext, certificates: Iterable[x509.Certificate]) -> None:
    """Believe certificates, and whatever they have signed."""
    der = b"".join(each.public_bytes(Encoding.DER) for each in certificates)
    if der:
        context.load_verify_locations(cadata=der)


def refusal(secret_pem: str) -> str | None:
    """Why OpenSSL would not show this certificate; None where it would."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        load_own(context, secret_pem)
    except ssl.SSLError as error:
        return (error.reason or "unknown reason").replace("_", " ").lower()
    return None
