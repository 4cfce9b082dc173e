"""Transactions whose end the wallbox never told (R77).

The car has left and no StopTransaction came: the wallbox may have it queued, so it is waited for.
What comes of the wait is a guess about a bill, and is marked as one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Final

import msgspec

from wattgate.core.ocpp.frames import Call, decode
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.connector import IDLE, Connector, ConnectorStatus
from wattgate.core.station.measurements import Measurement, read_meter_values
from wattgate.core.station.transactions import TransactionRecord, TransactionStop

REASON: Final = "Other"
"""Why such a transaction ended (OCPP 1.6 §7.36): nobody knows."""

_LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""After every reading, so that the newest of them counts."""

_AT_IT: Final = frozenset(
    {ConnectorStatus.CHARGING, ConnectorStatus.SUSPENDED_EV, ConnectorStatus.SUSPENDED_EVSE}
)


class Sign(Enum):
    """What there is to see of an open transaction."""

    GONE = auto()
    """Its car has left, or the next transaction runs at its connector."""
    THERE = auto()
    """The wallbox goes on with it."""
    NONE = auto()
    """Nothing that tells one from the other."""


def sign_of(connector: Connector, *, began: float, is_current: bool, was_metered: bool) -> Sign:
    """What the wallbox tells of a transaction that began at `began` (monotonic, s).

    `is_current` is false where a newer one runs at its connector; `was_metered` tells that meter
    values have come under its id. Late values do not bring back a car that has left (R76).
    """
    if not is_current:
        return Sign.GONE
    is_reported = connector.report_text is not None
    if is_reported and connector.status in IDLE and connector.since > began:
        return Sign.GONE
    if was_metered or (is_reported and connector.status in _AT_IT):
        return Sign.THERE
    return Sign.NONE


class Lost(msgspec.Struct, frozen=True):
    """A transaction whose end is waited for.

    `since` is when it was first seen to be over, `last_sign` the time of the last that was heard of
    it, as OCPP writes times; `meter_wh` the last known reading of the register.
    """

    since: datetime
    last_sign: str
    meter_wh: int

    def is_over(self, now: datetime, limit: timedelta) -> bool:
        """Whether it has been waited for long enough."""
        return now - self.since >= limit

    def not_before(self, now: datetime) -> "Lost":
        """The same, beginning now where our clock was set back behind its beginning."""
        return self if self.since <= now else msgspec.structs.replace(self, since=now)


def lost_text(lost: Lost) -> str:
    """The text by which it outlasts a restart."""
    return msgspec.json.encode(lost).decode()


def read_lost(text: str) -> Lost | None:
    """Read what `lost_text` wrote; None for anything else."""
    try:
        return msgspec.json.decode(text, type=Lost)
    except msgspec.MsgspecError:
        return None


def last_register_wh(frame_texts: Iterable[str]) -> int | None:
    """The newest reading of the register in the MeterValues frames of a transaction, Wh."""
    measured = Measurement()
    for text in frame_texts:
        match decode(text):
            case Call(_, "MeterValues", payload_text):
                measured = read_meter_values(payload_text, measured, now=0.0, its_time=_LATER)
            case _:
                pass
    return None if measured.energy_wh is None else int(measured.energy_wh)


def end_of(record: TransactionRecord, lost: Lost) -> TransactionStop:
    """The end that is assumed: never before the start, neither in time nor by the register."""
    start = record.start
    stopped_at, started_at = read_stamp(lost.last_sign), read_stamp(start.started_at)
    is_before = stopped_at is not None and started_at is not None and stopped_at < started_at
    meter_wh = max(start.meter_start_wh, lost.meter_wh)
    at = start.started_at if is_before else lost.last_sign
    return TransactionStop(meter_wh, at, REASON, inferred=True)


def stop_payload(transaction_id: int, stop: TransactionStop) -> str:
    """A StopTransaction payload of our own (OCPP 1.6 §6.47)."""
    fields = {
        "transactionId": transaction_id,
        "meterStop": stop.meter_stop_wh,
        "timestamp": stop.stopped_at,
        "reason": stop.reason,
    }
    return msgspec.json.encode(fields).decode()
