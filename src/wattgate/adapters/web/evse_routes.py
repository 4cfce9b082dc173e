"""`/api/v1/evses`: what each EVSE does."""

from typing import Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from wattgate.adapters.web.dto import Evse
from wattgate.adapters.web.presenting import evse_of
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.runtime.evse_state import EvseState

UNKNOWN: Final = "No EVSE has this id"


def found(services: Services, evse_id: str) -> EvseState:
    """Return the EVSE of a route's path; raises NotFoundException where there is none."""
    state = services.manager.evse(evse_id)
    if state is None:
        raise NotFoundException(f"{UNKNOWN}.")
    return state


@get("/api/v1/evses", operation_id="list_evses", summary="All EVSEs", tags=["EVSEs"])
async def list_evses(services: GivenServices) -> list[Evse]:
    """Every EVSE, in the order of the site file."""
    return [evse_of(state) for state in services.manager.evses()]


@get(
    "/api/v1/evses/{evse_id:str}",
    operation_id="read_evse",
    summary="One EVSE",
    tags=["EVSEs"],
    responses=documented({404: UNKNOWN}),
)
async def read_evse(services: GivenServices, evse_id: FromPath[str]) -> Evse:
    """One EVSE."""
    return evse_of(found(services, evse_id))
