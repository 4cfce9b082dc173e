"""The device from afar: configuration, availability, reset, messages on demand (OCPP 1.6 §5)."""

from collections.abc import Callable
from functools import partial
from typing import Final

from wattgate.core.ocpp.v16._generated import (
    ChangeAvailabilityRequest,
    ChangeConfigurationRequest,
    DataTransferRequest,
    ExtendedTriggerMessageRequest,
    GetConfigurationRequest,
    GetDiagnosticsRequest,
    ResetRequest,
    TriggerMessageRequest,
    UpdateFirmwareRequest,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.effects import Reconnect
from wattgate.core.wallbox.features import TRIGGERS_OF, missing
from wattgate.core.wallbox.quirk_messages import listed
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.registration import beat, boot, report_connector, report_station
from wattgate.core.wallbox.state import Registration, State, ignore
from wattgate.core.wallbox.transactions import sample_on_request, stop

SOFT_RESET_WITHIN_S: Final = 15.0
"""How long a soft reset waits for StopTransaction to be delivered; what is left stays queued."""

_ACCEPTED: Final = {"status": "Accepted"}
_REJECTED: Final = {"status": "Rejected"}


def change_availability(state: State, payload_text: str) -> object:
    """Put a connector, or with 0 all, in or out of service; a transaction may finish first."""
    request = decode_payload(payload_text, ChangeAvailabilityRequest)
    concerned = _concerned(state, request.connector_id)
    if concerned is None:
        return _REJECTED
    operative = request.type == "Operative"
    for connector in concerned:
        connector.is_operative = operative
        if not operative:
            connector.claim = None
            connector.is_done = False
    if request.connector_id == 0:
        state.is_operative = operative
    busy = any(connector.transaction is not None for connector in concerned)
    return {"status": "Scheduled"} if busy and not operative else _ACCEPTED


def change_configuration(state: State, payload_text: str) -> object:
    """Write a key."""
    request = decode_payload(payload_text, ChangeConfigurationRequest)
    status = state.configuration.change(request.key, request.value)
    if status == "Accepted" and request.key == "HeartbeatInterval":
        state.heartbeat_at = state.now
    if status == "Accepted" and request.key == "AuthorizationKey":
        status = _new_key(state)
    return {"status": status}


def _new_key(state: State) -> str:
    """Take a key up as A01 of SEC has it, or as some do; the status to answer with."""
    if state.plays(Quirk.KEY_AFTER_RESTART):
        return "RebootRequired"
    if not state.plays(Quirk.KEY_IGNORED):
        state.key_text = state.configuration.text("AuthorizationKey")
    if not state.plays(Quirk.KEY_STAYS):
        state.effects.append(Reconnect())
    return "Accepted"


def get_configuration(state: State, payload_text: str) -> object:
    """Read keys."""
    request = decode_payload(payload_text, GetConfigurationRequest)
    return state.configuration.listing(request.key or (), partial(listed, state.options.quirks))


def data_transfer(state: State, payload_text: str) -> object:
    """Take vendor data: none is known here, unless the wallbox is told to echo."""
    request = decode_payload(payload_text, DataTransferRequest)
    state.tell("data", vendor=request.vendor_id, message_id=request.message_id, data=request.data)
    if not state.options.echo_data:
        return {"status": "UnknownVendorId"}
    return _ACCEPTED if request.data is None else {**_ACCEPTED, "data": request.data}


def get_diagnostics(_state: State, payload_text: str) -> object:
    """No file to upload: the answer names none (OCPP 1.6 §5.9)."""
    decode_payload(payload_text, GetDiagnosticsRequest)
    return {}


def update_firmware(state: State, payload_text: str) -> object:
    """The wallbox cannot download anything, and says so."""
    decode_payload(payload_text, UpdateFirmwareRequest)
    state.ask("FirmwareStatusNotification", {"status": "DownloadFailed"}, ignore)
    return {}


def reset(state: State, payload_text: str) -> object:
    """End what runs, then start anew: at once, or softly when all is delivered."""
    request = decode_payload(payload_text, ResetRequest)
    for connector in state.connectors:
        stop(state, connector, f"{request.type}Reset")
    state.reboot_at = state.now + (SOFT_RESET_WITHIN_S if request.type == "Soft" else 0.0)
    state.tell("reset", type=request.type)
    return _ACCEPTED


def trigger_message(state: State, payload_text: str) -> object:
    """Send a message on demand; a second BootNotification is refused (R44)."""
    request = decode_payload(payload_text, TriggerMessageRequest)
    return _trigger(state, request.requested_message, request.connector_id)


def extended_trigger_message(state: State, payload_text: str) -> object:
    """The same in the security extension (R40); certificates are nothing it could ask for here."""
    request = decode_payload(payload_text, ExtendedTriggerMessageRequest)
    if request.requested_message not in _TRIGGERED:
        return {"status": "NotImplemented"}
    return _trigger(state, request.requested_message, request.connector_id)


def _trigger(state: State, message: str, number: int | None) -> object:
    if message in missing(state.options.features, TRIGGERS_OF):
        return {"status": "NotImplemented"}
    concerned = _concerned(state, number or 0)
    if concerned is None or not _may_trigger(state, message):
        return _REJECTED
    _TRIGGERED[message](state, number, concerned)
    return _ACCEPTED


Trigger = Callable[[State, int | None, tuple[Connector, ...]], None]


def _statuses(state: State, number: int | None, concerned: tuple[Connector, ...]) -> None:
    if not number:
        report_station(state)
    if number != 0:
        for connector in concerned:
            report_connector(state, connector)


def _samples(state: State, _number: int | None, concerned: tuple[Connector, ...]) -> None:
    for connector in concerned:
        sample_on_request(state, connector)


def _idle(action: str) -> Trigger:
    return lambda state, _number, _concerned: state.ask(action, {"status": "Idle"}, ignore)


_TRIGGERED: Final[dict[str, Trigger]] = {
    "BootNotification": lambda state, _number, _concerned: boot(state),
    "DiagnosticsStatusNotification": _idle("DiagnosticsStatusNotification"),
    "FirmwareStatusNotification": _idle("FirmwareStatusNotification"),
    "LogStatusNotification": _idle("LogStatusNotification"),
    "Heartbeat": lambda state, _number, _concerned: beat(state),
    "MeterValues": _samples,
    "StatusNotification": _statuses,
}


def _may_trigger(state: State, message: str) -> bool:
    return message != "BootNotification" or state.registration is not Registration.ACCEPTED


def _concerned(state: State, number: int) -> tuple[Connector, ...] | None:
    """The connectors that a number means: 0 is all; None: there is no such connector."""
    if number == 0:
        return state.connectors
    connector = state.connector(number)
    return None if connector is None else (connector,)
