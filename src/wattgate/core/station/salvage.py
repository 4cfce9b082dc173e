"""Transaction messages that are not made as OCPP 1.6 says: what can be told of them all the same.

A central system cannot refuse to store what happened (OCPP 1.6 §4.8-4.10, R59): a message without a
field, or with one of another type, is answered and kept to the letter. The functions take any
payload that is a JSON object and never raise for what is in it.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.splice import Scalar, read_scalar, replace_scalar
from wattgate.core.station.requests import (
    MeterValuesRequest,
    StartRequest,
    StopRequest,
    read_meter_ids,
    read_start,
    read_stop,
)

NO_CONNECTOR: Final = -1
"""The connector of a start that names none; no connector has this number."""

UNKNOWN_TRANSACTION: Final = -1
"""The transaction id of messages whose transaction a backend cannot know (16E 3.18, R64)."""

_TRANSACTION: Final = ("transactionId",)
_LARGEST: Final = 2**63 - 1
_MOST_WH: Final = 2**53


class OddStart(StartRequest, frozen=True):
    """A StartTransaction that cannot be read; nobody may charge by it.

    Where there is nothing usable the connector is `NO_CONNECTOR`, card and time stamp are empty,
    and `meter_start` is 0.
    """

    digest: str = ""

    @property
    def key(self) -> str:
        """What makes a repetition recognisable: its every character (R68)."""
        return f"start {self.digest}"


@dataclass(frozen=True, slots=True)
class OddStop:
    """A StopTransaction that cannot be read; `transaction_id` None where it has no usable one."""

    transaction_id: int | None
    timestamp: str
    reason: str
    digest: str

    @property
    def key(self) -> str:
        """What makes a repetition recognisable: its every character (R68)."""
        return f"stop {self.digest}"


@dataclass(frozen=True, slots=True)
class OddMeterValues:
    """MeterValues whose ids cannot be read; `transaction_id` None where it has no usable one."""

    transaction_id: int | None
    connector_id: int = NO_CONNECTOR


def salvage_start(payload_text: str) -> StartRequest | OddStart:
    """Read a StartTransaction payload, as far as it goes."""
    try:
        return read_start(payload_text)
    except PeerError:
        connector = _integer(payload_text, "connectorId")
        meter_wh = _integer(payload_text, "meterStart") or 0
        return OddStart(
            NO_CONNECTOR if connector is None else connector,
            _text(payload_text, "idTag"),
            meter_wh if abs(meter_wh) <= _MOST_WH else 0,
            _text(payload_text, "timestamp"),
            _digest(payload_text),
        )


def salvage_stop(payload_text: str) -> StopRequest | OddStop:
    """Read a StopTransaction payload, as far as it goes."""
    try:
        return read_stop(payload_text)
    except PeerError:
        return OddStop(
            _integer(payload_text, "transactionId"),
            _text(payload_text, "timestamp"),
            _text(payload_text, "reason"),
            _digest(payload_text),
        )


def salvage_meter_ids(payload_text: str) -> MeterValuesRequest | OddMeterValues:
    """Read the ids of a MeterValues payload, as far as they go."""
    try:
        return read_meter_ids(payload_text)
    except PeerError:
        connector = _integer(payload_text, "connectorId")
        return OddMeterValues(
            _integer(payload_text, "transactionId"),
            NO_CONNECTOR if connector is None else connector,
        )


def is_readable(action: str, payload_text: str) -> bool:
    """Whether a message of the bill is made as OCPP 1.6 says; true for every other action."""
    match action:
        case "StartTransaction":
            return not isinstance(salvage_start(payload_text), OddStart)
        case "StopTransaction":
            return isinstance(salvage_stop(payload_text), StopRequest)
        case _:
            return True


def without_our_id(payload_text: str) -> str:
    """The payload with -1 in the place of a transaction id that nobody can map (R64)."""
    return replace_scalar(payload_text, _TRANSACTION, str(UNKNOWN_TRANSACTION), missing_ok=True)


def _integer(payload_text: str, key: str) -> int | None:
    """An integer of at most 64 bits, in quotes or not."""
    found: Scalar = read_scalar(payload_text, (key,))
    if isinstance(found, str) and found.strip().removeprefix("-").isdecimal():
        found = int(found) if len(found) < 30 else None
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > _LARGEST:
        return None
    return found


def _text(payload_text: str, key: str) -> str:
    found = read_scalar(payload_text, (key,))
    return found if isinstance(found, str) else ""


def _digest(payload_text: str) -> str:
    return hashlib.sha256(payload_text.encode()).hexdigest()
