"""The HTTP application: which routes there are, and what surrounds them."""

from typing import Final

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from wattgate.adapters.web import problems
from wattgate.adapters.web.health_routes import health
from wattgate.adapters.web.services import Services

MAX_BODY_BYTES: Final = 64 * 2**10
"""Largest request body."""


def new_app(services: Services) -> ASGIApp:
    """Build the application for one manager."""
    return Litestar(
        route_handlers=[health],
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        exception_handlers=problems.HANDLERS,
        logging_config=None,
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        debug=False,
    )
