"""Which connections the OCPP port takes: plain, TLS or both (P6, R31)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.security.first_byte import Opening


class TlsMode(StrEnum):
    """The setting *OCPP server TLS* (P6)."""

    OFF = "off"
    DETECT = "detect"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Plain:
    """Go on without encryption."""


@dataclass(frozen=True, slots=True)
class Secure:
    """Go on with a TLS handshake."""


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Close the connection; `reason` is for the list of refused attempts (P9)."""

    reason: str


Decision = Plain | Secure | TurnAway

_DECISIONS: Final[dict[tuple[TlsMode, Opening], Decision]] = {
    (TlsMode.OFF, Opening.PLAIN): Plain(),
    (TlsMode.OFF, Opening.TLS): TurnAway("TLS connection, but TLS is off"),
    (TlsMode.DETECT, Opening.PLAIN): Plain(),
    (TlsMode.DETECT, Opening.TLS): Secure(),
    (TlsMode.ON, Opening.PLAIN): TurnAway("plain connection, but TLS is on"),
    (TlsMode.ON, Opening.TLS): Secure(),
}


def decide(mode: TlsMode, opening: Opening) -> Decision:
    """Look up what to do with a connection that opened this way.

    Raises:
        LocalUsageError: `opening` is still NEED_MORE.
    """
    if opening is Opening.NEED_MORE:
        raise LocalUsageError("decide() was asked before the opening was known")
    return _DECISIONS[mode, opening]
