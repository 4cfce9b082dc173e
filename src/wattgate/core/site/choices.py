"""The settings that are one of a few words, spelled as the site file spells them."""

from enum import StrEnum

from wattgate.core.security.tls_mode import TlsMode

__all__ = [
    "CertificateName",
    "DeviceType",
    "GatewayRole",
    "GridMeterSource",
    "LoadManagement",
    "NameCheck",
    "OfflinePolicy",
    "OnDeactivation",
    "PasswordForm",
    "PhaseRotation",
    "RateUnitChoice",
    "StrategyChoice",
    "TlsMode",
    "TlsVersion",
    "UnknownOffline",
]


class LoadManagement(StrEnum):
    """Who decides the current (P1)."""

    ACTIVE = "active"
    OBSERVE = "observe"


class OnDeactivation(StrEnum):
    """What an EVSE that is not enabled may do (P15)."""

    STOP = "stop"
    MINIMUM = "minimum"
    RELEASE = "release"


class GridMeterSource(StrEnum):
    """Where the current of the house connection is known from."""

    NONE = "none"
    API = "api"
    """Somebody puts the readings into the API."""


class StrategyChoice(StrEnum):
    """With which charging profiles a wallbox is told its limit (R100)."""

    AUTO = "auto"
    TWO_PERIODS = "two-periods"
    STANDING_AND_GRANT = "standing-and-grant"
    SINGLE_VALUE = "single-value"
    TX_PROFILE = "tx-profile"
    CHARGE_POINT_MAX = "charge-point-max"


class RateUnitChoice(StrEnum):
    """The unit of the limits in charging profiles, as OCPP 1.6's ChargingRateUnitType (R95)."""

    AUTO = "auto"
    A = "A"
    W = "W"


class TlsVersion(StrEnum):
    """The oldest version of TLS that is spoken (R33)."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"
    V1_3 = "1.3"


class CertificateName(StrEnum):
    """Whom a wallbox's client certificate must name in its CN (R35)."""

    ID_OR_SERIAL = "id-or-serial"
    ID = "id"
    SERIAL = "serial"
    ANY = "any"


class NameCheck(StrEnum):
    """Whether a backend's certificate must name the host in the URL (R34)."""

    AUTO = "auto"
    """On for certificates of public authorities, off for what was stored by hand."""
    ON = "on"
    OFF = "off"


class PasswordForm(StrEnum):
    """What a password in the site file stands for (R24)."""

    TEXT = "text"
    HEX = "hex"


class GatewayRole(StrEnum):
    """What a backend may do: authorise and bill, or only read."""

    PRIMARY = "primary"
    REPORT = "report"


class OfflinePolicy(StrEnum):
    """What happens to the wallbox while its backend is away (R58-R77)."""

    HOLD = "hold"
    DROP = "drop"


class UnknownOffline(StrEnum):
    """What a card gets that nobody here knows, while its backend is away (R53)."""

    INVALID = "invalid"
    ACCEPT = "accept"


class PhaseRotation(StrEnum):
    """Where an EVSE's L1, L2, L3 are connected, as OCPP 1.6's ConnectorPhaseRotation names it."""

    RST = "RST"
    RTS = "RTS"
    SRT = "SRT"
    STR = "STR"
    TRS = "TRS"
    TSR = "TSR"
    UNKNOWN = "unknown"


class DeviceType(StrEnum):
    """How the manager talks to an EVSE."""

    OCPP16 = "ocpp16"
    POWER_BRAIN = "power-brain"
    MODBUS = "modbus"
    """Any wallbox whose registers a definition describes."""
