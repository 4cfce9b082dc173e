"""Signed readings of the wallbox's meter, as OCMF (R111-R117).

Source: SAFE e.V., "Open Charge Metering Format" 1.0, payload data and signature sections.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from wattgate.core.evidence.ocmf import DEFAULT_ALGORITHM

Sign = Callable[[bytes], bytes]
"""ECDSA on secp256r1 over SHA-256 of the bytes; the signature in DER."""

ENERGY: Final = "1-b:1.8.0"
"""OBIS code of the imported energy."""

_UID: Final = re.compile(r"(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})")
"""Cards of ISO 14443 have 4, 7 or 10 bytes."""


@dataclass(frozen=True, slots=True)
class Signing:
    """A meter's key pair; `public_key` is its SubjectPublicKeyInfo, DER, in hex.

    With `is_periodic` the samples within a transaction are signed as well.
    """

    sign: Sign = field(repr=False)
    public_key: str
    is_periodic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Whose readings they are: the wallbox, which is its meter at once."""

    vendor: str
    model: str
    serial: str
    firmware: str


class Phase(StrEnum):
    """Where in a transaction a reading was taken (OCMF, table of TX)."""

    BEGIN = "B"
    DURING = "C"
    END = "E"
    POWER_LOSS = "P"
    """The end, after a loss of power."""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A register in Wh at a time; it is signed in whole Wh, as a transaction begins and ends."""

    phase: Phase
    at: datetime
    energy_wh: float


def ocmf_text(
    meter: Meter, page: int, id_tag: str, readings: Sequence[SignedReading], sign: Sign
) -> str:
    """A record with its signature; `page` counts all records of the meter, from 1 on."""
    payload = {
        "FV": "1.0",
        "GI": f"{meter.vendor} {meter.model}",
        "GS": meter.serial,
        "GV": meter.firmware,
        "PG": f"T{page}",
        "MV": meter.vendor,
        "MM": meter.model,
        "MS": meter.serial,
        "MF": meter.firmware,
        "IS": True,
        "IL": "HEARSAY",
        "IF": [],
        "IT": "ISO14443" if _UID.fullmatch(id_tag) else "UNDEFINED",
        "ID": id_tag,
        "RD": [_element(reading) for reading in readings],
    }
    message = msgspec.json.encode(payload)
    signature = {"SA": DEFAULT_ALGORITHM, "SD": sign(message).hex()}
    return f"OCMF|{message.decode()}|{msgspec.json.encode(signature).decode()}"


def _element(reading: SignedReading) -> dict[str, object]:
    """The clock is that of the wallbox, which nobody vouches for: its time is informative (I)."""
    at = reading.at.astimezone(UTC)
    return {
        "TM": f"{at:%Y-%m-%dT%H:%M:%S},{at.microsecond // 1000:03}+0000 I",
        "TX": reading.phase,
        "RV": msgspec.Raw(f"{int(reading.energy_wh) / 1000:.3f}".encode()),
        "RI": ENERGY,
        "RU": "kWh",
        "RT": "AC",
        "EF": "",
        "ST": "G",
    }
