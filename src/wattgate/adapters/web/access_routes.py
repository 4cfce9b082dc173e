"""`/api/v1/setup` and `/api/v1/tokens`: the first password, and tokens for programs."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.exceptions import TooManyRequestsException as TooManyRequests
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_409_CONFLICT
from msgspec import Meta

from wattgate.adapters.web.access import Verdict
from wattgate.adapters.web.problems import AnyRequest, documented
from wattgate.adapters.web.services import GivenServices
from wattgate.adapters.web.tokens import MOST, TokenRecord


class SetUp(msgspec.Struct, frozen=True):
    """The first password."""

    token: Annotated[str, Meta(description="The one-time set-up token")]
    password: Annotated[str, Meta(min_length=8, max_length=1024)]


class TokenWish(msgspec.Struct, frozen=True):
    """A token that is wanted."""

    name: Annotated[str, Meta(max_length=100, description="What it is for")]


class Token(msgspec.Struct, frozen=True):
    """A bearer token; its text is not kept."""

    id: str
    name: Annotated[str, Meta(description="What it is for")]
    created_at: datetime


class NewToken(msgspec.Struct, frozen=True):
    """A token that was just made."""

    id: str
    name: Annotated[str, Meta(description="What it is for")]
    created_at: datetime
    token: Annotated[str, Meta(description="To be sent as `Authorization: Bearer …`; told once")]


@post(
    "/api/v1/setup",
    operation_id="set_up",
    summary="Set the first password",
    tags=["access"],
    status_code=HTTP_204_NO_CONTENT,
    security=[{}],
    responses=documented(
        {
            403: "The set-up token is wrong",
            409: "There is a password already",
            429: "Too many failed attempts from this address",
        }
    ),
)
async def set_up(services: GivenServices, request: AnyRequest, data: JSONBody[SetUp]) -> None:
    """Set the admin password with the one-time token that was printed at the start.

    Needs no password: the token stands for it, and does so once.
    """
    address = request.client.host if request.client else ""
    verdict = await services.access.set_up(data.token, data.password, address)
    match verdict:
        case Verdict.ALLOWED:
            return
        case Verdict.TOO_LATE:
            raise ClientException(
                "There is an admin password already.", status_code=HTTP_409_CONFLICT
            )
        case Verdict.DENIED:
            raise PermissionDeniedException("The set-up token is wrong.")
        case Verdict.TOO_MANY:
            wait_s = services.access.wait_s(address)
            raise TooManyRequests(
                f"Too many failed attempts; try again in {wait_s} s.",
                headers={"retry-after": str(wait_s)},
            )


@get("/api/v1/tokens", operation_id="list_tokens", summary="All tokens", tags=["access"])
async def list_tokens(services: GivenServices) -> list[Token]:
    """All tokens, oldest first."""
    return [_shown(record) for record in services.access.tokens.records]


@post(
    "/api/v1/tokens",
    operation_id="create_token",
    summary="Make a token",
    tags=["access"],
    responses=documented({409: f"There are {MOST} tokens already"}),
)
async def create_token(services: GivenServices, data: JSONBody[TokenWish]) -> NewToken:
    """Make a token; it opens everything that the admin password opens."""
    issued = await services.access.tokens.issue(data.name, services.tools.clock.wall())
    if issued is None:
        raise ClientException(f"There are {MOST} tokens already.", status_code=HTTP_409_CONFLICT)
    record, token = issued
    return NewToken(record.id, record.name, record.created_at, token)


@delete(
    "/api/v1/tokens/{token_id:str}",
    operation_id="revoke_token",
    summary="Forget a token",
    tags=["access"],
    responses=documented({404: "No token has this id"}),
)
async def revoke_token(services: GivenServices, token_id: FromPath[str]) -> None:
    """Forget a token; it opens nothing from now on."""
    if not await services.access.tokens.revoke(token_id):
        raise NotFoundException("No token has this id.")


def _shown(record: TokenRecord) -> Token:
    return Token(record.id, record.name, record.created_at)
