"""What a backend hears when it asks for the composite schedule (R99)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

import msgspec

from wattgate.core.gateway.profiles.allowances import Allowance, common_course
from wattgate.core.gateway.profiles.profile_rules import CONNECTORS, MAX_PERIODS
from wattgate.core.ocpp.profile_text import time_text
from wattgate.core.ocpp.profiles import RateUnit
from wattgate.core.ocpp.v16._generated import (
    ChargingSchedule,
    ChargingSchedulePeriod,
    GetCompositeScheduleResponse,
)
from wattgate.core.ocpp.v16.payload import payload_text as text_of
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.units import NOMINAL_V, tenths_down

LONGEST_S: Final = 7 * 86_400
"""A composite schedule ends after a week at the latest, and its duration says so."""


class _Request(msgspec.Struct, rename="camel"):
    connector_id: int
    duration: Annotated[int, msgspec.Meta(ge=0)]
    charging_rate_unit: RateUnit | None = None


def composite_answer(
    allowances: Iterable[Allowance],
    payload_text: str,
    now: datetime,
    *,
    limit_a: float,
    phases: int,
) -> str:
    """Answer GetCompositeSchedule: the least of what all backends allow and of a limit that stays.

    It is the truth whichever backend asks: a limit that another one set holds for it, too.
    `limit_a` is in A per phase; W are those of `phases` phases. Connector 0, the sum over all, is
    connector 1. Raises PeerError for a payload that does not fit; an unknown connector is Rejected.
    """
    request = decode_payload(payload_text, _Request)
    if request.connector_id not in CONNECTORS:
        return text_of(GetCompositeScheduleResponse(status="Rejected"))
    unit = request.charging_rate_unit or RateUnit.A
    factor = 1.0 if unit is RateUnit.A else NOMINAL_V * phases
    start = now.replace(microsecond=0)
    duration_s = min(request.duration, LONGEST_S)
    # Even a schedule of no length says what holds at its start.
    periods = common_course(allowances, start, max(duration_s, 1), most_a=limit_a, phases=phases)
    if len(periods) > MAX_PERIODS:
        duration_s = periods[MAX_PERIODS].start_s
    # startSchedule is left out, scheduleStart says it (16E 3.57).
    schedule = ChargingSchedule(
        duration=duration_s,
        charging_rate_unit=unit.value,
        charging_schedule_period=[
            ChargingSchedulePeriod(
                start_period=period.start_s, limit=tenths_down(period.limit * factor)
            )
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
