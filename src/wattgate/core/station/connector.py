"""A connector as its wallbox reports it (OCPP 1.6 §4.9, §7.7)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.measurements import Measurement


class ConnectorStatus(StrEnum):
    """The nine states of OCPP 1.6, and the time before the first report."""

    UNKNOWN = "Unknown"
    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


IDLE: Final = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED})
"""No car is plugged."""


@dataclass(frozen=True, slots=True)
class Connector:
    """The last word about a connector.

    `since` is the monotonic time of the last change of status, in s; `report_text` the last
    StatusNotification payload as received, None before the first.
    """

    status: ConnectorStatus = ConnectorStatus.UNKNOWN
    error_code: str = "NoError"
    since: float = 0.0
    report_text: str | None = None
    measurement: Measurement = field(default_factory=Measurement)


class _Report(msgspec.Struct):
    status: ConnectorStatus
    error_code: str = msgspec.field(name="errorCode", default="NoError")


def read_status(payload_text: str) -> tuple[ConnectorStatus, str] | None:
    """Read status and error code from a StatusNotification.

    None where it has none of the nine states: nobody may report that nothing was reported.
    """
    try:
        report = decode_payload(payload_text, _Report)
    except PeerError:
        return None
    if report.status is ConnectorStatus.UNKNOWN:
        return None
    return report.status, report.error_code
