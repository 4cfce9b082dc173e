"""`/api/v1/warnings`: what somebody should know about the site without asking."""

from litestar import get

from wattgate.adapters.web.services import GivenServices
from wattgate.adapters.web.site_warnings import SiteWarning, site_warnings


@get("/api/v1/warnings", operation_id="list_warnings", summary="Warnings", tags=["operation"])
async def list_warnings(services: GivenServices) -> list[SiteWarning]:
    """What holds now and somebody should know; those of an EVSE are told with the EVSE."""
    return site_warnings(services)
