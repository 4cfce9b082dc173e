"""Security events that the gateway itself reports to a backend, and who understands them (R38).

"Improved security for OCPP 1.6-J" §4.8 and its list of security events. A backend without that
extension answers NotImplemented, and must not be told again and again.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from wattgate.core.security.dial_faults import TlsFault

NOTIFICATION: Final = "SecurityEventNotification"


class SecurityEvent(StrEnum):
    """What the gateway reports by itself."""

    STARTUP = "StartupOfTheDevice"
    """The manager has started; once per start."""
    RECONFIGURED = "ReconfigurationOfSecurityParameters"
    """The backend changed a key, certificates or the profile of our login, and that holds."""
    INVALID_CERTIFICATE = "InvalidCentralSystemCertificate"
    """The backend's certificate is not accepted; once until TLS with it works again."""
    INVALID_TLS_VERSION = "InvalidTLSVersion"
    """The backend speaks no version of TLS that we do; once as well."""
    INVALID_CIPHERS = "InvalidTLSCipherSuite"
    """The backend speaks no cipher suite that we do; once as well."""
    INVALID_OWN_CERTIFICATE = "InvalidChargePointCertificate"
    """The certificate that the backend gave us is of no use."""


EVENT_OF: Final[Mapping[TlsFault, SecurityEvent]] = {
    TlsFault.CERTIFICATE: SecurityEvent.INVALID_CERTIFICATE,
    TlsFault.VERSION: SecurityEvent.INVALID_TLS_VERSION,
    TlsFault.CIPHERS: SecurityEvent.INVALID_CIPHERS,
}
"""What a backend is told, once it can be reached again, of why it could not."""


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
