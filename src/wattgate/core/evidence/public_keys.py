"""Public keys of meters, as people and wallboxes write them."""

import re
from base64 import b64decode
from binascii import Error
from typing import Final

MARK: Final = re.compile(r"oca:base(?:16|64):asn1:", re.I)
"""How keys are marked in the Open Charge Alliance's note on signed meter values."""

_ARMOUR: Final = re.compile(r"-----(?:BEGIN|END) PUBLIC KEY-----")
_FILLING: Final = re.compile(r"[\s:]")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_SEQUENCE: Final = 0x30
_UNCOMPRESSED: Final = 0x04
_COORDINATE_BYTES: Final = (24, 32, 48)


def read_public_key(text: str) -> bytes | None:
    """The key as DER (SubjectPublicKeyInfo), or as the uncompressed point 04…; None for others.

    Read are hexadecimal and base64, also as PEM, with the mark, and as base64 of such a text.
    """
    key = _decoded(text)
    if key is not None and MARK.match(key.decode("latin-1")):
        key = _decoded(key.decode("latin-1"))
    return key if key is not None and (_is_der(key) or _is_point(key)) else None


def _decoded(text: str) -> bytes | None:
    bare = _FILLING.sub("", MARK.sub("", _ARMOUR.sub("", text)))
    if _HEX.fullmatch(bare):
        return bytes.fromhex(bare)
    try:
        return b64decode(bare, validate=True)
    except (Error, ValueError):  # ValueError: a character beyond ASCII
        return None


def _is_point(key: bytes) -> bool:
    return key[:1] == bytes([_UNCOMPRESSED]) and len(key) // 2 in _COORDINATE_BYTES


def _is_der(key: bytes) -> bool:
    """Whether it is one DER sequence from end to end (X.690 §8.1.3)."""
    if len(key) < 3 or key[0] != _SEQUENCE:
        return False
    if key[1] < 0x80:
        return len(key) == 2 + key[1]
    size = key[1] - 0x80
    return len(key) == 2 + size + int.from_bytes(key[2 : 2 + size], "big")
