"""One example of every OCPP 1.6 message, in the words of the `ocpp` package, with its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Words = Mapping[str, Any]

TRANSACTION: Final = "<transaction>"
"""Stands for the id of a running transaction, as its sender knows it."""

AT: Final = "2026-05-15T12:00:00Z"
_URI: Final = "ftp://example.org/file"
_ACCEPTED: Final[Words] = {"status": "Accepted"}
_PERIODS: Final = [{"start_period": 0, "limit": 8}]
_HASH: Final = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "aa",
    "issuer_key_hash": "bb",
    "serial_number": "1",
}


@dataclass(frozen=True)
class Example:
    """A message's members, and those of the answer that the other end gives if it is asked."""

    asked: Words = field(default_factory=dict)
    answer: Words = field(default_factory=dict)


FROM_WALLBOX: Final[Mapping[str, Example]] = {
    "Authorize": Example({"id_tag": "04A1"}, {"id_tag_info": {"status": "Accepted"}}),
    "BootNotification": Example(
        {"charge_point_model": "Package", "charge_point_vendor": "Independent", "iccid": "89"},
        {"current_time": AT, "interval": 300, "status": "Accepted"},
    ),
    "DataTransfer": Example(
        {"vendor_id": "org.example", "message_id": "up", "data": "a \\/ b"},
        {"status": "Accepted", "data": "and back"},
    ),
    "DiagnosticsStatusNotification": Example({"status": "Uploading"}),
    "FirmwareStatusNotification": Example({"status": "Downloading"}),
    "Heartbeat": Example({}, {"current_time": AT}),
    "MeterValues": Example(
        {
            "connector_id": 1,
            "transaction_id": TRANSACTION,
            "meter_value": [{"timestamp": AT, "sampled_value": [{"value": "1200"}]}],
        }
    ),
    "StartTransaction": Example(
        {"connector_id": 1, "id_tag": "04A1", "meter_start": 7, "timestamp": AT},
        {"transaction_id": 4242, "id_tag_info": {"status": "Accepted"}},
    ),
    "StatusNotification": Example(
        {"connector_id": 1, "error_code": "NoError", "status": "Preparing", "info": "package"}
    ),
    "StopTransaction": Example(
        {"meter_stop": 2500, "timestamp": AT, "transaction_id": TRANSACTION, "reason": "Local"}
    ),
    "LogStatusNotification": Example({"status": "Uploading", "request_id": 5}),
    "SecurityEventNotification": Example(
        {"type": "InvalidMessages", "timestamp": AT, "tech_info": "package"}
    ),
    "SignCertificate": Example({"csr": "-----BEGIN"}, _ACCEPTED),
    "SignedFirmwareStatusNotification": Example({"status": "Installed", "request_id": 6}),
}

FROM_BACKEND: Final[Mapping[str, Example]] = {
    "CancelReservation": Example({"reservation_id": 3}, _ACCEPTED),
    "CertificateSigned": Example({"certificate_chain": "-----BEGIN"}, _ACCEPTED),
    "ChangeAvailability": Example(
        {"connector_id": 1, "type": "Operative"}, {"status": "Scheduled"}
    ),
    "ChangeConfiguration": Example(
        {"key": "VendorKey", "value": "7"}, {"status": "RebootRequired"}
    ),
    "ClearCache": Example({}, {"status": "Rejected"}),
    "ClearChargingProfile": Example({"id": 777}, {"status": "Unknown"}),
    "DataTransfer": Example(
        {"vendor_id": "org.example", "message_id": "down", "data": "c \\/ d"},
        {"status": "UnknownMessageId", "data": "no such thing"},
    ),
    "DeleteCertificate": Example({"certificate_hash_data": _HASH}, _ACCEPTED),
    "ExtendedTriggerMessage": Example(
        {"requested_message": "LogStatusNotification"}, {"status": "NotImplemented"}
    ),
    "GetCompositeSchedule": Example({"connector_id": 1, "duration": 61}, {"status": "Rejected"}),
    "GetConfiguration": Example(
        {"key": ["VendorKey", "Nothing"]},
        {
            "configuration_key": [{"key": "VendorKey", "readonly": False, "value": "7"}],
            "unknown_key": ["Nothing"],
        },
    ),
    "GetDiagnostics": Example({"location": _URI, "retries": 2}, {"file_name": "diagnostics.zip"}),
    "GetInstalledCertificateIds": Example(
        {"certificate_type": "CentralSystemRootCertificate"}, {"status": "Accepted"}
    ),
    "GetLocalListVersion": Example({}, {"list_version": 12}),
    "GetLog": Example(
        {"log": {"remote_location": _URI}, "log_type": "SecurityLog", "request_id": 8},
        {"status": "Accepted", "filename": "log.zip"},
    ),
    "InstallCertificate": Example(
        {"certificate_type": "CentralSystemRootCertificate", "certificate": "-----BEGIN"},
        _ACCEPTED,
    ),
    "RemoteStartTransaction": Example(
        {"id_tag": "04A1", "connector_id": 1}, {"status": "Rejected"}
    ),
    "RemoteStopTransaction": Example({"transaction_id": TRANSACTION}, {"status": "Rejected"}),
    "ReserveNow": Example(
        {"connector_id": 1, "expiry_date": AT, "id_tag": "04A1", "reservation_id": 3},
        {"status": "Occupied"},
    ),
    "Reset": Example({"type": "Soft"}, {"status": "Rejected"}),
    "SendLocalList": Example(
        {
            "list_version": 13,
            "update_type": "Full",
            "local_authorization_list": [{"id_tag": "04A1", "id_tag_info": {"status": "Accepted"}}],
        },
        _ACCEPTED,
    ),
    "SetChargingProfile": Example(
        {
            "connector_id": 1,
            "cs_charging_profiles": {
                "charging_profile_id": 777,
                "stack_level": 0,
                "charging_profile_purpose": "TxDefaultProfile",
                "charging_profile_kind": "Relative",
                "charging_schedule": {
                    "charging_rate_unit": "A",
                    "charging_schedule_period": _PERIODS,
                },
            },
        },
        _ACCEPTED,
    ),
    "SignedUpdateFirmware": Example(
        {
            "request_id": 9,
            "firmware": {
                "location": _URI,
                "retrieve_date_time": AT,
                "signing_certificate": "-----BEGIN",
                "signature": "c2ln",
            },
        },
        {"status": "InvalidCertificate"},
    ),
    "TriggerMessage": Example(
        {"requested_message": "DiagnosticsStatusNotification"}, {"status": "NotImplemented"}
    ),
    "UnlockConnector": Example({"connector_id": 1}, {"status": "UnlockFailed"}),
    "UpdateFirmware": Example({"location": _URI, "retrieve_date": AT}, {}),
}
