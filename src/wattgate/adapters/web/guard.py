"""What stands before every route: who asks, from whose page, and sensible headers.

It surrounds the whole application, so that what has no route is not told to strangers either. What
whoever asks may do is decided with the route (scopes).
"""

import asyncio
import hmac
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from wattgate.adapters.web.access import Access, Login, Presented, Verdict
from wattgate.adapters.web.https_only import HTTPS_ONLY, to_https
from wattgate.adapters.web.protocol import ADMITTED
from wattgate.adapters.web.refusals import Refusal, refusal, send_refusal, too_many
from wattgate.core.security.own_page import SAFE_METHODS, Asked, is_foreign
from wattgate.ports.clock import Clock

OPEN: Final = frozenset(
    {
        ("GET", "/healthz"),
        ("HEAD", "/healthz"),
        ("POST", "/api/v1/setup"),
        ("POST", "/api/v1/session"),
    }
)
"""What needs no login: the last two are how one proves oneself."""

BODY_S: Final = 30.0
"""s within which a request's body has to be complete."""

_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers of every answer, unless a route says otherwise."""

_BEARER: Final = (b"www-authenticate", b'Bearer realm="Wattgate"')
_CHALLENGES: Final = (
    (b"www-authenticate", b'Basic realm="Wattgate", charset="UTF-8"'),
    _BEARER,
)

_NOT_SET_UP: Final = (
    "No admin password is set yet. Send the one-time set-up token that `wattgate run` printed when "
    'it started, with a password, to POST /api/v1/setup: {"token": "...", "password": "..."}. '
    "Or start it with WATTGATE_ADMIN_PASSWORD."
)
_NEEDS_LOGIN: Final = (
    "Use HTTP Basic as the user `admin`, a bearer token, or a session of POST /api/v1/session."
)
_ENDED: Final = "The session has ended: log in again."
_FOREIGN: Final = "This request comes from a page of another origin."
_NOT_FROM_OUR_PAGE: Final = (
    "A session that changes something also sends the header X-CSRF-Token: POST /api/v1/session "
    "tells its value, and GET /api/v1/session again."
)


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
        refused = await self._refusal(scope)
        if refused is not None:
            await send_refusal(send, refused)
            return
        await self._app(_head_as_get(scope), _in_time(receive), send)

    async def _refusal(self, scope: HTTPScope) -> Refusal | None:
        if scope["state"].get(HTTPS_ONLY):
            return to_https(scope)
        headers = dict(scope["headers"])
        if is_foreign(_as_asked(scope, headers)):
            return refusal(HTTPStatus.FORBIDDEN, _FOREIGN)
        if (scope["method"], scope["path"]) in OPEN:
            return None
        presented = _presented(scope, headers)
        outcome = await self._access.judge(presented)
        if isinstance(outcome, Verdict):
            return self._denied(outcome, presented.address, headers)
        scope["state"][ADMITTED]()
        if not _may_change(outcome, scope["method"], headers):
            return refusal(HTTPStatus.FORBIDDEN, _NOT_FROM_OUR_PAGE)
        scope["auth"] = outcome
        return None

    def _denied(self, verdict: Verdict, address: str, headers: dict[bytes, bytes]) -> Refusal:
        if verdict is Verdict.TOO_MANY:
            return too_many(self._access.wait_s(address))
        said = _ENDED if verdict is Verdict.ENDED else _NEEDS_LOGIN
        if not self._access.password.is_set:
            said = _NOT_SET_UP
        # A page of ours asks for the password itself: the browser's dialogue would be in its way.
        asks_itself = headers.get(b"sec-fetch-mode", b"navigate") != b"navigate"
        return refusal(HTTPStatus.UNAUTHORIZED, said, (_BEARER,) if asks_itself else _CHALLENGES)

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


def _as_asked(scope: HTTPScope, headers: dict[bytes, bytes]) -> Asked:
    host, origin, site = (
        headers[name].decode("latin-1") if name in headers else None
        for name in (b"host", b"origin", b"sec-fetch-site")
    )
    return Asked(scope["method"], scope["scheme"] == "https", host, origin, site)


def _presented(scope: HTTPScope, headers: dict[bytes, bytes]) -> Presented:
    return Presented(
        headers.get(b"authorization"),
        headers.get(b"cookie", b"").decode("latin-1"),
        address_of(scope),
        scope["scheme"] == "https",
    )


def address_of(scope: HTTPScope) -> str:
    """Return the address that a request comes from."""
    client = scope["client"]
    return client[0] if client else ""


def _may_change(login: Login, method: str, headers: dict[bytes, bytes]) -> bool:
    """Whether nobody but a page of ours can have used the cookie to change something."""
    if login.session is None or method in SAFE_METHODS:
        return True
    sent = headers.get(b"x-csrf-token", b"")
    return hmac.compare_digest(sent, login.session.csrf_token.encode())


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
