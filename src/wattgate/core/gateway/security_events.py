"""Security events that the gateway itself reports to a backend, and who understands them (R38).

"Improved security for OCPP 1.6-J" §4.8 and its list of security events. A backend without that
extension answers NotImplemented, and must not be told again and again.
"""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

NOTIFICATION: Final = "SecurityEventNotification"


class SecurityEvent(StrEnum):
    """What the gateway reports by itself."""

    STARTUP = "StartupOfTheDevice"
    """The manager has started; once per start."""
    RECONFIGURED = "ReconfigurationOfSecurityParameters"
    """The backend let us in with a key that it had given us."""
    INVALID_CERTIFICATE = "InvalidCentralSystemCertificate"
    """TLS with the backend failed; once until it works again."""


FROM_BACKEND: Final = frozenset(
    {
        "CertificateSigned",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "GetLog",
        "InstallCertificate",
        "SignedUpdateFirmware",
    }
)
"""Messages by which a backend shows that it has the extension."""

_WITHOUT: Final = frozenset({"NotImplemented", "NotSupported"})


def says_without(action: str, code: str) -> bool:
    """Whether that CALLERROR says that the backend has no such extension.

    It will never take the message, so that it needs no second try.
    """
    return action == NOTIFICATION and code in _WITHOUT


def notification(event: SecurityEvent, at: datetime) -> str:
    """The payload of a SecurityEventNotification."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": event.value, "timestamp": stamp}, separators=(",", ":"))
