"""Charging profiles in the wallbox (OCPP 1.6 §5.5, §5.7, §5.16)."""

from datetime import timedelta
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import Profile, Purpose, RateUnit
from wattgate.core.ocpp.v16._generated import ClearChargingProfileRequest as ClearRequest
from wattgate.core.ocpp.v16._generated import GetCompositeScheduleRequest
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.units import NOMINAL_V, tenths_down
from wattgate.core.wallbox.moment import stamp
from wattgate.core.wallbox.quirk_profiles import is_refused, keep
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.state import State

_UNIT_WORDS: Final = {RateUnit.A: "Current", RateUnit.W: "Power"}

_REJECTED: Final = {"status": "Rejected"}

_LONGEST_S: Final = 2**31 - 1
"""Of a composite schedule: 68 years, as far as other integers of OCPP go."""


class _SetRequest(msgspec.Struct):
    """SetChargingProfile.req, the profile kept as text."""

    connector_id: int = msgspec.field(name="connectorId")
    profile: msgspec.Raw = msgspec.field(name="csChargingProfiles")


def set_charging_profile(state: State, payload_text: str) -> object:
    """Install a profile where it may be; it holds from now on (R96)."""
    request = decode_payload(payload_text, _SetRequest)
    profile = parse_profile(bytes(request.profile).decode())
    number = request.connector_id
    if not state.has(number):
        raise PeerError(f"no connector {number}", code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
    check_unit(state, profile)
    if not (_is_in_place(state, number, profile) and fits(state, profile)):
        return _REJECTED
    if is_refused(state, profile):
        return _REJECTED
    installed = state.profiles.installed(number, profile)
    if len(installed.entries) > state.configuration.count("MaxChargingProfilesInstalled"):
        return _REJECTED
    state.profiles_taken += 1
    keep(state, number, profile)
    return {"status": "Accepted"}


def check_unit(state: State, profile: Profile) -> None:
    """Refuse a unit that ChargingScheduleAllowedChargingRateUnit lacks (R11, R95)."""
    unit = profile.schedule.unit
    allowed = state.configuration.names("ChargingScheduleAllowedChargingRateUnit")
    if _UNIT_WORDS[unit] not in allowed and unit.value not in allowed:
        raise PeerError(
            f"chargingRateUnit {unit.value} is not allowed here",
            code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        )


def fits(state: State, profile: Profile) -> bool:
    """Whether stack level and number of periods are within what the wallbox says it can."""
    configuration = state.configuration
    return profile.stack_level <= configuration.count("ChargeProfileMaxStackLevel") and len(
        profile.schedule.periods
    ) <= configuration.count("ChargingScheduleMaxPeriods")


def clear_charging_profile(state: State, payload_text: str) -> object:
    """Remove what matches (R98)."""
    request = decode_payload(payload_text, ClearRequest)
    if state.plays(Quirk.CLEAR_TAKES_ALL):
        request = ClearRequest()
    purpose = request.charging_profile_purpose
    state.profiles, count = state.profiles.cleared(
        profile_id=request.id,
        connector=request.connector_id,
        purpose=None if purpose is None else Purpose(purpose),
        stack_level=request.stack_level,
    )
    return {"status": "Accepted" if count else "Unknown"}


def get_composite_schedule(state: State, payload_text: str) -> object:
    """What profiles and hardware allow from now on; startSchedule is left out (R94)."""
    request = decode_payload(payload_text, GetCompositeScheduleRequest)
    number = request.connector_id
    if not state.has(number) or not 0 <= request.duration <= _LONGEST_S:
        return _REJECTED
    if state.plays(Quirk.COMPOSITE_EMPTY):
        return {"status": "Accepted"}
    connector = state.connector(number)
    unit = RateUnit(request.charging_rate_unit or RateUnit.A.value)
    phases = state.options.phases if connector is None else connector.phases
    most_a = state.max_current_a * (1 if connector is not None else len(state.connectors))
    most = most_a if unit is RateUnit.A else most_a * NOMINAL_V * phases
    start = state.clock - timedelta(microseconds=state.clock.microsecond)
    periods = state.profiles.composite(
        number,
        start,
        request.duration,
        None if connector is None else connector.running,
        unlimited_a=most_a,
        unit=unit,
        phases=phases,
    )
    return {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": stamp(start),
        "chargingSchedule": {
            "duration": request.duration,
            "chargingRateUnit": unit.value,
            "chargingSchedulePeriod": [
                {"startPeriod": period.start_s, "limit": tenths_down(min(period.limit, most))}
                for period in periods
            ],
        },
    }


def _is_in_place(state: State, number: int, profile: Profile) -> bool:
    """Whether such a profile may be on this connector now (R92)."""
    if profile.purpose is not Purpose.TX:
        return profile.purpose is Purpose.TX_DEFAULT or number == 0
    connector = state.connector(number)
    running = None if connector is None else connector.running
    return running is not None and profile.transaction_id in (None, running.transaction_id)
