"""`/api/v1/dead-letters`: messages that were given up, and how they are sent once more (R66)."""

from http import HTTPStatus
from typing import Annotated, Final

from litestar import get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, QueryParameter

from wattgate.adapters.web.dto import Resending, UndeliveredMessage
from wattgate.adapters.web.presenting import undelivered
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.runtime.gateway.delivery.dead_letters import NoBackend, NoSuchLetter, Resent

_UNKNOWN: Final = "Nothing was given up under this number, or it has been sent again"
_NO_BACKEND: Final = "The site has no backend that it could go to"


@get(
    "/api/v1/dead-letters",
    operation_id="list_dead_letters",
    summary="Messages given up",
    tags=["records"],
)
async def list_dead_letters(services: GivenServices) -> list[UndeliveredMessage]:
    """The last 100 messages that a backend finally did not take, newest first.

    Messages that can go to no backend are among them, such as the end of a transaction that nobody
    knows.
    """
    letters, mask = services.manager.letters, services.manager.traffic.mask()
    return [
        undelivered(each, letters.is_deliverable(each), mask) for each in await letters.newest()
    ]


@post(
    "/api/v1/dead-letters/{number:int}/resend",
    operation_id="resend_dead_letter",
    summary="Send a message once more",
    tags=["records"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NO_BACKEND}),
)
async def resend_one(services: GivenServices, number: FromPath[int]) -> Resending:
    """Queue a message that was given up again, behind what waits for its backend already."""
    return _told(await services.manager.letters.resend(number))


@post(
    "/api/v1/dead-letters/resend",
    operation_id="resend_dead_letters",
    summary="Send all messages of a backend once more",
    tags=["records"],
    status_code=HTTPStatus.OK,
    responses=documented({409: _NO_BACKEND}),
)
async def resend_all(
    services: GivenServices,
    backend: Annotated[str, QueryParameter(description="As the list of messages names it")],
) -> Resending:
    """Queue every message that was given up for a backend again, in their first order."""
    return _told(await services.manager.letters.resend_all(backend))


def _told(outcome: Resent | NoSuchLetter | NoBackend) -> Resending:
    match outcome:
        case Resent(count):
            messages = "1 message waits" if count == 1 else f"{count} messages wait"
            return Resending(count, f"{messages} for the backend again.")
        case NoSuchLetter():
            raise NotFoundException(f"{_UNKNOWN}.")
        case NoBackend(backend):
            said = f"The site has no backend {backend}: the message stays where it is."
            raise ClientException(said, status_code=HTTPStatus.CONFLICT)
