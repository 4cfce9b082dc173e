"""OCMF, the Open Charge Metering Format 1.x: `OCMF|<payload>|<signature>`.

Source: SAFE e.V., "Open Charge Metering Format", sections "JSON based OCMF Format" and
"Cryptography". What is signed are the very characters of the payload (R111).
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from wattgate.core.evidence.signatures import Curve

DEFAULT_ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
ALGORITHMS: Final[Mapping[str, Curve]] = {
    f"ecdsa-{name}-sha256": curve
    for curve in Curve
    for name in (curve.value, curve.value.replace("brainpool", "brainpoolp"))
}
"""By the name in SA, in lower case."""

_DER: Final = "application/x-der"
_HEADER: Final = b"OCMF|"
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_SPACE: Final = re.compile(r"\s")
_WRAPPERS: Final = ("signedMeterData", "signedMeterValue")
"""Members of the JSON form that hold the signed data (R112 c)."""

_OTHERS: Final = (
    (re.compile(r"\s*<.*"), "XML"),
    (re.compile(r"\s*AP;.*"), "the Alfen format"),
    (re.compile(r"\s*(?:1[bB]\s*){4}.*"), "SML (EDL40 and the like)"),
)
_STATES: Final[Mapping[str, str]] = {
    "N": "meter not present",
    "T": "timeout of the meter",
    "D": "meter disconnected",
    "R": "meter no longer found",
    "M": "manipulation detected",
    "X": "meter exchanged",
    "I": "meter incompatible",
    "O": "value out of range",
    "S": "substitute value",
    "E": "error of the meter",
    "F": "meter could not be read",
}
"""State / Error of the Meter; G is good."""

_UNUSABLE: Final[Mapping[str, str]] = {"E": "energy not usable", "t": "time not usable"}
"""Error Flags (EF)."""


@dataclass(frozen=True, slots=True)
class Ocmf:
    """One OCMF record.

    `message` is what was signed, `signature` as decoded, `key_text` a public key that came with it
    (None without). `about` is the payload as JSON; `doubts` what it says against its own readings,
    in words for a person, empty where all is well.
    """

    message: bytes
    signature: bytes
    curve: Curve
    key_text: str | None
    about: Mapping[str, object]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Signed data that are no OCMF, or broken; `reason` for a person."""

    reason: str


def read_ocmf(text: str) -> Ocmf | Unreadable:
    """Read a signed value: plain, hexadecimal, base64, or base64 in JSON (R112)."""
    wrapper = _object(text.encode())
    inner = text if wrapper is None else _inner(wrapper)
    if inner is None:
        return Unreadable(f"its encoding method is {_method(wrapper or {})}, which is not checked")
    record = _record(inner)
    if record is None:
        return Unreadable(f"{_name(inner)} is not checked")
    payload, bar, section = record.removeprefix(_HEADER).rpartition(b"|")
    signed = _object(section)
    if not bar or signed is None:
        return Unreadable("its signature section cannot be read")
    return _signed_record(payload, signed, _key_text(wrapper))


def _signed_record(
    payload: bytes, signed: Mapping[str, object], key_text: str | None
) -> Ocmf | Unreadable:
    algorithm = str(signed.get("SA", DEFAULT_ALGORITHM))
    curve = ALGORITHMS.get(algorithm.casefold())
    if curve is None or signed.get("SM", _DER) != _DER:
        return Unreadable(f"the signature algorithm {algorithm[:60]} is not checked")
    signature = _signature(signed)
    if signature is None:
        return Unreadable("its signature cannot be read")
    about = _object(payload)
    doubts = tuple(dict.fromkeys(_doubts(about)))
    return Ocmf(payload, signature, curve, key_text, about or {}, doubts)


def _record(text: str) -> bytes | None:
    """The record's bytes; None where it is in none of the encodings."""
    for decoded in (text.strip().encode(), _from_hex(text), _from_base64(text)):
        if decoded is not None and decoded.startswith(_HEADER):
            return decoded
    return None


def _inner(wrapper: Mapping[str, object]) -> str | None:
    """The text in the JSON form; None where it says that it is no OCMF."""
    if _method(wrapper).casefold() != "ocmf":
        return None
    held = [value for name in _WRAPPERS if isinstance(value := wrapper.get(name), str)]
    return held[0] if held else ""


def _method(wrapper: Mapping[str, object]) -> str:
    return str(wrapper.get("encodingMethod") or "OCMF")[:60]


def _key_text(wrapper: Mapping[str, object] | None) -> str | None:
    key = wrapper.get("publicKey") if wrapper is not None else None
    return key if isinstance(key, str) and key else None


def _signature(signed: Mapping[str, object]) -> bytes | None:
    text = str(signed.get("SD", ""))
    as_base64 = str(signed.get("SE", "hex")).casefold() == "base64"
    return (_from_base64(text) if as_base64 else _from_hex(text)) or None


def _from_hex(text: str) -> bytes | None:
    bare = _SPACE.sub("", text)
    return bytes.fromhex(bare) if _HEX.fullmatch(bare) else None


def _from_base64(text: str) -> bytes | None:
    try:
        return b64decode(_SPACE.sub("", text), validate=True)
    except (Error, ValueError):  # ValueError: a character beyond ASCII
        return None


def _object(text: bytes) -> Mapping[str, object] | None:
    try:
        read: object = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _name(text: str) -> str:
    named = (name for pattern, name in _OTHERS if pattern.match(text))
    return next(named, "a format that is not known")


def _doubts(about: Mapping[str, object] | None) -> Iterator[str]:
    readings = about.get("RD") if about is not None else None
    if not isinstance(readings, list) or not readings:
        yield "it holds no readings"
        return
    for reading in readings:
        if not isinstance(reading, dict):
            yield "a reading cannot be read"
            continue
        state = str(reading.get("ST", "G"))
        if state != "G":
            yield _STATES.get(state, f"meter status {state[:20]}")
        for flag in str(reading.get("EF") or ""):
            yield _UNUSABLE.get(flag, f"error flag {flag}")
        if reading.get("TX") == "X":
            yield "an error during charging"
