"""What a wallbox reports of its files, and what of that a backend may hear (R87)."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.ocpp.splice import read_scalar, replace_scalar

REPORT_OF: Final[Mapping[str, str]] = {
    "GetDiagnostics": "DiagnosticsStatusNotification",
    "GetLog": "LogStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
}
"""The report on what a command asked for, by action."""

_FAILED: Final[Mapping[str, str]] = {
    "DiagnosticsStatusNotification": '"UploadFailed"',
    "LogStatusNotification": '"UploadFailure"',
}
"""How each report says that an upload came to nothing (OCPP 1.6 §7.24, Security 1.6 §5.21)."""

_FETCHED: Final = frozenset({"Downloaded", "Installing", "Installed"})


def says_uploaded(action: str, payload_text: str) -> bool:
    """Whether the wallbox says that it has put a file where it was told to."""
    return action in _FAILED and read_scalar(payload_text, ("status",)) == "Uploaded"


def says_fetched(action: str, payload_text: str) -> bool:
    """Whether the wallbox says that it has its firmware, and needs the file no more."""
    status = read_scalar(payload_text, ("status",))
    return action == REPORT_OF["UpdateFirmware"] and status in _FETCHED


def as_failed(action: str, payload_text: str) -> str:
    """The same report, that says the upload came to nothing; one of those that say Uploaded."""
    return replace_scalar(payload_text, ("status",), _FAILED[action])
