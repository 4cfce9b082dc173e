"""What limits an EVSE from now on, and by whom (R97, R99)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wattgate.core.gateway.profiles.courses import Course, Interval, intervals
from wattgate.core.ocpp.profiles import Period
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.station_evse import StationEvse

LOAD_MANAGEMENT: Final = "load management"
HARDWARE: Final = "hardware"


@dataclass(frozen=True, slots=True)
class BackendCourse:
    """What a backend's profiles allow, s from the start and A per phase; infinite: no limit.

    `counts` tells whether that limits the EVSE: it does not where the backend has no right to set
    limits or retires, or while only the profiles of who bills are in the wallbox.
    """

    backend: EvseBackend
    course: Course
    counts: bool


@dataclass(frozen=True, slots=True)
class ScheduleOverview:
    """What each allows from `start` for `duration_s` s, and what holds of that, A per phase.

    `granted_a` is what load management allows now, as if it stayed; None while it only observes.
    `limits` name in `by` the link ids of backends, `LOAD_MANAGEMENT` and `HARDWARE`.
    """

    start: datetime
    duration_s: int
    backends: tuple[BackendCourse, ...]
    granted_a: float | None
    hardware_a: float
    limits: tuple[Interval, ...]


def schedule_overview(
    evse: StationEvse, now: datetime, duration_s: int, *, observing: bool
) -> ScheduleOverview:
    """What limits an EVSE for `duration_s` s from `now`, 1 or more."""
    start = now.replace(microsecond=0)
    limiting = [each for each in evse.limiting_backends if each.is_primary or not observing]
    backends = tuple(
        BackendCourse(
            each,
            evse.allowance_of(each).course(start, duration_s, evse.settings.phases),
            each in limiting,
        )
        for each in evse.backends
    )
    courses = {each.backend.link_id: each.course for each in backends if each.counts}
    granted_a = None if observing else evse.granted_a()
    if granted_a is not None:
        courses[LOAD_MANAGEMENT] = (Period(0, granted_a),)
    courses[HARDWARE] = (Period(0, evse.hardware_a),)
    return ScheduleOverview(
        start, duration_s, backends, granted_a, evse.hardware_a, intervals(courses)
    )
