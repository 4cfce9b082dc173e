"""The outcomes of checking a signature, a closed union."""

from dataclasses import dataclass
from enum import StrEnum


class Curve(StrEnum):
    """The elliptic curves of OCMF 1.x, table "Predefined Signature Algorithms"."""

    SECP192K1 = "secp192k1"
    SECP256K1 = "secp256k1"
    SECP192R1 = "secp192r1"
    SECP256R1 = "secp256r1"
    BRAINPOOL256R1 = "brainpool256r1"
    SECP384R1 = "secp384r1"
    BRAINPOOL384R1 = "brainpool384r1"


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the owner of `key` signed `message` with ECDSA over SHA-256.

    `key` is DER or an uncompressed point, which is one of `curve`; a DER key names its curve.
    """

    key: bytes
    curve: Curve
    message: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Genuine:
    """The signature is that of the key over exactly these bytes."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """It is not: the bytes, the signature or the key is another one."""


@dataclass(frozen=True, slots=True)
class Unable:
    """Nothing can be said; `reason` for a person."""

    reason: str


Checked = Genuine | Wrong | Unable
