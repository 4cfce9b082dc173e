"""What the API answers when it cannot do what was asked: problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import Meta

from wattgate.core.errors import ConfigError
from wattgate.ports.certificates import PassphraseNeeded
from wattgate.ports.store import NotYetStored, StoreFailed

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]

MEDIA_TYPE: Final = "application/problem+json"


class ProblemPart(msgspec.Struct, frozen=True):
    """One thing to mend."""

    path: Annotated[str, Meta(description="Where it is: a setting or a parameter")]
    message: Annotated[str, Meta(description="What is wrong, in words that follow the path")]


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error (RFC 9457).

    `type` is there where a program can do something about it.
    """

    title: Annotated[str, Meta(description="The HTTP status in words")]
    status: Annotated[int, Meta(description="The HTTP status")]
    detail: Annotated[str, Meta(description="What is wrong and what helps")] = ""
    problems: Annotated[
        tuple[ProblemPart, ...], Meta(description="Everything that has to be mended, at once")
    ] = ()
    type: Annotated[str, Meta(description="A URN; left out: the title says it all")] = ""


def details(
    status: int, detail: str = "", problems: tuple[ProblemPart, ...] = ()
) -> ProblemDetails:
    """Problem details with the title that belongs to the status."""
    return ProblemDetails(HTTPStatus(status).phrase, status, detail, problems)


def documented(described: dict[int, str] | None = None) -> dict[int, ResponseSpec]:
    """Tell in the OpenAPI document which problems a route answers with, by status."""
    return {
        status: ResponseSpec(
            ProblemDetails, description=description, media_type=MEDIA_TYPE, generate_examples=False
        )
        for status, description in (_USUAL | (described or {})).items()
    }


_USUAL: Final = {400: "The request cannot be understood"}


def _answer(body: ProblemDetails, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=body.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def _http(request: AnyRequest, exc: HTTPException) -> Response[bytes]:
    if exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _bug(request, exc)
    if isinstance(exc, ValidationException):
        return _answer(details(exc.status_code, "", _parts(exc)))
    detail = "" if exc.detail == HTTPStatus(exc.status_code).phrase else exc.detail
    return _answer(details(exc.status_code, detail), exc.headers)


def _parts(exc: ValidationException) -> tuple[ProblemPart, ...]:
    found = exc.extra if isinstance(exc.extra, list) else []
    return tuple(_part(each) for each in found if isinstance(each, dict))


def _part(found: dict[str, Any]) -> ProblemPart:
    path, message = str(found.get("key", "")), str(found.get("message", ""))
    if path != "data":
        return ProblemPart(path, message)
    return ProblemPart("body", "is required" if message == "'data'" else message)


def _config(_request: AnyRequest, exc: ConfigError) -> Response[bytes]:
    parts = tuple(ProblemPart(each.path, each.message) for each in exc.problems)
    return _answer(details(HTTPStatus.UNPROCESSABLE_ENTITY, "Nothing has been changed.", parts))


PASSPHRASE_NEEDED: Final = "urn:wattgate:passphrase-needed"  # noqa: S105 - a type of problem
PASSPHRASE_WRONG: Final = "urn:wattgate:passphrase-wrong"  # noqa: S105 - a type of problem


def _passphrase(_request: AnyRequest, exc: PassphraseNeeded) -> Response[bytes]:
    """What somebody is asked for in return."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    said = "The key is encrypted: its passphrase is needed."
    if exc.was_wrong:
        said = "The key is encrypted, and the passphrase is wrong."
    kind = PASSPHRASE_WRONG if exc.was_wrong else PASSPHRASE_NEEDED
    return _answer(ProblemDetails(status.phrase, status, said, type=kind))


def _store(_request: AnyRequest, exc: StoreFailed) -> Response[bytes]:
    log.error("store failed", reason=str(exc))
    if isinstance(exc, NotYetStored):
        return _answer(
            details(
                HTTPStatus.INSUFFICIENT_STORAGE,
                "This holds now, but could not be stored: until it can be, a restart loses it.",
            )
        )
    return _answer(
        details(HTTPStatus.SERVICE_UNAVAILABLE, "The store does not answer; see the log.")
    )


def _slow(_request: AnyRequest, _exc: TimeoutError) -> Response[bytes]:
    return _answer(details(HTTPStatus.REQUEST_TIMEOUT))


def _too_deep(_request: AnyRequest, _exc: RecursionError) -> Response[bytes]:
    """Only a body can be that deep."""
    return _answer(details(HTTPStatus.BAD_REQUEST, "The body is nested too deeply."))


def _bug(request: AnyRequest, exc: Exception) -> Response[bytes]:
    log.error("request failed", method=request.method, path=request.url.path, exc_info=exc)
    return _answer(details(HTTPStatus.INTERNAL_SERVER_ERROR, "Unexpected; see the log."))


HANDLERS: Final[ExceptionHandlersMap] = {
    HTTPException: _http,
    ConfigError: _config,
    PassphraseNeeded: _passphrase,
    StoreFailed: _store,
    TimeoutError: _slow,
    RecursionError: _too_deep,
    Exception: _bug,
}
