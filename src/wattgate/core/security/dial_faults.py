"""Why TLS with a backend came to nothing, in words for whoever has to mend it.

OpenSSL tells a failed check of the certificate by number (x509_vfy.h), everything else by a name:
an alert of the other end (RFC 8446 §6.2), or what it found itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.security.certificates import CertificateFacts

HUNG_UP_IN_HANDSHAKE: Final = (
    "the backend hung up during the TLS handshake: perhaps it speaks no TLS at that port, wants a "
    "client certificate, or refuses ours"
)
HUNG_UP_AFTER_HANDSHAKE: Final = (
    "the backend hung up right after the TLS handshake: perhaps it wants a client certificate, or "
    "refuses ours"
)
"""In TLS 1.3 a client's certificate is judged after the client takes the handshake for done."""


class TlsFault(StrEnum):
    """What is wrong, as far as a security event of OCPP has a name for it."""

    CERTIFICATE = "certificate"
    """The backend's certificate is not valid, or nobody vouches for it."""
    VERSION = "version"
    """It speaks no version of TLS that we do."""
    CIPHERS = "ciphers"
    """It speaks no cipher suite that we do."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a second look saw of a backend, one that trusts anybody and speaks everything.

    `version` as "TLSv1.1", `cipher` as OpenSSL names the suite; `facts` None where its certificate
    could not be read.
    """

    version: str
    cipher: str
    facts: CertificateFacts | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why there is no TLS connection; `fault` None where OCPP has no event for it."""

    sentence: str
    fault: TlsFault | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A certificate that was not accepted, and what is known of it."""

    host: str
    facts: CertificateFacts | None


def refused_certificate(code: int, message: str, host: str, seen: Seen | None) -> Verdict:
    """Say why the backend's certificate did not pass; `code` and `message` are OpenSSL's.

    `host` is the name in the URL; `seen` None where a second look was not to be had.
    """
    case = _Case(host, seen.facts if seen is not None else None)
    words = _CHECKS.get(code)
    why = message if words is None else words(case)
    return Verdict(f"the backend's certificate is not accepted: {why}", TlsFault.CERTIFICATE)


def broken_handshake(reason: str, seen: Seen | None) -> Verdict:
    """Say why the handshake failed; `reason` is OpenSSL's, as "TLSV1_ALERT_UNKNOWN_CA"."""
    if reason in _VERSION:
        speaks = "" if seen is None else f": it speaks {seen.version}"
        return Verdict(f"the backend speaks no version of TLS that we do{speaks}", TlsFault.VERSION)
    if reason in _CIPHERS:
        return _no_cipher(seen)
    if reason == _UNSAID:
        # A backend that lets in whoever speaks everything has nothing against the rest of us.
        return _no_cipher(seen) if seen is not None else Verdict(_UNCLEAR)
    return Verdict(_SENTENCES.get(reason) or f"the TLS handshake failed: {reason}")


def a_look_helps(reason: str) -> bool:
    """Whether a second look tells more about a handshake that failed for that reason."""
    return reason == _UNSAID or reason in _VERSION | _CIPHERS


def _no_cipher(seen: Seen | None) -> Verdict:
    chose = "" if seen is None else f": it speaks {seen.cipher} with {seen.version}"
    return Verdict(f"the backend speaks no cipher suite that we do{chose}", TlsFault.CIPHERS)


def _expired(case: _Case) -> str:
    until = "" if case.facts is None else f": it is valid until {case.facts.not_after:%Y-%m-%d}"
    return f"it, or one of its chain, has expired{until}"


def _not_yet(case: _Case) -> str:
    since = "" if case.facts is None else f": it is valid from {case.facts.not_before:%Y-%m-%d} on"
    return f"it is not valid yet{since} (is our clock right?)"


def _self_signed(case: _Case) -> str:
    del case
    return (
        "it is self-signed and not stored here, or has the same distinguished name as whoever "
        "signed it"
    )


def _unknown_authority(case: _Case) -> str:
    signed_by = "" if case.facts is None else f": {case.facts.issuer or 'an issuer without a name'}"
    return f"whoever signed it is not among the authorities that we trust{signed_by}"


def _another_name(case: _Case) -> str:
    return f"it is not for {case.host}{_names(case.facts)}"


def _names(facts: CertificateFacts | None) -> str:
    if facts is None:
        return ""
    names = facts.names or ((facts.common_name,) if facts.common_name else ())
    return f", but for {', '.join(names)}" if names else ": it has no name"


def _always(words: str) -> Callable[[_Case], str]:
    return lambda _: words


_CHECKS: Final[dict[int, Callable[[_Case], str]]] = {
    2: _unknown_authority,
    7: _always(
        "its signature does not fit the authority of that name: another key, or a certificate with "
        "the same distinguished name as its authority"
    ),
    9: _not_yet,
    10: _expired,
    18: _self_signed,
    19: _unknown_authority,
    20: _unknown_authority,
    21: _unknown_authority,
    22: _always("its chain is too long"),
    23: _always("it was revoked"),
    24: _always("what signed it is no authority"),
    26: _always("it is not for servers"),
    62: _another_name,
    64: _another_name,
    66: _always("its key is too weak"),
    67: _always("the key of what signed it is too weak"),
    68: _always("it is signed with a method that is too weak"),
}

_VERSION: Final = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SSL_VERSION",
    }
)

_CIPHERS: Final = frozenset(
    {
        "DH_KEY_TOO_SMALL",
        "NO_CIPHERS_AVAILABLE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "UNKNOWN_CIPHER_RETURNED",
        "WRONG_CIPHER_RETURNED",
    }
)

_UNSAID: Final = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_UNCLEAR: Final = (
    "the backend refused the TLS handshake: it wants a client certificate, or speaks no cipher "
    "suite that we do"
)
_NO_TLS: Final = "no TLS at that port (should it be ws:// there?)"
_OURS: Final = "the backend refuses our certificate"

_SENTENCES: Final = {
    "HTTP_REQUEST": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the backend wants a client certificate, and we have none",
    "SSLV3_ALERT_NO_CERTIFICATE": "the backend wants a client certificate, and we have none",
    "SSLV3_ALERT_BAD_CERTIFICATE": f"{_OURS}: it finds it damaged, or not as it should be",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": f"{_OURS}: it does not take certificates of that kind",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": f"{_OURS}: it was revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": f"{_OURS}: it has expired, or the clocks differ",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": f"{_OURS}, and does not say why",
    "TLSV1_ALERT_ACCESS_DENIED": f"{_OURS}: it is valid, but not let in",
    "TLSV1_ALERT_DECRYPT_ERROR": f"{_OURS}: its signature does not hold",
    "TLSV1_ALERT_UNKNOWN_CA": f"{_OURS}: it does not know who signed it",
    "TLSV1_ALERT_INTERNAL_ERROR": "the backend has an internal problem with TLS",
    "TLSV1_UNRECOGNIZED_NAME": "the backend serves no such host name",
}
