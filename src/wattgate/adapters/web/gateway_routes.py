"""`/api/v1/evses/<id>/gateways`: the backends of an EVSE, changed while everything runs (P20)."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from litestar import Response, delete, get, patch, post, put
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, FromPath

from wattgate.adapters.web.evse_routes import UNKNOWN, found
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.adapters.web.versions import MISSING, STALE, IfMatch, etag, seen, stale
from wattgate.core.site.gateways import (
    AddGateway,
    ChangeGateway,
    GatewayChange,
    RemoveGateway,
    ReplaceGateways,
)
from wattgate.core.site.writing import SiteMapping, table_mapping
from wattgate.runtime.gateway_changes import ChangedMeanwhile

Gateways = Response[list[SiteMapping]]

_NOT_THERE: Final = "No EVSE has this id, or no backend of it this number"
_WRONG: Final = "A setting is wrong; nothing has been changed"
_CHANGE: Final = {404: _NOT_THERE, 412: STALE, 422: _WRONG, 428: MISSING}
_PLACE: Final = "/api/v1/evses/{evse_id:str}/gateways"

_Settings = Annotated[
    dict[str, Any],
    BodyKwarg(description="Settings of an `[[evse.gateway]]`; a password is never told"),
]


@get(
    _PLACE,
    operation_id="list_gateways",
    summary="Settings of the backends",
    tags=["backends"],
    responses=documented({404: UNKNOWN}),
)
async def list_gateways(services: GivenServices, evse_id: FromPath[str]) -> Gateways:
    """The backends of an EVSE in the shape of `[[evse.gateway]]`, without passwords.

    Their order is that of their numbers, from 1 on. `null` is a setting of which nothing was said.
    The header `ETag` is the version of all of them. How each login is doing is told by the EVSE.
    """
    return _told(services, evse_id)


@put(
    _PLACE,
    operation_id="replace_gateways",
    summary="Set all backends",
    tags=["backends"],
    responses=documented({**_CHANGE, 404: UNKNOWN}),
)
async def replace_gateways(
    services: GivenServices,
    evse_id: FromPath[str],
    data: Annotated[
        list[dict[str, Any]],
        BodyKwarg(description="All of them, in the shape of `[[evse.gateway]]`"),
    ],
    if_match: IfMatch = None,
) -> Gateways:
    """Have these backends and no others, at once, while cars charge, and after a restart.

    What one of them does not say stays, as where a site file is applied: they are told apart by
    `url`, and where several have the same one by `client_id`. A `password` that is not said stays,
    `""` is none. A site file that is applied at a later start wins for what it says.
    """
    return await _changed(services, evse_id, ReplaceGateways(data), if_match)


@post(
    _PLACE,
    operation_id="add_gateway",
    summary="Add a backend",
    tags=["backends"],
    responses=documented({404: UNKNOWN, 412: STALE, 422: _WRONG}),
)
async def add_gateway(
    services: GivenServices, evse_id: FromPath[str], data: _Settings, if_match: IfMatch = None
) -> Gateways:
    """Add a backend behind the others; it logs in at once, and hears of what begins from then on.

    One that has `url` and `client_id` of a login of another EVSE of the wallbox joins it, and takes
    from there what is not said. `If-Match` may be left out.
    """
    return await _changed(services, evse_id, AddGateway(data), if_match or "*")


@patch(
    f"{_PLACE}/{{number:int}}",
    operation_id="change_gateway",
    summary="Change a backend",
    tags=["backends"],
    responses=documented(_CHANGE),
)
async def change_gateway(
    services: GivenServices,
    evse_id: FromPath[str],
    number: FromPath[int],
    data: _Settings,
    if_match: IfMatch = None,
) -> Gateways:
    """Change settings of one backend; what is not named stays.

    A `password` of `""` is none; with a `url` on another host it has to be said anew. A login that
    EVSEs share is one: they all get its new settings. A transaction ends at the backend at which
    it began, also where that is another one now.
    """
    _numbered(services, evse_id, number)
    return await _changed(services, evse_id, ChangeGateway(number, data), if_match)


@delete(
    f"{_PLACE}/{{number:int}}",
    operation_id="remove_gateway",
    summary="Remove a backend",
    tags=["backends"],
    status_code=HTTPStatus.OK,
    responses=documented(_CHANGE),
)
async def remove_gateway(
    services: GivenServices,
    evse_id: FromPath[str],
    number: FromPath[int],
    if_match: IfMatch = None,
) -> Gateways:
    """Remove a backend: it hears of nothing new, and gets the end of what it has heard of."""
    _numbered(services, evse_id, number)
    return await _changed(services, evse_id, RemoveGateway(number), if_match)


ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    list_gateways,
    replace_gateways,
    add_gateway,
    change_gateway,
    remove_gateway,
)


async def _changed(
    services: Services, evse_id: str, change: GatewayChange, if_match: str | None
) -> Gateways:
    found(services, evse_id)
    gateways = services.manager.gateways
    must_be = seen(if_match, gateways.version(evse_id))
    try:
        await gateways.change(evse_id, change, seen=must_be)
    except ChangedMeanwhile:
        raise stale() from None
    return _told(services, evse_id)


def _told(services: Services, evse_id: str) -> Gateways:
    found(services, evse_id)
    gateways = services.manager.gateways
    tables = [table_mapping(each, secrets=False) for each in gateways.settings(evse_id).gateways]
    return Response(tables, headers=etag(gateways.version(evse_id)))


def _numbered(services: Services, evse_id: str, number: int) -> None:
    found(services, evse_id)
    if not 1 <= number <= len(services.manager.gateways.settings(evse_id).gateways):
        raise NotFoundException(f"{_NOT_THERE}.")
