"""Signed meter values: twelve real ones, and OCMF of our own with a key to sign it."""

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_FILE: Final = Path(__file__).parent.parent / "fixtures/signed-meter-samples.jsonl"


@dataclass(frozen=True)
class Sample:
    """A real value, and the key that came with it in the same file, empty without."""

    file: str
    text: str
    key: str


SAMPLES: Final = [
    Sample(each["file"], each["data"], each["key"] or "")
    for each in map(json.loads, _FILE.read_text().splitlines())
]
OCMF_SAMPLES: Final = [each for each in SAMPLES if each.text.startswith("OCMF|")]

ODD_PAYLOAD: Final = (
    r'{ "FV" : "1.0","GI":"\u00e4ä\/\u002F", "PG":"T7" ,"ZZ":1E3,"AA":-0.0,"RD":[{"TX":"B",'
    r'"ST":"G","EF":"","RV":1.10,"RI":"1-b:1.8.0"} , {"TX":"E","ST":"G","RV":2.50 }]}'
)
"""What a re-encoder would change: spaces, escapes, numbers, the order of keys (R111)."""

CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1(),
    "secp192r1": ec.SECP192R1(),
    "secp256k1": ec.SECP256K1(),
    "secp384r1": ec.SECP384R1(),
    "brainpool256r1": ec.BrainpoolP256R1(),
    "brainpool384r1": ec.BrainpoolP384R1(),
}


class Signer:
    """A meter with a key of its own."""

    def __init__(self, curve: str = "secp256r1", secret: int = 0x5EED) -> None:
        self.curve = curve
        self._key = ec.derive_private_key(secret, CURVES[curve])

    @property
    def key_hex(self) -> str:
        """The public key as most wallboxes announce it."""
        return self._public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()

    @property
    def point_hex(self) -> str:
        """The public key as a bare point."""
        return self._public(Encoding.X962, PublicFormat.UncompressedPoint).hex()

    @property
    def pem(self) -> str:
        """The public key with its armour."""
        return self._public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def signature(self, payload: str) -> bytes:
        """The signature over these characters, as DER."""
        return self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))

    def ocmf(self, payload: str = ODD_PAYLOAD) -> str:
        """A signed record; its section is written oddly, too."""
        return (
            f'OCMF|{payload}|{{ "SA":"ECDSA-{self.curve}-SHA256", "SD" : '
            f'"{self.signature(payload).hex()}"}}'
        )

    def in_json(self, payload: str = ODD_PAYLOAD, name: str = "signedMeterData") -> str:
        """A signed record as OCPP 2.0.1 and the note of the Open Charge Alliance wrap it."""
        return json.dumps(
            {
                name: b64encode(self.ocmf(payload).encode()).decode(),
                "encodingMethod": "OCMF",
                "signingMethod": "",
                "publicKey": b64encode(f"oca:base16:asn1:{self.key_hex}".encode()).decode(),
            }
        )

    def _public(self, encoding: Encoding, form: PublicFormat) -> bytes:
        return self._key.public_key().public_bytes(encoding, form)
