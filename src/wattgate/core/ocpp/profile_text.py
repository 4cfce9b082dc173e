"""csChargingProfiles of OCPP 1.6: JSON text into values and back (OCPP 1.6 §7.8)."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.profiles import (
    Kind,
    Period,
    Profile,
    Purpose,
    RateUnit,
    Recurrency,
    Schedule,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.units import tenths_down

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# The upper bound is beyond any site (100 MW) and within what arithmetic with it can bear.
_Rate = Annotated[float, msgspec.Meta(ge=0, le=1e8)]
_Phases = Annotated[int, msgspec.Meta(ge=1, le=3)]


class _Period(msgspec.Struct, rename="camel", omit_defaults=True):
    start_period: _Count
    limit: _Rate
    number_phases: _Phases | None = None


class _Schedule(msgspec.Struct, rename="camel", omit_defaults=True):
    charging_rate_unit: RateUnit
    charging_schedule_period: Annotated[list[_Period], msgspec.Meta(min_length=1)]
    duration: _Count | None = None
    start_schedule: str | None = None
    min_charging_rate: _Rate | None = None


class _Profile(msgspec.Struct, rename="camel", omit_defaults=True):
    charging_profile_id: _Id
    stack_level: _Count
    charging_profile_purpose: Purpose
    charging_profile_kind: Kind
    charging_schedule: _Schedule
    transaction_id: _Id | None = None
    recurrency_kind: Recurrency | None = None
    valid_from: str | None = None
    valid_to: str | None = None


_EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)


def parse_time(text: str) -> datetime:
    """Read a time stamp of OCPP: with Z, with an offset, or without either (then UTC), to the µs.

    The answer is in UTC. Raises PeerError (PropertyConstraintViolation) for anything else.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad(f"{text!r} is no time stamp") from error
    aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
    # The first and the last day of the calendar would leave it when taken to UTC.
    return min(max(aware, _EARLIEST), _LATEST).astimezone(UTC)


def time_text(at: datetime) -> str:
    """Write a time as OCPP does: UTC with Z, fractions of a second only where there are some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_profile(text: str) -> Profile:
    """Read a csChargingProfiles object; nulls and unknown fields are fine (R14).

    Raises PeerError with the code of R11: OccurenceConstraintViolation for a missing field,
    TypeConstraintViolation for a wrong type, PropertyConstraintViolation for a wrong value.
    """
    read = decode_payload(text, _Profile)
    if read.charging_profile_kind is Kind.RECURRING and read.recurrency_kind is None:
        raise PeerError("recurrencyKind is missing", code=ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION)
    return Profile(
        profile_id=read.charging_profile_id,
        stack_level=read.stack_level,
        purpose=read.charging_profile_purpose,
        kind=read.charging_profile_kind,
        schedule=_schedule(read.charging_schedule),
        recurrency=read.recurrency_kind if read.charging_profile_kind is Kind.RECURRING else None,
        valid_from=_time_or_none(read.valid_from),
        valid_to=_time_or_none(read.valid_to),
        transaction_id=read.transaction_id,
    )


def profile_text(profile: Profile) -> str:
    """Write a profile as csChargingProfiles; limits are cut to one decimal (R95)."""
    schedule = profile.schedule
    written = _Profile(
        charging_profile_id=profile.profile_id,
        stack_level=profile.stack_level,
        charging_profile_purpose=profile.purpose,
        charging_profile_kind=profile.kind,
        charging_schedule=_Schedule(
            charging_rate_unit=schedule.unit,
            charging_schedule_period=[
                _Period(period.start_s, tenths_down(period.limit), period.phases)
                for period in schedule.periods
            ],
            duration=schedule.duration_s,
            start_schedule=_text_or_none(schedule.start_at),
            min_charging_rate=None if schedule.min_rate is None else tenths_down(schedule.min_rate),
        ),
        transaction_id=profile.transaction_id,
        recurrency_kind=profile.recurrency,
        valid_from=_text_or_none(profile.valid_from),
        valid_to=_text_or_none(profile.valid_to),
    )
    return msgspec.json.encode(written).decode()


def _schedule(read: _Schedule) -> Schedule:
    periods = tuple(
        Period(period.start_period, period.limit, period.number_phases)
        for period in read.charging_schedule_period
    )
    starts = [period.start_s for period in periods]
    if starts[0] != 0:
        raise _bad("the first startPeriod is not 0")
    if any(after <= before for before, after in pairwise(starts)):
        raise _bad("startPeriod does not ascend")
    return Schedule(
        unit=read.charging_rate_unit,
        periods=periods,
        start_at=_time_or_none(read.start_schedule),
        duration_s=read.duration,
        min_rate=read.min_charging_rate,
    )


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


def _text_or_none(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)


def _bad(description: str) -> PeerError:
    return PeerError(description, code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
