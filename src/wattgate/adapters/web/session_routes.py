"""`/api/v1/session`: how a page of ours logs in, asks who it is, and logs out."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from wattgate.adapters.web.access import Login, Proof, Verdict
from wattgate.adapters.web.guard import address_of
from wattgate.adapters.web.logins import forgetting
from wattgate.adapters.web.password_routes import slow_down
from wattgate.adapters.web.problems import AnyRequest, documented
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.core.security.scopes import Scope

_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="Wattgate"'}
"""Not Basic: a browser would ask for the password once more."""


class Credentials(msgspec.Struct, frozen=True):
    """What logs in."""

    password: Annotated[str, Meta(max_length=1024, description="The admin password")]


class WhoAsks(msgspec.Struct, frozen=True):
    """Who has proved to be whom, and what that opens."""

    proof: Annotated[Proof, Meta(description="By what")]
    scope: Scope
    csrf_token: Annotated[
        str | None,
        Meta(description="A session sends it as `X-CSRF-Token` with whatever changes something"),
    ]
    ends_at: Annotated[
        datetime | None, Meta(description="When the session ends without another request")
    ]


@post(
    "/api/v1/session",
    operation_id="log_in",
    summary="Log in",
    tags=["access"],
    status_code=HTTP_201_CREATED,
    responses=documented(
        {
            401: "The password is wrong, or none is set yet",
            429: "Too many failed attempts, from this address or altogether",
        }
    ),
)
async def log_in(
    services: GivenServices, request: AnyRequest, data: JSONBody[Credentials]
) -> Response[WhoAsks]:
    """Begin a session of a browser with the admin password.

    The answer sets a cookie that stands for the login until it is idle for 12 h, 7 days have
    passed, somebody logs out, the password is changed or the manager restarts. Programs had better
    use a token.
    """
    address = address_of(request.scope)
    outcome = await services.access.log_in(
        data.password, address, is_secure=request.scope["scheme"] == "https"
    )
    match outcome:
        case Verdict.TOO_MANY:
            raise slow_down(services.access.wait_s(address))
        case Verdict():
            is_set = services.access.password.is_set
            said = "The password is wrong." if is_set else "No admin password is set yet."
            raise NotAuthorizedException(
                said, headers={"www-authenticate": 'Bearer realm="Wattgate"'}
            )
        case begun:
            login = Login(Proof.SESSION, Scope.ADMIN, begun.session)
            return Response(_who(services, login), headers={"set-cookie": begun.set_cookie})


@get(
    "/api/v1/session",
    operation_id="read_session",
    summary="Who asks",
    tags=["access"],
)
async def read_session(services: GivenServices, request: AnyRequest) -> WhoAsks:
    """Say by what whoever asks has logged in, and what that opens; a page reloads it here."""
    return _who(services, request.auth)


@delete(
    "/api/v1/session",
    operation_id="log_out",
    summary="Log out",
    tags=["access"],
    status_code=HTTP_204_NO_CONTENT,
)
async def log_out(services: GivenServices, request: AnyRequest) -> Response[None]:
    """End the session; without one nothing happens."""
    login: Login = request.auth
    if login.session is None:
        return Response(None)
    services.access.logins.end(login.session)
    cookie = forgetting(is_secure=request.scope["scheme"] == "https")
    return Response(None, headers={"set-cookie": cookie})


def _who(services: Services, login: Login) -> WhoAsks:
    session, clock = login.session, services.tools.clock
    if session is None:
        return WhoAsks(login.proof, login.scope, None, None)
    left_s = session.left_s(clock.monotonic())
    return WhoAsks(
        login.proof, login.scope, session.csrf_token, clock.wall() + timedelta(seconds=left_s)
    )
