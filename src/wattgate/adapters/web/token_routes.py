"""`/api/v1/tokens`: for programs that are not to know the password."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_409_CONFLICT
from msgspec import Meta

from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.adapters.web.tokens import MOST, TokenRecord
from wattgate.core.security.scopes import Scope


class TokenWish(msgspec.Struct, frozen=True):
    """A token that is wanted."""

    name: Annotated[str, Meta(max_length=100, description="What it is for")]
    scope: Annotated[
        Scope,
        Meta(
            description="read: look at everything but settings; operate: also act on EVSEs, send "
            "messages again and tell what the house draws; admin: everything"
        ),
    ] = Scope.READ
    days: (
        Annotated[int, Meta(ge=1, le=3650, description="For how long it counts; without, for ever")]
        | None
    ) = None


class Token(msgspec.Struct, frozen=True):
    """A bearer token; its text is not kept."""

    id: str
    name: Annotated[str, Meta(description="What it is for")]
    created_at: datetime
    scope: Scope
    expires_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="To the hour")]


class NewToken(msgspec.Struct, frozen=True):
    """A token that was just made."""

    id: str
    name: Annotated[str, Meta(description="What it is for")]
    created_at: datetime
    scope: Scope
    expires_at: datetime | None
    token: Annotated[str, Meta(description="To be sent as `Authorization: Bearer …`; told once")]


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
    """Make a token that opens what its scope says, and no more."""
    now = services.tools.clock.wall()
    issued = await services.access.tokens.issue(data.name, data.scope, now, data.days)
    if issued is None:
        raise ClientException(f"There are {MOST} tokens already.", status_code=HTTP_409_CONFLICT)
    record, token = issued
    return NewToken(
        record.id, record.name, record.created_at, record.scope, record.expires_at, token
    )


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
    return Token(
        record.id,
        record.name,
        record.created_at,
        record.scope,
        record.expires_at,
        record.last_used_at,
    )
