"""Private and public keys: which kinds there are, and which are good enough."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from wattgate.core.security.certificates import KeyKind

OwnKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""A key that we can use: both kinds that the OCPP security profiles ask for (R33)."""

OwnPublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
"""Their public halves."""

LEAST_RSA_BITS: Final = 2048
"""Less is refused, as OpenSSL does at its security level 2 and OCPP does (A00.FR.501)."""

_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
"""The curves that TLS knows (RFC 8446 4.2.7), by OpenSSL's name."""


def generate(kind: KeyKind) -> OwnKey:
    """Make a key; RSA takes up to a second: not on the event loop."""
    match kind:
        case KeyKind.RSA:
            # No more than 2048 bits: old wallboxes take no longer ones (OCPP-J 1.6 6.2.1).
            return rsa.generate_private_key(65537, LEAST_RSA_BITS)
        case KeyKind.ECDSA:
            return ec.generate_private_key(ec.SECP256R1())


def kind_of(key: OwnKey) -> KeyKind:
    """Which kind it is."""
    return KeyKind.RSA if isinstance(key, rsa.RSAPrivateKey) else KeyKind.ECDSA


def as_own(key: PrivateKeyTypes) -> OwnKey | None:
    """The key itself, where it is of a kind that we have use for."""
    return key if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else None


def as_own_public(key: PublicKeyTypes) -> OwnPublicKey | None:
    """The same for its public half."""
    return key if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else None


def describe(key: PublicKeyTypes) -> str:
    """Say it as people do: "RSA 2048", "ECDSA P-256"."""
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ECDSA {_CURVES.get(key.curve.name, key.curve.name)}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
        case _:
            return type(key).__name__.removesuffix("PublicKey")


def weakness(key: PublicKeyTypes) -> str | None:
    """Why TLS refuses a certificate with this key; None where it does not."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        return f"its key is too short: {describe(key)}, at least {LEAST_RSA_BITS} bits are needed"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        return f"its key is on the curve {key.curve.name}; TLS knows {', '.join(_CURVES.values())}"
    return None


def public_der(key: PublicKeyTypes) -> bytes:
    """A public key in the form that certificates carry (SubjectPublicKeyInfo)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: OwnKey) -> str:
    """A private key as PKCS#8, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
