"""Every action of OCPP 1.6 and its security extension: its types, and who may ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.v16 import _generated as types
from wattgate.core.ocpp.v16.payload import Payload
from wattgate.core.ocpp.validation import decode_payload


class Sender(Enum):
    """Who sends the request."""

    CHARGE_POINT = "charge point"
    CENTRAL_SYSTEM = "central system"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ActionTypes:
    """One row: the payloads of an action; `security_extension` if the white paper added it."""

    request: type[Payload]
    response: type[Payload]
    sender: Sender
    security_extension: bool


_CORE: Final = {
    Sender.CHARGE_POINT: (
        "Authorize",
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    ),
    Sender.BOTH: ("DataTransfer",),
    Sender.CENTRAL_SYSTEM: (
        "CancelReservation",
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "ClearChargingProfile",
        "GetCompositeSchedule",
        "GetConfiguration",
        "GetDiagnostics",
        "GetLocalListVersion",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "ReserveNow",
        "Reset",
        "SendLocalList",
        "SetChargingProfile",
        "TriggerMessage",
        "UnlockConnector",
        "UpdateFirmware",
    ),
}
"""OCPP 1.6 edition 2 §4 and §5."""

_SECURITY: Final = {
    Sender.CHARGE_POINT: (
        "LogStatusNotification",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
    ),
    Sender.CENTRAL_SYSTEM: (
        "CertificateSigned",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "GetLog",
        "InstallCertificate",
        "SignedUpdateFirmware",
    ),
}
"""Improved security for OCPP 1.6-J, edition 3."""


def _rows(
    table: Mapping[Sender, tuple[str, ...]], *, security_extension: bool
) -> dict[str, ActionTypes]:
    return {
        action: ActionTypes(
            request=getattr(types, f"{action}Request"),
            response=getattr(types, f"{action}Response"),
            sender=sender,
            security_extension=security_extension,
        )
        for sender, actions in table.items()
        for action in actions
    }


ACTIONS: Final[Mapping[str, ActionTypes]] = MappingProxyType(
    _rows(_CORE, security_extension=False) | _rows(_SECURITY, security_extension=True)
)
"""All 39 actions by name."""


def decode_request(action: str, payload_text: str) -> Payload:
    """Read a request's payload as its own type.

    Raises PeerError with the code of R11: NotImplemented for an action that OCPP 1.6 does not
    know, and as `decode_payload` for a payload that does not fit.
    """
    return decode_payload(payload_text, _types_of(action).request)


def decode_response(action: str, payload_text: str) -> Payload:
    """Read an answer's payload as its own type; raises as `decode_request`."""
    return decode_payload(payload_text, _types_of(action).response)


def _types_of(action: str) -> ActionTypes:
    if action not in ACTIONS:
        raise PeerError(f"unknown action {action[:50]!r}", code=ErrorCode.NOT_IMPLEMENTED)
    return ACTIONS[action]
