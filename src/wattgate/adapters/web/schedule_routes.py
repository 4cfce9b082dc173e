"""`/api/v1/evses/{evse_id}/schedule`: what limits an EVSE from now on, and by whom (R97, R99)."""

from datetime import datetime, timedelta
from math import isfinite
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from wattgate.adapters.web.evse_routes import UNKNOWN, found
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.core.gateway.profiles.composite_schedule import LONGEST_S
from wattgate.core.site.model import GatewayRole
from wattgate.runtime.schedule_overview import BackendCourse

_LimitA = Annotated[float | None, Meta(description="A per phase; null: no limit")]

_A_DAY_S: Final = 86_400


class Limit(msgspec.Struct, frozen=True):
    """What holds from a time on."""

    at: datetime
    limit_a: _LimitA


class BackendSchedule(msgspec.Struct, frozen=True):
    """What the charging profiles of one backend allow."""

    backend: Annotated[str, Meta(description="Its name wherever else a backend is told")]
    role: GatewayRole
    counts: Annotated[
        bool,
        Meta(
            description="false: it has no right to set limits, is leaving, or does not bill while "
            "load management only observes"
        ),
    ]
    limits: list[Limit]


class Held(msgspec.Struct, frozen=True):
    """What holds from a time on, and who says so."""

    at: datetime
    limit_a: Annotated[float, Meta(description="A per phase")]
    by: Annotated[
        list[str],
        Meta(description="Who allows no more: backends, `load management` and `hardware`"),
    ]


class EvseSchedule(msgspec.Struct, frozen=True):
    """What limits an EVSE from now on, as far as it is known now."""

    start: datetime
    duration_s: int
    backends: list[BackendSchedule]
    load_management_a: Annotated[
        float | None,
        Meta(
            description="A per phase it is allowed now, and in `limits` as if that stayed; "
            "null while load management only observes"
        ),
    ]
    hardware_a: Annotated[float, Meta(description="A per phase the EVSE can draw at most")]
    fallback_a: Annotated[
        float,
        Meta(
            description="A per phase it may draw without the manager: its fallback current, or "
            "less where a backend will allow less at some time"
        ),
    ]
    limits: Annotated[list[Held], Meta(description="The least of all that counts")]


@get(
    "/api/v1/evses/{evse_id:str}/schedule",
    operation_id="read_schedule",
    summary="What limits an EVSE from now on, and by whom",
    tags=["EVSEs"],
    responses=documented({404: UNKNOWN}),
)
async def read_schedule(
    services: GivenServices,
    evse_id: FromPath[str],
    duration_s: Annotated[
        int, QueryParameter(ge=1, le=LONGEST_S, description="For how long, s")
    ] = _A_DAY_S,
) -> EvseSchedule:
    """Each backend's schedule, what load management allows now, and what holds of it all."""
    evse = found(services, evse_id).evse
    seen = services.manager.schedule(evse, duration_s)
    return EvseSchedule(
        start=seen.start,
        duration_s=seen.duration_s,
        backends=[_told(each, seen.start) for each in seen.backends],
        load_management_a=seen.granted_a,
        hardware_a=seen.hardware_a,
        fallback_a=evse.standing_a,
        limits=[
            Held(_after(seen.start, each.start_s), each.limit_a, list(each.by))
            for each in seen.limits
        ],
    )


def _told(each: BackendCourse, start: datetime) -> BackendSchedule:
    return BackendSchedule(
        backend=each.backend.link_id,
        role=each.backend.gateway.role,
        counts=each.counts,
        limits=[
            Limit(_after(start, period.start_s), period.limit if isfinite(period.limit) else None)
            for period in each.course
        ],
    )


def _after(start: datetime, seconds: int) -> datetime:
    return start + timedelta(seconds=seconds)
