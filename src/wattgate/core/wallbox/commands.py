"""What the central system asks of the wallbox: a table of actions (OCPP 1.6 §5)."""

from collections.abc import Callable
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16.actions import ACTIONS
from wattgate.core.wallbox import commands_charging as charging
from wattgate.core.wallbox import commands_device as device
from wattgate.core.wallbox import commands_permission as permission
from wattgate.core.wallbox import commands_transaction as transaction
from wattgate.core.wallbox.effects import Answer, Refuse
from wattgate.core.wallbox.features import ACTIONS_OF, Feature, missing
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.state import Registration, State, json_text

Handler = Callable[[State, str], object]
"""Takes the payload text, gives the answer's payload; raises PeerError to refuse."""

COMMANDS: Final[dict[str, Handler]] = {
    "CancelReservation": permission.cancel_reservation,
    "ChangeAvailability": device.change_availability,
    "ChangeConfiguration": device.change_configuration,
    "ClearCache": permission.clear_cache,
    "ClearChargingProfile": charging.clear_charging_profile,
    "DataTransfer": device.data_transfer,
    "ExtendedTriggerMessage": device.extended_trigger_message,
    "GetCompositeSchedule": charging.get_composite_schedule,
    "GetConfiguration": device.get_configuration,
    "GetDiagnostics": device.get_diagnostics,
    "GetLocalListVersion": permission.get_local_list_version,
    "RemoteStartTransaction": transaction.remote_start,
    "RemoteStopTransaction": transaction.remote_stop,
    "ReserveNow": permission.reserve_now,
    "Reset": device.reset,
    "SendLocalList": permission.send_local_list,
    "SetChargingProfile": charging.set_charging_profile,
    "TriggerMessage": device.trigger_message,
    "UnlockConnector": transaction.unlock_connector,
    "UpdateFirmware": device.update_firmware,
}
"""Every action the wallbox carries out."""


def obey(state: State, call: Call) -> None:
    """Answer a CALL; what it causes to be sent follows the answer.

    While Rejected nothing is answered (R41), by some wallboxes also not before the boot is. An
    action that OCPP knows and this wallbox has not is NotSupported, any other NotImplemented (R11).
    """
    if not _listens(state):
        state.tell("ignored", action=call.action)
        return
    place = len(state.effects)
    try:
        answer_text = json_text(_handler(state, call.action)(state, call.payload_text))
    except PeerError as error:
        state.effects.insert(place, Refuse(call.unique_id, error.code, error.description))
        state.tell("command", action=call.action, refused=error.code)
        return
    state.effects.insert(place, Answer(call.unique_id, answer_text))
    state.tell("command", action=call.action, answer=answer_text)


def _listens(state: State) -> bool:
    if state.registration is Registration.UNKNOWN:
        return not state.plays(Quirk.DROPS_BEFORE_BOOT)
    return state.registration is not Registration.REJECTED


def _handler(state: State, action: str) -> Handler:
    handler = COMMANDS.get(action)
    features = set(state.options.features)
    if state.plays(Quirk.NOT_SUPPORTED):
        features.discard(Feature.SMART_CHARGING)
    if handler is not None and action not in missing(features, ACTIONS_OF):
        return handler
    if action in ACTIONS:
        raise PeerError(f"{action} is not supported", code=ErrorCode.NOT_SUPPORTED)
    raise PeerError(f"unknown action {action[:50]!r}", code=ErrorCode.NOT_IMPLEMENTED)
