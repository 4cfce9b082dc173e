"""Answers that are given before any route is asked."""

from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from litestar.types import Send

from wattgate.adapters.web.problems import MEDIA_TYPE, ProblemDetails, details

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole answer: its body and its headers."""

    body: ProblemDetails
    headers: Headers = ()


def refusal(status: HTTPStatus, said: str, headers: Headers = ()) -> Refusal:
    """Refuse in words."""
    return Refusal(details(status, said), headers)


def too_many(wait_s: int) -> Refusal:
    """Refuse to listen to whoever has failed too often."""
    said = f"Too many failed attempts; try again in {wait_s} s."
    headers = ((b"retry-after", str(wait_s).encode()),)
    return refusal(HTTPStatus.TOO_MANY_REQUESTS, said, headers)


async def send_refusal(send: Send, refused: Refusal) -> None:
    """Send it through ASGI."""
    content = msgspec.json.encode(refused.body)
    fixed = (
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
    )
    headers = [*fixed, *refused.headers]
    status = refused.body.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
