"""`/api/v1/evses/{evse_id}/traffic`: what went over the links of an EVSE (R79, R121)."""

import re
from typing import Annotated, Final

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from wattgate.adapters.web.evse_routes import UNKNOWN, found
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.adapters.web.traffic_dto import TrafficFrame, file_of, frame_of

_ALL: Final = 1_000_000
_NDJSON: Final = "application/x-ndjson"


@get(
    "/api/v1/evses/{evse_id:str}/traffic",
    operation_id="read_traffic",
    summary="The last frames of an EVSE",
    tags=["traffic"],
    responses=documented({404: UNKNOWN}),
)
async def read_traffic(
    services: GivenServices,
    evse_id: FromPath[str],
    after: Annotated[
        int | None,
        QueryParameter(ge=0, description="Only those behind this number, the oldest of them first"),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most")] = 100,
) -> list[TrafficFrame]:
    """The last frames between its wallbox, the manager and its backend, newest last.

    Of each link the last 500 are remembered, at most 1 MiB, until the manager ends. Secrets are
    masked before that.
    """
    evse = found(services, evse_id).evse
    entries = services.manager.frames(evse.evse_id, after=after, limit=limit)
    return [frame_of(entry) for entry in entries]


@get(
    "/api/v1/evses/{evse_id:str}/traffic/download",
    operation_id="download_traffic",
    summary="The last frames of an EVSE as a file",
    tags=["traffic"],
    media_type=_NDJSON,
    responses=documented({404: UNKNOWN}),
)
async def download_traffic(services: GivenServices, evse_id: FromPath[str]) -> Response[bytes]:
    """All frames that are remembered as JSON lines, a header first; `wattgate replay` plays it."""
    state = found(services, evse_id)
    evse, now = state.evse, services.tools.clock.wall()
    entries = services.manager.frames(evse.evse_id, limit=_ALL)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", evse.evse_id)
    file_name = f"traffic-{name}-{now:%Y%m%d-%H%M%S}.jsonl"
    return Response(
        file_of(evse.evse_id, state.station.station_id, entries, now),
        media_type=_NDJSON,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
