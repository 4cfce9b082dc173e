"""`/api/v1/site`: the settings of the running site."""

from typing import Annotated, Any

from litestar import get, patch
from litestar.params import BodyKwarg

from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.core.site.writing import SiteMapping, to_mapping


@get("/api/v1/site", operation_id="read_site", summary="Settings of the site", tags=["site"])
async def read_site(services: GivenServices) -> SiteMapping:
    """All settings in the shape of the site file, passwords left out.

    Their meanings are those of the site file. `null` is a setting of which nothing was said.
    """
    return to_mapping(services.manager.site, secrets=False)


@patch(
    "/api/v1/site",
    operation_id="change_site",
    summary="Change settings",
    tags=["site"],
    responses=documented({422: "A setting is wrong; nothing has been changed"}),
)
async def change_site(
    services: GivenServices,
    data: Annotated[
        dict[str, Any],
        BodyKwarg(
            description="Settings of `[site]`, given directly or under `site`, and of "
            "`ocpp_server`; what is not named stays"
        ),
    ],
) -> SiteMapping:
    """Change settings; answers with all of them.

    What concerns current takes effect within one cycle, the password of `ocpp_server` with the
    next connection, its other settings with the next start. Wallboxes, EVSEs and cards are
    described by the site file only; backends have routes of their own.
    """
    changed = await services.manager.patch_site(data)
    return to_mapping(changed, secrets=False)
