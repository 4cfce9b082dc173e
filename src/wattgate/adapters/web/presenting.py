"""From what the manager knows to what the API says of it."""

from typing import Final

from wattgate.adapters.web.backend_words import backend_of, backends_of
from wattgate.adapters.web.dto import (
    Boot,
    Evse,
    Limits,
    PhaseCurrents,
    RunningTransaction,
    Transaction,
    TransactionAtBackend,
    UndeliveredMessage,
)
from wattgate.adapters.web.modbus_words import modbus_of
from wattgate.adapters.web.safety import safety_of
from wattgate.adapters.web.warnings import warnings_of
from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.link.security_events import NOTIFICATION
from wattgate.core.gateway.traffic.masking import Mask, masked_call
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.measurements import Measurement
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import DeadLetter
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.station.open_transactions import billed_by, hearers, id_at
from wattgate.runtime.station.station_evse import StationEvse

_NOTHING_MEASURED: Final = Measurement()


def evse_of(state: EvseState) -> Evse:
    """One EVSE at this moment."""
    evse, station = state.evse, state.station
    settings, connector = evse.settings, evse.connector
    live = measured_now(state)
    return Evse(
        id=evse.evse_id,
        name=settings.name or settings.id,
        wallbox=station.station_id,
        connector=settings.connector,
        enabled=settings.enabled,
        connected=evse.is_connected,
        status=connector.status.value,
        error_code=connector.error_code,
        boot=_boot(station.presence.boot_text),
        clock_offset_s=station.presence.clock_offset_s,
        offered_a=state.offered_a,
        target_a=state.target_a,
        drawn_a=PhaseCurrents(*(live.currents_a.get(phase) for phase in range(3))),
        power_w=live.power_w,
        energy_wh=connector.measurement.energy_wh,
        transaction=_running(evse),
        backend=backend_of(evse),
        backends=backends_of(evse),
        limits=Limits(
            settings.min_current_a,
            evse.hardware_a,
            state.doubtful,
            evse.profile_writes,
            state.counted_a,
            evse.standing_a,
        ),
        safety=safety_of(state),
        modbus=modbus_of(evse),
        warnings=warnings_of(state),
    )


def measured_now(state: EvseState) -> Measurement:
    """What the EVSE draws; nothing where the last values tell of another time."""
    if state.evse.is_connected and state.evse.transaction is not None:
        return state.evse.connector.measurement
    return _NOTHING_MEASURED


def transaction_of(record: TransactionRecord) -> Transaction:
    """One stored transaction."""
    start, stop = record.start, record.stop
    return Transaction(
        id=record.transaction_id,
        evse=start.evse_id,
        wallbox=start.station_id,
        connector=start.connector,
        id_tag=start.id_tag,
        backend_id=record.backend_transaction_id,
        backends=[
            TransactionAtBackend(each, id_at(record, each), each == billed_by(record))
            for each in hearers(record)
        ],
        started_at=start.started_at,
        meter_start_wh=start.meter_start_wh,
        stopped_at=stop.stopped_at if stop else None,
        meter_stop_wh=stop.meter_stop_wh if stop else None,
        energy_wh=stop.meter_stop_wh - start.meter_start_wh if stop else None,
        stop_reason=stop.reason if stop else None,
        stop_inferred=stop is not None and stop.inferred,
        refused_as=record.late_verdict,
    )


def undelivered(letter: DeadLetter, deliverable: bool, mask: Mask) -> UndeliveredMessage:
    """One message that was given up, without the secrets that a security event may tell (R121)."""
    message = letter.message
    payload_text = message.draft.payload_text
    if message.draft.action == NOTIFICATION:
        payload_text = masked_call(NOTIFICATION, payload_text, mask)
    return UndeliveredMessage(
        number=message.number,
        backend=message.draft.link_id,
        action=message.draft.action,
        payload_text=payload_text,
        transaction_id=message.draft.transaction_id,
        attempts=message.attempts,
        reason=letter.reason,
        deliverable=deliverable,
        at=letter.at,
    )


def _boot(boot_text: str | None) -> Boot | None:
    if boot_text is None:
        return None

    def said(*keys: str) -> str | None:
        values = (read_scalar(boot_text, (key,)) for key in keys)
        return next((value for value in values if isinstance(value, str) and value), None)

    try:
        return Boot(
            vendor=said("chargePointVendor"),
            model=said("chargePointModel"),
            firmware=said("firmwareVersion"),
            serial=said("chargePointSerialNumber", "chargeBoxSerialNumber"),
        )
    except LocalUsageError:  # stored by an earlier version, and no JSON object
        return None


def _running(evse: StationEvse) -> RunningTransaction | None:
    transaction = evse.transaction
    if transaction is None:
        return None
    start = transaction.record.start
    return RunningTransaction(
        id=transaction.record.transaction_id,
        id_tag=start.id_tag,
        started_at=start.started_at,
        meter_start_wh=start.meter_start_wh,
        may_charge=transaction.may_charge,
    )
