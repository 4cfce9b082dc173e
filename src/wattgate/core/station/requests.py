"""The transaction messages of a wallbox, as far as the manager interprets them.

Numbers are read leniently: a bill must not be lost to a wallbox that puts them in quotes (R59).
"""

from typing import Annotated, Final

import msgspec

from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.transactions import TransactionStop

_MOST_WH: Final = 2**53
_Wh = (
    Annotated[int, msgspec.Meta(ge=-_MOST_WH, le=_MOST_WH)]
    | Annotated[float, msgspec.Meta(ge=-_MOST_WH, le=_MOST_WH)]
)
"""A meter reading; the bounds are those of exact floats, so that any store can keep it."""

_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number of the wallbox's; 64 bits, since there are wallboxes that use them all."""

DEFAULT_REASON: Final = "Local"
"""An omitted stop reason means this (OCPP 1.6 §4.10, R70)."""


class StartRequest(msgspec.Struct, frozen=True, rename="camel"):
    """StartTransaction.req (OCPP 1.6 §6.45); `meter_start` in Wh."""

    connector_id: _Number
    id_tag: str
    meter_start: _Wh
    timestamp: str

    @property
    def key(self) -> str:
        """What makes a repetition recognisable: a wallbox resends with a new message id (R68)."""
        return f"start {self.connector_id} {self.id_tag!r} {self.meter_start} {self.timestamp}"


class StopRequest(msgspec.Struct, frozen=True, rename="camel"):
    """StopTransaction.req (OCPP 1.6 §6.47); `meter_stop` in Wh."""

    transaction_id: _Number
    meter_stop: _Wh
    timestamp: str
    reason: str | None = None

    @property
    def key(self) -> str:
        """What makes a repetition recognisable (R68)."""
        return f"stop {self.transaction_id} {self.meter_stop} {self.timestamp}"

    @property
    def stop(self) -> TransactionStop:
        """What the store keeps of it."""
        return TransactionStop(int(self.meter_stop), self.timestamp, self.reason or DEFAULT_REASON)


class MeterValuesRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The ids of MeterValues.req (OCPP 1.6 §6.31); the values are read apart."""

    connector_id: _Number
    transaction_id: _Number | None = None


def read_start(payload_text: str) -> StartRequest:
    """Read a StartTransaction payload; raises PeerError where it cannot be kept (R11)."""
    return decode_payload(payload_text, StartRequest, strict=False)


def read_stop(payload_text: str) -> StopRequest:
    """Read a StopTransaction payload; raises PeerError where it cannot be kept (R11)."""
    return decode_payload(payload_text, StopRequest, strict=False)


def read_meter_ids(payload_text: str) -> MeterValuesRequest:
    """Read the ids of a MeterValues payload; raises PeerError where there are none (R11)."""
    return decode_payload(payload_text, MeterValuesRequest, strict=False)
