"""How the test backend answers each call of a charge point."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, assert_never

from wattgate.core.backend.events import (
    Anomaly,
    Event,
    TransactionRepeated,
    TransactionStarted,
    TransactionStopped,
)
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.orders import Registration
from wattgate.core.backend.stations import Stations
from wattgate.core.backend.tags import Tags
from wattgate.core.backend.transactions import Ledger, Oddity, Stop
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16._generated import (
    AuthorizeRequest,
    BootNotificationRequest,
    DataTransferRequest,
    HeartbeatRequest,
    MeterValuesRequest,
    StartTransactionRequest,
    StatusNotificationRequest,
    StopTransactionRequest,
)

Payload = dict[str, object]


@dataclass(slots=True)
class State:
    """What the answers depend on and change; `changes` counts those to be kept."""

    manners: Manners
    registration: Registration
    tags: Tags
    stations: Stations
    ledger: Ledger
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """One call while it is being answered; what happens on the way is added to `events`."""

    station_id: str
    call: Call
    wall: datetime
    events: list[Event]


def _boot(state: State, visit: Visit, _request: BootNotificationRequest) -> Payload:
    state.stations.booted(visit.station_id, state.registration, visit.call.payload_text)
    return {
        "status": state.registration,
        "currentTime": _stamp(visit.wall),
        "interval": state.manners.interval_s,
    }


def _heartbeat(state: State, visit: Visit, _request: HeartbeatRequest) -> Payload:
    return {"currentTime": _stamp(visit.wall)}


def _status(state: State, visit: Visit, request: StatusNotificationRequest) -> Payload:
    state.stations.reported(visit.station_id, request.connector_id, request.status)
    return {}


def _authorize(state: State, _visit: Visit, request: AuthorizeRequest) -> Payload:
    return {"idTagInfo": {"status": state.tags.status(request.id_tag)}}


def _data_transfer(state: State, _visit: Visit, request: DataTransferRequest) -> Payload:
    vendors = state.manners.vendors
    if vendors and request.vendor_id not in vendors:
        return {"status": "UnknownVendorId"}
    data = vendors.get(request.vendor_id)
    return {"status": "Accepted"} if data is None else {"status": "Accepted", "data": data}


def _sign_certificate(state: State, _visit: Visit, _request: object) -> Payload:
    return {"status": "Rejected"}


def _note(state: State, _visit: Visit, _request: object) -> Payload:
    return {}


def _start(state: State, visit: Visit, request: StartTransactionRequest) -> Payload:
    known, repeated = state.ledger.start(
        visit.station_id,
        request.connector_id,
        request.id_tag,
        request.meter_start,
        request.timestamp,
    )
    status = state.tags.status(request.id_tag)
    if repeated:
        visit.events.append(_repeated(visit, known.transaction_id))
    else:
        state.changes += 1
        visit.events.append(
            TransactionStarted(
                visit.station_id,
                known.transaction_id,
                known.connector,
                known.id_tag,
                known.meter_start_wh,
                known.started_at,
                status,
            )
        )
    return {"transactionId": known.transaction_id, "idTagInfo": {"status": status}}


def _meter(state: State, visit: Visit, request: MeterValuesRequest) -> Payload:
    if request.transaction_id is not None:
        oddity = state.ledger.meter(visit.station_id, request.transaction_id)
        if oddity is not None:
            visit.events.append(_anomaly(visit, oddity, request.transaction_id))
    return {}


def _stop(state: State, visit: Visit, request: StopTransactionRequest) -> Payload:
    number = request.transaction_id
    stop = Stop(request.meter_stop, request.timestamp, request.reason or "Local")
    closing = state.ledger.stop(visit.station_id, number, stop)
    match closing:
        case Oddity():
            visit.events.append(_anomaly(visit, closing, number))
        case "repeated":
            visit.events.append(_repeated(visit, number))
        case "closed":
            state.changes += 1
            visit.events.append(
                TransactionStopped(
                    visit.station_id, number, stop.meter_stop_wh, stop.stopped_at, stop.reason
                )
            )
        case _:
            assert_never(closing)
    if request.id_tag is None:
        return {}
    return {"idTagInfo": {"status": state.tags.status(request.id_tag)}}


def _repeated(visit: Visit, transaction_id: int) -> Event:
    return TransactionRepeated(visit.station_id, visit.call.action, transaction_id)


def _anomaly(visit: Visit, oddity: Oddity, transaction_id: int) -> Event:
    return Anomaly(visit.station_id, oddity, visit.call.action, transaction_id)


def _stamp(wall: datetime) -> str:
    return wall.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


ANSWERS: Final[dict[str, Callable[[State, Visit, Any], Payload]]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "DataTransfer": _data_transfer,
    "DiagnosticsStatusNotification": _note,
    "FirmwareStatusNotification": _note,
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _note,
    "MeterValues": _meter,
    "SecurityEventNotification": _note,
    "SignCertificate": _sign_certificate,
    "SignedFirmwareStatusNotification": _note,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
}
"""Every call of a charge point, security extension included, and how it is answered."""
