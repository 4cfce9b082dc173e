"""As much of DER (X.690) as it takes to see what something is, and whether it is whole."""

from typing import Final

_SEQUENCE: Final = 0x30
_LONG_FORM: Final = 0x80
_PKCS12_VERSION: Final = b"\x02\x01\x03"


def is_pkcs12(data: bytes) -> bool:
    """Whether it begins as RFC 7292 4 says: a sequence that begins with the version, 3."""
    try:
        header, _ = lengths(data)
    except ValueError:
        return False
    return data[header:].startswith(_PKCS12_VERSION)


def is_cut_off(data: bytes) -> bool:
    """Whether a sequence ends before its length says so."""
    return len(first_element(data)) < sum(lengths(data))


def first_element(data: bytes) -> bytes:
    """Cut off what follows a sequence, as OpenSSL's "TRUSTED CERTIFICATE" has it."""
    return data[: sum(lengths(data))]


def lengths(data: bytes) -> tuple[int, int]:
    """Bytes of the header and of the content of a sequence (8.1.3).

    Raises:
        ValueError: it does not begin with one.
    """
    if len(data) < 2 or data[0] != _SEQUENCE:
        raise ValueError("not a sequence")
    if data[1] < _LONG_FORM:
        return 2, data[1]
    size = data[1] - _LONG_FORM
    return 2 + size, int.from_bytes(data[2 : 2 + size])
