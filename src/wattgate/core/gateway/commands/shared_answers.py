"""What several EVSEs behind one login have answered, as the one answer that their backend gets."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Final, assert_never

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.profile_rules import MAX_PERIODS
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.profiles import RateUnit
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.ocpp.v16._generated import (
    ChargingSchedule,
    ChargingSchedulePeriod,
    GetCompositeScheduleResponse,
)
from wattgate.core.ocpp.v16.payload import payload_text as text_of
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.units import tenths_down

Answer = CallResult | CallError
"""What one EVSE has answered."""


class Combining(StrEnum):
    """How several answers become one."""

    WORST = "the worst"
    """It is done where every EVSE has done it."""
    BEST = "the best"
    """It is done where one EVSE has done it."""
    ANY = "the best, but for errors"
    """It is done where one EVSE has done it and the others had nothing to do."""
    SUM = "the sum"
    """What all of them together may draw."""
    COMMON = "what is common"
    """The version of the list that all of them have, 0 where they have different ones."""


_WORST_FIRST: Final = (
    "NotImplemented",
    "NotSupported",
    "Rejected",
    "Failed",
    "VersionMismatch",
    "Faulted",
    "Occupied",
    "Unavailable",
    "Unknown",
    "RebootRequired",
    "Scheduled",
    "Accepted",
)
_RANKS: Final[Mapping[str, int]] = {word: rank for rank, word in enumerate(_WORST_FIRST, 1)}
_ERROR: Final = -1


def combined(how: Combining, answers: Sequence[Answer]) -> Answer:
    """The one answer to a command that these EVSEs have answered, one at least."""
    if len(answers) == 1:
        return answers[0]
    match how:
        case Combining.WORST:
            return min(answers, key=_rank)
        case Combining.BEST:
            return max(answers, key=_rank)
        case Combining.ANY:
            return _error(answers) or max(answers, key=_rank)
        case Combining.SUM:
            return _of_results(answers, _sum_text)
        case Combining.COMMON:
            return _of_results(answers, _common_text)
        case _:
            assert_never(how)


def _rank(answer: Answer) -> int:
    """How good an answer is; a word that nobody knows is worse than all but an error."""
    if isinstance(answer, CallError):
        return _ERROR
    return _RANKS.get(str(read_scalar(answer.payload_text, ("status",))), 0)


def _error(answers: Sequence[Answer]) -> Answer | None:
    return next((each for each in answers if isinstance(each, CallError)), None)


def _of_results(answers: Sequence[Answer], make: Callable[[Sequence[str]], str]) -> Answer:
    results = [each for each in answers if isinstance(each, CallResult)]
    if len(results) < len(answers):
        return min(answers, key=_rank)
    return CallResult(results[0].unique_id, make([each.payload_text for each in results]))


def _common_text(texts: Sequence[str]) -> str:
    versions = {read_scalar(text, ("listVersion",)) for text in texts}
    common = versions.pop() if len(versions) == 1 else 0
    return f'{{"listVersion":{common if isinstance(common, int) else 0}}}'


# The composite schedule of connector 0 (R99)


class _Period(msgspec.Struct, rename="camel"):
    start_period: int
    limit: float


class _Schedule(msgspec.Struct, rename="camel"):
    charging_rate_unit: RateUnit
    charging_schedule_period: list[_Period]
    duration: int


class _Composite(msgspec.Struct, rename="camel"):
    status: str
    schedule_start: str
    charging_schedule: _Schedule


def _sum_text(texts: Sequence[str]) -> str:
    """What is allowed together; Rejected where one does not say, or they speak of A and of W."""
    try:
        composites = [decode_payload(text, _Composite) for text in texts]
        return _added(composites)
    except PeerError:
        return text_of(GetCompositeScheduleResponse(status="Rejected"))


def _added(composites: Sequence[_Composite]) -> str:
    schedules = [each.charging_schedule for each in composites]
    units = {each.charging_rate_unit for each in schedules}
    if len(units) > 1 or any(each.status != "Accepted" for each in composites):
        raise PeerError("no sum of these", code=ErrorCode.GENERIC_ERROR)
    duration_s = min(each.duration for each in schedules)
    starts = {period.start_period for each in schedules for period in each.charging_schedule_period}
    # Even a schedule of no length says what holds at its start.
    within = sorted(start for start in starts if start < max(duration_s, 1))
    if len(within) > MAX_PERIODS:
        duration_s = within[MAX_PERIODS]
    return text_of(
        GetCompositeScheduleResponse(
            status="Accepted",
            connector_id=0,
            schedule_start=composites[0].schedule_start,
            charging_schedule=ChargingSchedule(
                duration=duration_s,
                charging_rate_unit=units.pop().value,
                charging_schedule_period=[
                    ChargingSchedulePeriod(
                        start_period=start,
                        limit=tenths_down(sum(map(partial(_limit_at, start), schedules))),
                    )
                    for start in within[:MAX_PERIODS]
                ],
            ),
        )
    )


def _limit_at(start: int, schedule: _Schedule) -> float:
    begun = [each for each in schedule.charging_schedule_period if each.start_period <= start]
    return begun[-1].limit if begun else 0.0
