"""What a wallbox says when it is asked for its composite schedule (OCPP 1.6 §5.7, §6.28)."""

from dataclasses import dataclass

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.profiles import Period, RateUnit
from wattgate.core.ocpp.schedules import amperes
from wattgate.core.ocpp.validation import decode_payload


@dataclass(frozen=True, slots=True)
class Composite:
    """The least and the most that it says to allow within the time asked for, A per phase.

    Both are None where it accepted the question and stated no schedule: no profile limits it, or
    it cannot tell.
    """

    least_a: float | None = None
    most_a: float | None = None


class _Period(msgspec.Struct, rename="camel"):
    start_period: float
    limit: float
    number_phases: int | None = None


class _Schedule(msgspec.Struct, rename="camel"):
    charging_rate_unit: RateUnit
    charging_schedule_period: list[_Period]


class _Answer(msgspec.Struct, rename="camel"):
    status: str
    charging_schedule: _Schedule | None = None


def read_composite(payload_text: str, *, duration_s: int, phases: int) -> Composite | None:
    """Read the answer about the next `duration_s` s; None where it is a refusal or makes no sense.

    What is stated beyond the time asked for does not count. `phases` is numberPhases where the
    wallbox leaves it out (R95).
    """
    try:
        answer = decode_payload(payload_text, _Answer, strict=False)
    except PeerError:
        return None
    if answer.status != "Accepted":
        return None
    schedule = answer.charging_schedule
    if schedule is None:
        return Composite()
    limits_a = [
        _amperes(period, schedule.charging_rate_unit, phases)
        for period in schedule.charging_schedule_period
        if period.start_period < duration_s
    ]
    return Composite(min(limits_a, default=None), max(limits_a, default=None))


def _amperes(period: _Period, unit: RateUnit, phases: int) -> float:
    stated = period.number_phases if period.number_phases in (1, 2, 3) else phases
    return amperes(Period(0, period.limit, stated), unit)
