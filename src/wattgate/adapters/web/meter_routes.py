"""`/api/v1/meter`: the readings of the meter at the house connection."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT
from msgspec import Meta

from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.core.load.house import circuit_limit_a
from wattgate.core.site.model import GridMeterSource
from wattgate.core.units import PhaseTriple
from wattgate.runtime.load.grid_meter import Freshness

_NO_METER = 'The site has no meter: set grid_meter = "api" with PATCH /api/v1/site'

Current = Annotated[float, Meta(ge=-10_000, le=10_000)]


class Reading(msgspec.Struct, frozen=True):
    """What the meter at the house connection reads now."""

    currents_a: Annotated[
        tuple[Current, Current, Current],
        Meta(description="A on L1, L2, L3, -10000 to 10000; negative where the house feeds in"),
    ]


class GridMeter(msgspec.Struct, frozen=True):
    """What is known of the house connection; A on L1, L2, L3."""

    configured: Annotated[bool, Meta(description="Whether the site says `grid_meter = api`")]
    freshness: Annotated[
        Freshness, Meta(description="none: nothing was read; stale: the last reading is too old")
    ]
    age_s: Annotated[float | None, Meta(description="Of the last reading; null without one")]
    currents_a: Annotated[PhaseTriple | None, Meta(description="The last reading")]
    house_a: Annotated[PhaseTriple, Meta(description="What counts for everything but the EVSEs")]
    for_charging_a: Annotated[
        PhaseTriple, Meta(description="What is left for all EVSEs; negative: the house is over")
    ]
    over_a: Annotated[
        dict[str, float],
        Meta(description="By how much circuits are over if every EVSE draws what it counts for"),
    ]


@put(
    "/api/v1/meter",
    operation_id="put_meter_reading",
    summary="Tell the house connection's currents",
    tags=["site"],
    status_code=HTTP_204_NO_CONTENT,
    responses=documented({409: _NO_METER}),
)
async def put_meter_reading(services: GivenServices, data: JSONBody[Reading]) -> None:
    """Tell what the meter reads now; each reading is shared out at once.

    To be repeated every `grid_meter_period_s`. Once no reading came for three periods, at least
    5 s, `house_load_a` counts, or what was seen last where that is more.
    """
    if services.manager.site.site.grid_meter is not GridMeterSource.API:
        raise ClientException(f"{_NO_METER}.", status_code=HTTPStatus.CONFLICT)
    services.manager.meter_read(data.currents_a)


@get("/api/v1/meter", operation_id="read_meter", summary="The house connection", tags=["site"])
async def read_meter(services: GivenServices) -> GridMeter:
    """What was read last, and what follows from it for charging."""
    manager = services.manager
    site, state = manager.site.site, manager.grid_meter.state(services.tools.clock.monotonic())
    return GridMeter(
        configured=site.grid_meter is GridMeterSource.API,
        freshness=state.freshness,
        age_s=state.age_s,
        currents_a=state.currents_a,
        house_a=state.house_load_a,
        for_charging_a=circuit_limit_a(site.max_current_a, site.reserve_a, state.house_load_a),
        over_a=dict(manager.excess_a),
    )
