"""What stands before every route: access, one's own origin only, sensible headers.

It surrounds the whole application, so that what has no route is not told to strangers either.
"""

import asyncio
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from wattgate.adapters.web.access import Access, Verdict
from wattgate.adapters.web.problems import MEDIA_TYPE, ProblemDetails, details
from wattgate.ports.clock import Clock

OPEN: Final = frozenset({"/healthz", "/api/v1/setup"})
"""Paths that need no password; the second asks for the set-up token instead."""

BODY_S: Final = 30.0
"""s within which a request's body has to be complete."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers of every answer, unless a route says otherwise."""

_CHALLENGES: Final = (
    (b"www-authenticate", b'Basic realm="Wattgate", charset="UTF-8"'),
    (b"www-authenticate", b'Bearer realm="Wattgate"'),
)

_NOT_SET_UP: Final = (
    "No admin password is set yet. Send the one-time set-up token that `wattgate run` printed when "
    'it started, with a password, to POST /api/v1/setup: {"token": "...", "password": "..."}. '
    "Or start it with WATTGATE_ADMIN_PASSWORD."
)
_NEEDS_LOGIN: Final = "Use HTTP Basic as the user `admin`, or a bearer token."


Refusal = tuple[ProblemDetails, tuple[tuple[bytes, bytes], ...]]
"""A whole answer: its body and its headers."""


def too_many(wait_s: int) -> Refusal:
    """The answer to an address that has failed too often."""
    said = f"Too many failed attempts; try again in {wait_s} s."
    headers = ((b"retry-after", str(wait_s).encode()),)
    return details(HTTPStatus.TOO_MANY_REQUESTS, said), headers


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, access: Access, clock: Clock) -> None:
        self._app = app
        self._access = access
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        if scope["type"] != ScopeType.HTTP:
            return  # the server is set to speak nothing else
        send = self._with_headers(send)
        refusal = await self._refusal(scope)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self._app(_head_as_get(scope), _in_time(receive), send)

    async def _refusal(self, scope: HTTPScope) -> Refusal | None:
        headers = dict(scope["headers"])
        if scope["method"] not in _SAFE and not _is_own_origin(headers):
            said = "This request comes from a page of another origin."
            return details(HTTPStatus.FORBIDDEN, said), ()
        if scope["path"] in OPEN:
            return None
        client = scope["client"]
        address = client[0] if client else ""
        verdict = await self._access.judge(headers.get(b"authorization"), address)
        match verdict:
            case Verdict.ALLOWED:
                return None
            case Verdict.TOO_MANY:
                return too_many(self._access.wait_s(address))
            case _:
                said = _NEEDS_LOGIN if self._access.password.is_set else _NOT_SET_UP
                return details(HTTPStatus.UNAUTHORIZED, said), _CHALLENGES

    def _with_headers(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                theirs = list(message["headers"])
                names = {name.lower() for name, _ in theirs}
                date = format_datetime(self._clock.wall(), usegmt=True).encode()
                ours = (each for each in _HEADERS if each[0] not in names)
                message["headers"] = [*theirs, *ours, (b"date", date)]
            await send(message)

        return sent


def _is_own_origin(headers: dict[bytes, bytes]) -> bool:
    """Whether no other page's script sends it: a browser adds the password to those as well."""
    origin = headers.get(b"origin")
    return origin is None or urlsplit(origin.decode("latin-1")).netloc.encode(
        "latin-1"
    ) == headers.get(b"host")


def _head_as_get(scope: HTTPScope) -> HTTPScope:
    """HEAD is GET without its body (RFC 9110 §9.3.2); the server leaves that out."""
    if scope["method"] != "HEAD":
        return scope
    asked = scope.copy()
    asked["method"] = "GET"
    return asked


def _in_time(receive: Receive) -> Receive:
    """Receive as before, but only for so long."""
    ends_at = asyncio.get_running_loop().time() + BODY_S

    async def received() -> ReceiveMessage:
        async with asyncio.timeout_at(ends_at):
            return await receive()

    return received


async def _answer(
    send: Send, body: ProblemDetails, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    content = msgspec.json.encode(body)
    fixed = (
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
    )
    await send(
        {"type": "http.response.start", "status": body.status, "headers": [*fixed, *headers]}
    )
    await send({"type": "http.response.body", "body": content, "more_body": False})
