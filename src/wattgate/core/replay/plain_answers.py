"""What a played wallbox answers where the recording has no answer of it to such a command."""

from typing import Final

from wattgate.core.ocpp.frames import CallError, CallResult

_ACCEPTED: Final = '{"status":"Accepted"}'
_PLAIN: Final = {
    **dict.fromkeys(
        (
            "CancelReservation",
            "ChangeAvailability",
            "ChangeConfiguration",
            "ClearCache",
            "ClearChargingProfile",
            "ExtendedTriggerMessage",
            "RemoteStartTransaction",
            "RemoteStopTransaction",
            "ReserveNow",
            "Reset",
            "SendLocalList",
            "SetChargingProfile",
            "TriggerMessage",
        ),
        _ACCEPTED,
    ),
    "DataTransfer": '{"status":"UnknownVendorId"}',
    "GetCompositeSchedule": '{"status":"Rejected"}',
    "GetConfiguration": '{"configurationKey":[]}',
    "GetDiagnostics": "{}",
    "GetLocalListVersion": '{"listVersion":0}',
    "UnlockConnector": '{"status":"Unlocked"}',
    "UpdateFirmware": "{}",
}
"""By action of OCPP 1.6; a played wallbox can do nothing else."""


def plain_answer(unique_id: str, action: str) -> CallResult | CallError:
    """The friendliest answer that a wallbox can give to a command without doing anything."""
    payload_text = _PLAIN.get(action)
    if payload_text is None:
        return CallError(unique_id, "NotImplemented", "not in the recording")
    return CallResult(unique_id, payload_text)
