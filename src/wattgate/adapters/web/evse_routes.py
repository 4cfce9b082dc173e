"""`/api/v1/evses`: what each EVSE does, and what can be done to it."""

from http import HTTPStatus

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from wattgate.adapters.web.dto import ClearedProfiles, Evse
from wattgate.adapters.web.presenting import evse_of
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices

_UNKNOWN = "No EVSE has this id"


@get("/api/v1/evses", operation_id="list_evses", summary="All EVSEs", tags=["EVSEs"])
async def list_evses(services: GivenServices) -> list[Evse]:
    """Every EVSE, in the order of the site file."""
    return [evse_of(state) for state in services.manager.evses()]


@get(
    "/api/v1/evses/{evse_id:str}",
    operation_id="read_evse",
    summary="One EVSE",
    tags=["EVSEs"],
    responses=documented({404: _UNKNOWN}),
)
async def read_evse(services: GivenServices, evse_id: FromPath[str]) -> Evse:
    """One EVSE."""
    state = services.manager.evse(evse_id)
    if state is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return evse_of(state)


@post(
    "/api/v1/evses/{evse_id:str}/clear-profiles",
    operation_id="clear_profiles",
    summary="Delete charging profiles in the wallbox",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN}),
)
async def clear_profiles(services: GivenServices, evse_id: FromPath[str]) -> ClearedProfiles:
    """Delete the charging profiles in the wallbox.

    While load management is active, what may be drawn is set again at once: a wallbox without any
    profile charges without limit.
    """
    outcome = await services.manager.clear_profiles(evse_id)
    if outcome is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return ClearedProfiles(outcome.value)
