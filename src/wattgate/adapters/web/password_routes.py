"""`/api/v1/setup` and `/api/v1/password`: the admin password, the first and any later one."""

from typing import Annotated, Final

import msgspec
from litestar import post, put
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.exceptions import TooManyRequestsException as TooManyRequests
from litestar.params import JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_409_CONFLICT
from msgspec import Meta

from wattgate.adapters.web.access import Access, Verdict
from wattgate.adapters.web.guard import address_of
from wattgate.adapters.web.problems import AnyRequest, documented
from wattgate.adapters.web.services import GivenServices

NewPassword = Annotated[str, Meta(min_length=8, max_length=1024)]

_TOO_MANY: Final = "Too many failed attempts, from this address or altogether"
_IS_GIVEN: Final = "The password was given with WATTGATE_ADMIN_PASSWORD: change it there."


class SetUp(msgspec.Struct, frozen=True):
    """The first password."""

    token: Annotated[str, Meta(description="The one-time set-up token")]
    password: NewPassword


class PasswordChange(msgspec.Struct, frozen=True):
    """Another password."""

    old: Annotated[str, Meta(max_length=1024, description="The one that holds until now")]
    new: NewPassword


@post(
    "/api/v1/setup",
    operation_id="set_up",
    summary="Set the first password",
    tags=["access"],
    status_code=HTTP_204_NO_CONTENT,
    responses=documented(
        {
            403: "The set-up token is wrong",
            409: "There is a password already",
            429: _TOO_MANY,
        }
    ),
)
async def set_up(services: GivenServices, request: AnyRequest, data: JSONBody[SetUp]) -> None:
    """Set the admin password with the one-time token that was printed at the start.

    Needs no password: the token stands for it, and does so once.
    """
    address = address_of(request.scope)
    verdict = await services.access.set_up(data.token, data.password, address)
    if verdict is Verdict.TOO_LATE:
        raise ClientException("There is an admin password already.", status_code=HTTP_409_CONFLICT)
    _insist(verdict, services.access, address, "The set-up token is wrong.")


@put(
    "/api/v1/password",
    operation_id="change_password",
    summary="Change the password",
    tags=["access"],
    status_code=HTTP_204_NO_CONTENT,
    responses=documented(
        {403: "The old password is wrong", 409: _IS_GIVEN.rstrip("."), 429: _TOO_MANY}
    ),
)
async def change_password(
    services: GivenServices, request: AnyRequest, data: JSONBody[PasswordChange]
) -> None:
    """Change the admin password; every session ends, tokens stay."""
    address = address_of(request.scope)
    verdict = await services.access.change_password(data.old, data.new, address)
    if verdict is Verdict.TOO_LATE:
        raise ClientException(_IS_GIVEN, status_code=HTTP_409_CONFLICT)
    _insist(verdict, services.access, address, "The old password is wrong.")


def _insist(verdict: Verdict, access: Access, address: str, otherwise: str) -> None:
    if verdict is Verdict.TOO_MANY:
        raise slow_down(access.wait_s(address))
    if verdict is not Verdict.ALLOWED:
        raise PermissionDeniedException(otherwise)


def slow_down(wait_s: int) -> TooManyRequests:
    """Refuse to listen to whoever has failed too often, from within a route."""
    return TooManyRequests(
        f"Too many failed attempts; try again in {wait_s} s.", headers={"retry-after": str(wait_s)}
    )
