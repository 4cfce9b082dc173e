"""Which charging profiles a backend may set on its one connector (R92, R97, R101)."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.profiles import Profile, Purpose, Running

MAX_STACK_LEVEL: Final = 100
MAX_PERIODS: Final = 100
"""A composite schedule has no more either."""

MAX_PROFILES: Final = 20

TOLD_OF_PROFILES: Final[Mapping[str, str]] = {
    "ChargeProfileMaxStackLevel": str(MAX_STACK_LEVEL),
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": str(MAX_PERIODS),
    "MaxChargingProfilesInstalled": str(MAX_PROFILES),
}
"""What a backend reads in the configuration keys about profiles (OCPP 1.6 §9.4) that are kept here:
the gateway takes them as it says, whatever the wallbox could take (R84)."""

CONNECTORS: Final = (0, BACKEND_CONNECTOR)
"""The whole charge point, and its connector."""


def check_connector(connector: int) -> None:
    """Raise PeerError (PropertyConstraintViolation) for a connector that does not exist."""
    if connector not in CONNECTORS:
        raise PeerError(
            f"connector {connector} does not exist; there is connector {BACKEND_CONNECTOR}",
            code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        )


def fits(profile: Profile) -> bool:
    """Whether the profile keeps to what the configuration keys tell the backend."""
    return profile.stack_level <= MAX_STACK_LEVEL and len(profile.schedule.periods) <= MAX_PERIODS


def is_in_place(connector: int, profile: Profile, running: Running | None) -> bool:
    """Whether such a profile may be on this connector now.

    A TxProfile needs the transaction that it names, or any where it names none.
    """
    if profile.purpose is Purpose.TX:
        known = running is not None and profile.transaction_id in (None, running.transaction_id)
        return known and connector == BACKEND_CONNECTOR
    return connector == 0 or profile.purpose is Purpose.TX_DEFAULT
