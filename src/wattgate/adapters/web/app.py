"""The HTTP application: which routes there are, and what surrounds them."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Litestar, MediaType
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme, Server
from litestar.types import ASGIApp

from wattgate import __version__
from wattgate.adapters.web import authority_routes, certificate_routes, gateway_routes, problems
from wattgate.adapters.web.dead_letter_routes import list_dead_letters, resend_all, resend_one
from wattgate.adapters.web.evidence_routes import read_evidence
from wattgate.adapters.web.evse_routes import list_evses, read_evse
from wattgate.adapters.web.file_routes import list_file_transfers
from wattgate.adapters.web.guard import Guard
from wattgate.adapters.web.health_routes import health
from wattgate.adapters.web.key_routes import forget_key, make_key, read_key
from wattgate.adapters.web.logins import COOKIES
from wattgate.adapters.web.meter_routes import put_meter_reading, read_meter
from wattgate.adapters.web.metrics import metrics
from wattgate.adapters.web.operation_routes import (
    activate,
    adopt,
    clear_profiles,
    deactivate,
    release,
    select_phases,
    wake,
)
from wattgate.adapters.web.password_routes import change_password, set_up
from wattgate.adapters.web.proof_routes import begin_proof, cancel_proof, read_proof
from wattgate.adapters.web.schedule_routes import read_schedule
from wattgate.adapters.web.scopes import check_scope, declare
from wattgate.adapters.web.services import Services
from wattgate.adapters.web.session_routes import log_in, log_out, read_session
from wattgate.adapters.web.site_routes import change_site, read_site
from wattgate.adapters.web.token_routes import create_token, list_tokens, revoke_token
from wattgate.adapters.web.traffic_routes import download_traffic, read_traffic
from wattgate.adapters.web.transaction_routes import (
    list_refused,
    list_transactions,
)
from wattgate.adapters.web.wallbox_certificate_routes import (
    distrust,
    list_trusted,
    renew_certificate,
    trust_us,
)
from wattgate.adapters.web.warning_routes import list_warnings
from wattgate.core.errors import LocalUsageError

MAX_BODY_BYTES: Final = 64 * 2**10
"""Largest request body."""


_ABOUT: Final = """\
Every request but those that need no login carries the admin password (HTTP Basic, user `admin`), \
a bearer token or the cookie of a session. Without them it is answered with 401, with 429 after \
too many failures, and with 403 where a token's scope does not cover it. With a session, whatever \
changes something also carries the header `X-CSRF-Token`. Units stand in the names; currents are \
per phase. What goes wrong is answered as problem details (RFC 9457). Bodies are JSON of at most \
64 KiB, with certificates 2 MiB.\
"""

ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    read_site,
    change_site,
    put_meter_reading,
    read_meter,
    list_evses,
    read_evse,
    *gateway_routes.ROUTES,
    clear_profiles,
    adopt,
    release,
    activate,
    deactivate,
    wake,
    select_phases,
    list_trusted,
    trust_us,
    renew_certificate,
    distrust,
    begin_proof,
    read_proof,
    cancel_proof,
    read_key,
    make_key,
    forget_key,
    read_traffic,
    download_traffic,
    list_transactions,
    read_evidence,
    list_refused,
    list_dead_letters,
    resend_one,
    resend_all,
    list_file_transfers,
    set_up,
    change_password,
    log_in,
    read_schedule,
    read_session,
    log_out,
    list_tokens,
    create_token,
    revoke_token,
    *certificate_routes.ROUTES,
    *authority_routes.ROUTES,
    list_warnings,
    health,
    metrics,
)

declare(ROUTES)


def new_app(services: Services) -> ASGIApp:
    """Build the application for one manager."""
    routes = _litestar(lambda: services)
    return Guard(routes, services.access, services.tools.clock)


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without anything running."""
    return _litestar(_nothing_runs).openapi_schema.to_schema()


def _litestar(services: Callable[[], Services]) -> Litestar:
    return Litestar(
        route_handlers=ROUTES,
        dependencies={"services": Provide(services, sync_to_thread=False)},
        guards=[check_scope],
        exception_handlers=problems.HANDLERS,
        logging_config=None,
        openapi_config=_openapi_config(),
        request_max_body_size=MAX_BODY_BYTES,
        debug=False,
    )


def _openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Wattgate",
        version=__version__,
        description=_ABOUT,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
        servers=[Server(url="/")],
        security=[{"password": []}, {"token": []}, {"session": []}],
        components=Components(
            security_schemes={
                "password": SecurityScheme(
                    type="http", scheme="basic", description="User `admin` and its password."
                ),
                "token": SecurityScheme(
                    type="http", scheme="bearer", description="A token of `/api/v1/tokens`."
                ),
                "session": SecurityScheme(
                    type="apiKey",
                    name=COOKIES[True],
                    security_scheme_in="cookie",
                    description="The cookie of `POST /api/v1/session`; in plain HTTP it is named "
                    f"`{COOKIES[False]}`.",
                ),
            }
        ),
        path="/api/v1/openapi.json",  # below it Litestar answers in words and HTML of its own
        render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
    )


def _nothing_runs() -> Services:
    raise LocalUsageError("this application only describes itself: no manager runs behind it")
