"""Whose certificate a command believes when it asks a manager over HTTPS."""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_BEGINS: Final = "-----BEGIN CERTIFICATE-----"
_ENDS: Final = "-----END CERTIFICATE-----"
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name."""

_ADVICE: Final = "name the certificate to trust with --ca or WATTGATE_CA"

_OTHER_NAME: Final = "its certificate is for another name"
_NOBODY: Final = f"nobody whom this machine trusts vouches for its certificate; {_ADVICE}"
_WORDS: Final = {
    9: "its certificate does not count yet: one of the clocks is wrong",
    10: "its certificate has expired",
    18: _NOBODY,
    19: _NOBODY,
    20: _NOBODY,
    21: _NOBODY,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""By OpenSSL's codes: X509_STORE_CTX_get_error(3)."""


def trusting(ca: str) -> ssl.SSLContext:
    """Make TLS settings that believe what the PEM file `ca` holds; "": this machine's roots.

    The server's own certificate does as well as a root that signed it. Its name is checked in any
    case.

    Raises:
        OSError: the file cannot be read, or holds no certificate (ssl.SSLError).
    """
    context = ssl.create_default_context(cafile=ca or None)
    if ca:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 sets it: no version 1 then
    return context


def trusting_just(files: Iterable[Path]) -> ssl.SSLContext:
    """Make TLS settings that believe whoever shows the first certificate of one of these (PEM).

    They are known by themselves: what they name does not matter, nor whether they have expired, and
    nobody else is believed whom those have signed that follow in the file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    for file in files:
        _, begins, text = file.read_text(encoding="ascii").partition(_BEGINS)
        leaf, ends, _ = text.partition(_ENDS)
        context.load_verify_locations(cadata=begins + leaf + ends)
    return context


def why_not(error: ssl.SSLError) -> str:
    """Say for a person why no HTTPS connection was made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _WORDS.get(error.verify_code, error.verify_message)
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"no HTTPS there: {reason}"
