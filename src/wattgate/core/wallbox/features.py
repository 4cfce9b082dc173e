"""The feature profiles of OCPP 1.6 (§3.3), and what a wallbox without one does not know."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Final


class Feature(StrEnum):
    """A feature profile, spelled as in SupportedFeatureProfiles (OCPP 1.6 §9.1.29)."""

    CORE = "Core"
    FIRMWARE_MANAGEMENT = "FirmwareManagement"
    LOCAL_LIST = "LocalAuthListManagement"
    RESERVATION = "Reservation"
    SMART_CHARGING = "SmartCharging"
    REMOTE_TRIGGER = "RemoteTrigger"


ALL_FEATURES: Final = frozenset(Feature)

ACTIONS_OF: Final[Mapping[Feature, frozenset[str]]] = {
    Feature.FIRMWARE_MANAGEMENT: frozenset({"GetDiagnostics", "UpdateFirmware"}),
    Feature.LOCAL_LIST: frozenset({"GetLocalListVersion", "SendLocalList"}),
    Feature.RESERVATION: frozenset({"CancelReservation", "ReserveNow"}),
    Feature.SMART_CHARGING: frozenset(
        {"ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile"}
    ),
    Feature.REMOTE_TRIGGER: frozenset({"ExtendedTriggerMessage", "TriggerMessage"}),
}
"""What the central system may ask of a wallbox with a feature; Core is in every wallbox."""

TRIGGERS_OF: Final[Mapping[Feature, frozenset[str]]] = {
    Feature.FIRMWARE_MANAGEMENT: frozenset(
        {"DiagnosticsStatusNotification", "FirmwareStatusNotification"}
    ),
}
"""Messages that only a wallbox with a feature can be asked for by TriggerMessage."""


def listed(features: Set[Feature]) -> str:
    """What SupportedFeatureProfiles holds."""
    return ",".join(feature for feature in Feature if feature in features)


def missing(features: Set[Feature], table: Mapping[Feature, frozenset[str]]) -> frozenset[str]:
    """What a table names of the features that are not there (R108)."""
    gone = (names for feature, names in table.items() if feature not in features)
    return frozenset().union(*gone)
