"""What a backend hears when it asks for the composite schedule (R99)."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.profile_rules import CONNECTORS, MAX_PERIODS
from wattgate.core.ocpp.profile_text import time_text
from wattgate.core.ocpp.profiles import RateUnit, Running
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.ocpp.v16._generated import (
    ChargingSchedule,
    ChargingSchedulePeriod,
    GetCompositeScheduleResponse,
)
from wattgate.core.ocpp.v16.payload import payload_text as text_of
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.units import tenths_down

LONGEST_S: Final = 7 * 86_400
"""A composite schedule ends after a week at the latest, and its duration says so."""


class _Request(msgspec.Struct, rename="camel"):
    connector_id: int
    duration: Annotated[int, msgspec.Meta(ge=0)]
    charging_rate_unit: RateUnit | None = None


def composite_answer(
    stack: ProfileStack,
    payload_text: str,
    now: datetime,
    running: Running | None,
    *,
    limit_a: float,
    phases: int,
) -> str:
    """Answer GetCompositeSchedule from the backend's profiles and a limit that stays as it is.

    `limit_a` is in A per phase; W are those of `phases` phases. Connector 0, the sum over all, is
    connector 1. Raises PeerError for a payload that does not fit; an unknown connector is Rejected.
    """
    request = decode_payload(payload_text, _Request)
    if request.connector_id not in CONNECTORS:
        return text_of(GetCompositeScheduleResponse(status="Rejected"))
    unit = request.charging_rate_unit or RateUnit.A
    start = now.replace(microsecond=0)
    duration_s = min(request.duration, LONGEST_S)
    # Even a schedule of no length says what holds at its start.
    periods = stack.composite(
        BACKEND_CONNECTOR,
        start,
        max(duration_s, 1),
        running,
        unlimited_a=limit_a,
        unit=unit,
        phases=phases,
    )
    if len(periods) > MAX_PERIODS:
        duration_s = periods[MAX_PERIODS].start_s
    # startSchedule is left out, scheduleStart says it (16E 3.57).
    schedule = ChargingSchedule(
        duration=duration_s,
        charging_rate_unit=unit.value,
        charging_schedule_period=[
            ChargingSchedulePeriod(start_period=period.start_s, limit=tenths_down(period.limit))
            for period in periods[:MAX_PERIODS]
        ],
    )
    return text_of(
        GetCompositeScheduleResponse(
            status="Accepted",
            connector_id=request.connector_id,
            schedule_start=time_text(start),
            charging_schedule=schedule,
        )
    )
