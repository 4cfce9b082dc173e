"""What can be done to one EVSE: `/api/v1/evses/<id>/clear-profiles` and its like (P15)."""

from http import HTTPStatus

from litestar import post
from litestar.params import FromPath, JSONBody

from wattgate.adapters.web import sayings
from wattgate.adapters.web.evse_routes import UNKNOWN, found
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.safety_dto import (
    Adopted,
    ClearedProfiles,
    PhasesTold,
    PhasesWish,
    Released,
    Service,
    Woken,
)
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.core.site.model import LoadManagement
from wattgate.runtime.evse_state import EvseState

_BROKEN = "The site would not fit together any more; nothing has been changed"


@post(
    "/api/v1/evses/{evse_id:str}/clear-profiles",
    operation_id="clear_profiles",
    summary="Delete charging profiles in the wallbox",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN}),
)
async def clear_profiles(services: GivenServices, evse_id: FromPath[str]) -> ClearedProfiles:
    """Delete the charging profiles in the wallbox, once.

    While load management is active, what may be drawn is set again at once: a wallbox without any
    profile charges without limit. To keep it without, release the EVSE.
    """
    state = found(services, evse_id)
    done = await services.manager.operations.clear_profiles(state.evse)
    return ClearedProfiles(
        done.cleared.outcome,
        done.cleared.confirmation,
        done.limited_again,
        sayings.of_clearing(done.cleared, limited_again=done.limited_again),
    )


@post(
    "/api/v1/evses/{evse_id:str}/adopt",
    operation_id="adopt_evse",
    summary="Remove what others left in the wallbox",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN}),
)
async def adopt(services: GivenServices, evse_id: FromPath[str]) -> Adopted:
    """Remove the profiles of others from the wallbox, and set our own limit.

    While a car charges, our limit holds before and after; else everything goes first.
    """
    state = found(services, evse_id)
    is_limited, in_use = _is_limited(services, state), state.evse.in_use
    outcome = await services.manager.operations.adopt(state.evse)
    said = sayings.of_adoption(outcome, is_limited=is_limited, in_use=in_use)
    return Adopted(outcome, said)


@post(
    "/api/v1/evses/{evse_id:str}/release",
    operation_id="release_evse",
    summary="Set no limit any more",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN}),
)
async def release(services: GivenServices, evse_id: FromPath[str]) -> Released:
    """Delete the charging profiles, and set none any more until the EVSE is activated.

    That outlasts restarts of the wallbox and of the manager. The EVSE counts with its maximum, so
    that the others get what is left. Beside a connector that is in use only its own profiles are
    deleted.
    """
    state = found(services, evse_id)
    cleared = await services.manager.operations.release(state.evse)
    said = sayings.of_release(cleared, state.evse.hardware_a)
    return Released(cleared.outcome, cleared.confirmation, said)


@post(
    "/api/v1/evses/{evse_id:str}/activate",
    operation_id="activate_evse",
    summary="Limit it again, in service",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN, 422: _BROKEN}),
)
async def activate(services: GivenServices, evse_id: FromPath[str]) -> Service:
    """Take the EVSE into service and limit it again, whether it was released or deactivated."""
    await services.manager.operations.activate(found(services, evse_id).evse)
    return _service(services, evse_id, sayings.of_activation(services.manager.site))


@post(
    "/api/v1/evses/{evse_id:str}/deactivate",
    operation_id="deactivate_evse",
    summary="Take it out of service",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN, 422: _BROKEN}),
)
async def deactivate(services: GivenServices, evse_id: FromPath[str]) -> Service:
    """Take the EVSE out of service: it may do only what `on_deactivation` of the site says."""
    evse = found(services, evse_id).evse
    await services.manager.operations.deactivate(evse)
    said = sayings.of_deactivation(services.manager.site, evse)
    return _service(services, evse_id, said)


@post(
    "/api/v1/evses/{evse_id:str}/wake",
    operation_id="wake_car",
    summary="Wake a sleeping car",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN}),
)
async def wake(services: GivenServices, evse_id: FromPath[str]) -> Woken:
    """Interrupt the control pilot of a car that waits, so that it looks at its cable anew.

    Only wallboxes on Modbus can be told that, and only those that load management leads.
    """
    outcome = await services.manager.operations.wake(found(services, evse_id).evse)
    return Woken(outcome, sayings.of_waking(outcome))


@post(
    "/api/v1/evses/{evse_id:str}/phases",
    operation_id="select_phases",
    summary="Charge on one phase or on three",
    tags=["EVSEs"],
    status_code=HTTPStatus.OK,
    responses=documented({404: UNKNOWN}),
)
async def select_phases(
    services: GivenServices, evse_id: FromPath[str], data: JSONBody[PhasesWish]
) -> PhasesTold:
    """Have the EVSE charge on one phase or on three.

    Only wallboxes on Modbus can be told that, and only those that load management leads. What they
    would refuse is not sent: while a car is plugged in, only where the wallbox says that it may be
    done. Load management counts the phases of the settings as before, also on one phase.
    """
    evse = found(services, evse_id).evse
    selected = await services.manager.operations.select_phases(evse, data.phases)
    return PhasesTold(selected.outcome, sayings.of_phases(selected))


def _is_limited(services: Services, state: EvseState) -> bool:
    is_active = services.manager.site.site.load_management is LoadManagement.ACTIVE
    return is_active and not state.safety.released


def _service(services: Services, evse_id: str, said: str) -> Service:
    state = found(services, evse_id)
    return Service(state.evse.settings.enabled, state.safety.released, said)
