"""Why a TLS handshake with a wallbox failed, in a sentence that a person understands (P9).

On the HTTP port the same is said of a browser or program, by `about_caller`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_FAILED: Final = "TLS handshake failed: "
_NOT_TRUSTED: Final = "the wallbox does not trust our certificate"
_NOT_TAKEN: Final = "the wallbox does not take our certificate"
_UNKNOWN_SIGNER: Final = "nobody we trust signed its client certificate"
_NO_VERSION: Final = "the wallbox speaks no version of TLS that is allowed here (tls_minimum)"
_NO_CIPHER: Final = "the wallbox knows no cipher suite that we speak"
_NO_CLIENT_CERTIFICATE: Final = "the wallbox showed no client certificate"
_NO_TLS: Final = "what the wallbox sent is no valid TLS"

HUNG_UP: Final = (
    f"{_FAILED}the wallbox hung up without a reason, as many do that do not trust our certificate"
)

BY_REASON: Final[Mapping[str, str]] = MappingProxyType(
    {
        # What the wallbox says: an alert (RFC 8446 §6.2)
        "TLSV1_ALERT_UNKNOWN_CA": _NOT_TRUSTED,
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _NOT_TAKEN,
        "SSLV3_ALERT_BAD_CERTIFICATE": _NOT_TAKEN,
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": f"{_NOT_TAKEN}: it cannot use one of this kind",
        "SSLV3_ALERT_CERTIFICATE_REVOKED": f"{_NOT_TAKEN}: it holds it to be revoked",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
            f"{_NOT_TAKEN}: it holds it to be expired or not valid yet; is its clock right?"
        ),
        "TLSV1_ALERT_ACCESS_DENIED": f"{_NOT_TAKEN}: it denies access",
        "TLSV1_UNRECOGNIZED_NAME": f"{_NOT_TAKEN}: it stands for another name",
        "TLSV1_ALERT_PROTOCOL_VERSION": _NO_VERSION,
        "TLSV1_ALERT_INSUFFICIENT_SECURITY": "the wallbox asks for stronger ciphers than ours",
        "SSLV3_ALERT_HANDSHAKE_FAILURE": "the wallbox found no cipher suite that both sides speak",
        "TLSV1_ALERT_USER_CANCELLED": "the wallbox broke it off",
        "TLSV1_ALERT_INTERNAL_ERROR": "the wallbox reports an error of its own",
        "TLSV1_ALERT_DECRYPT_ERROR": "the wallbox could not check our signature",
        "TLSV1_ALERT_DECODE_ERROR": "the wallbox could not read what we sent",
        "SSLV3_ALERT_ILLEGAL_PARAMETER": "the wallbox does not take what we chose",
        "SSLV3_ALERT_UNEXPECTED_MESSAGE": "the wallbox did not expect what we sent",
        # What we have to say
        "UNSUPPORTED_PROTOCOL": _NO_VERSION,
        "UNKNOWN_PROTOCOL": _NO_VERSION,
        "WRONG_VERSION_NUMBER": _NO_VERSION,
        "VERSION_TOO_LOW": _NO_VERSION,
        "INAPPROPRIATE_FALLBACK": "the wallbox spoke an older TLS than it could",
        "NO_SHARED_CIPHER": _NO_CIPHER,
        "NO_SUITABLE_KEY_SHARE": f"{_NO_CIPHER}: no group for the key exchange in common",
        "NO_SHARED_GROUPS": f"{_NO_CIPHER}: no group for the key exchange in common",
        "NO_SUITABLE_SIGNATURE_ALGORITHM": f"{_NO_CIPHER}: no signature algorithm in common",
        "NO_SHARED_SIGNATURE_ALGORITHMS": f"{_NO_CIPHER}: no signature algorithm in common",
        "PEER_DID_NOT_RETURN_A_CERTIFICATE": _NO_CLIENT_CERTIFICATE,
        "BAD_SIGNATURE": "the wallbox has not the key of its client certificate",
        "WRONG_SIGNATURE_TYPE": "the wallbox signs in a way that we do not take",
        "EE_KEY_TOO_SMALL": "the key of its client certificate is too short",
        "BAD_ECPOINT": _NO_TLS,
        "LENGTH_TOO_SHORT": _NO_TLS,
        "LENGTH_MISMATCH": _NO_TLS,
        "PACKET_LENGTH_TOO_LONG": _NO_TLS,
        "BAD_EXTENSION": _NO_TLS,
        "UNEXPECTED_MESSAGE": _NO_TLS,
        "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": _NO_TLS,
    }
)
"""OpenSSL's reasons (err.h, by their names in Python's `ssl.SSLError.reason`)."""

BY_VERIFY_CODE: Final[Mapping[int, str]] = MappingProxyType(
    {
        2: _UNKNOWN_SIGNER,
        7: (
            "the signature of its client certificate does not fit the authority of that name: "
            "another key, or the same distinguished name as the authority's"
        ),
        9: "its client certificate is not valid yet; is the clock here right?",
        10: "its client certificate has expired",
        18: (
            "its client certificate names itself as its signer: it is self-signed and not stored "
            "here, or has the same distinguished name as the authority that signed it"
        ),
        19: _UNKNOWN_SIGNER,
        20: _UNKNOWN_SIGNER,
        21: _UNKNOWN_SIGNER,
        22: "the chain of its client certificate is too long",
        23: "its client certificate was revoked",
        24: "what signed its client certificate is no authority",
        26: "its certificate is not one for clients (extended key usage)",
        66: "the key of its client certificate is too short",
        67: "the key of the authority that signed its client certificate is too short",
        68: "its client certificate is signed with a hash that is broken",
    }
)
"""OpenSSL's results of looking at a client certificate (x509_vfy.h, X509_V_ERR_…)."""


_PROTOCOL_VERSION, _HANDSHAKE_FAILURE, _INAPPROPRIATE_FALLBACK = 70, 40, 86

_ALERTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("UNSUPPORTED_PROTOCOL", "UNKNOWN_PROTOCOL", "WRONG_VERSION_NUMBER", "VERSION_TOO_LOW"),
            _PROTOCOL_VERSION,
        ),
        **dict.fromkeys(
            (
                "NO_SHARED_CIPHER",
                "NO_SUITABLE_KEY_SHARE",
                "NO_SHARED_GROUPS",
                "NO_SUITABLE_SIGNATURE_ALGORITHM",
                "NO_SHARED_SIGNATURE_ALGORITHMS",
            ),
            _HANDSHAKE_FAILURE,
        ),
        "INAPPROPRIATE_FALLBACK": _INAPPROPRIATE_FALLBACK,
    }
)
"""What the client hears of refusals of its ClientHello (RFC 8446 §6.2)."""


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """A handshake's end as OpenSSL tells it; `verify_code` where a certificate was the cause."""

    reason: str | None
    verify_code: int | None = None


def sentence(failure: TlsFailure) -> str:
    """Say it to a person; what the tables do not know in OpenSSL's own words."""
    known = BY_VERIFY_CODE.get(failure.verify_code or 0) or BY_REASON.get(failure.reason or "")
    return _FAILED + (known or _in_its_words(failure))


def about_caller(words: str) -> str:
    """Say the same of whoever connects to the HTTP port, where nobody chooses `tls_minimum`."""
    return words.replace(" (tls_minimum)", "").replace("the wallbox", "the caller")


def _in_its_words(failure: TlsFailure) -> str:
    words = (failure.reason or "no reason given").replace("_", " ").lower()
    return f"{words} (code {failure.verify_code})" if failure.verify_code else words


def alert_record(failure: TlsFailure) -> bytes | None:
    """The record that tells the client why its ClientHello was refused (RFC 8446 §5.1, §6).

    None where something else went wrong: what follows our ServerHello is encrypted.
    """
    description = _ALERTS.get(failure.reason or "")
    return None if description is None else bytes([21, 3, 1, 0, 2, 2, description])
