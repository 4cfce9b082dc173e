"""The key pair with which the software wallbox signs its meter's readings."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from wattgate.adapters.hardware.wallbox_folder import write_whole
from wattgate.core.errors import ConfigError, Problem

KEY: Final = "meter-key.pem"
"""Name of the file in the wallbox's folder."""


class MeterKey:
    """An ECDSA key on secp256r1, as OCMF calls ECDSA-secp256r1-SHA256."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """What a backend needs to check the readings: SubjectPublicKeyInfo, DER, in hex."""
        public = self._key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()

    def sign(self, message: bytes) -> bytes:
        """Sign with SHA-256; the signature as DER. Takes some 0.1 ms."""
        return self._key.sign(message, ec.ECDSA(hashes.SHA256()))


def new_meter_key() -> MeterKey:
    """Make a key that nobody keeps."""
    return MeterKey(ec.generate_private_key(ec.SECP256R1()))


def meter_key(folder: Path) -> MeterKey:
    """Read the key of a wallbox's folder; where there is none make one, on the disk on return.

    Raises:
        ConfigError: the file cannot be read or written, or holds something else. It is never
            replaced: whoever has the public key would take every further reading for forged.
    """
    path = folder / KEY
    try:
        if path.exists():
            return _read(path)
        made = ec.generate_private_key(ec.SECP256R1())
        write_whole(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except OSError as error:
        raise ConfigError([Problem(str(path), str(error.strerror))]) from error
    return MeterKey(made)


def _read(path: Path) -> MeterKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise ConfigError([Problem(str(path), "holds no private key")]) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ConfigError([Problem(str(path), "holds a key of another kind than secp256r1")])
    return MeterKey(key)
