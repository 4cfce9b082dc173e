"""`/healthz`: whether Wattgate works, for whoever restarts or watches it. Open to everybody."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, get
from litestar.datastructures import CacheControlHeader
from litestar.openapi import ResponseSpec
from msgspec import Meta

from wattgate.adapters.web.services import GivenServices
from wattgate.ports.store import Store, StoreCondition, StoreFailed
from wattgate.runtime.site_keeper import SITE_DOCUMENT

STORE_S: Final = 2.0
"""s within which the store has to answer."""


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether Wattgate works."""

    status: Annotated[
        Literal["ok", "degraded", "failing"],
        Meta(description="degraded: it goes on, and somebody has to look; no restart helps"),
    ]
    reasons: Annotated[tuple[str, ...], Meta(description="What does not work")] = ()


@get(
    "/healthz",
    operation_id="health",
    summary="Health",
    tags=["operation"],
    cache_control=CacheControlHeader(no_store=True),
    responses={503: ResponseSpec(Health, description="Something does not work")},
)
async def health(services: GivenServices) -> Response[Health]:
    """Say whether the store answers and the control loop lives; needs no password.

    With a full disk it answers 200 and `degraded`: limits are set as before.
    """
    reasons = []
    if not await _answers(services.store):
        reasons.append("the store does not answer")
    if not services.manager.is_deciding:
        reasons.append("the control loop does not run")
    if reasons:
        return Response(
            Health("failing", tuple(reasons)), status_code=HTTPStatus.SERVICE_UNAVAILABLE
        )
    if warnings := _warnings(services.store.condition):
        return Response(Health("degraded", warnings))
    return Response(Health("ok"))


def _warnings(condition: StoreCondition) -> tuple[str, ...]:
    """A full disk is no reason to restart what goes on limiting current."""
    warnings = []
    if condition.failing is not None:
        warnings.append(f"nothing can be stored: {condition.failing}")
    if not condition.has_reserve:
        warnings.append("the disk has no room for the reserve")
    return tuple(warnings)


async def _answers(store: Store) -> bool:
    try:
        async with asyncio.timeout(STORE_S):
            await store.document(SITE_DOCUMENT)
    except (StoreFailed, TimeoutError):
        return False
    return True
