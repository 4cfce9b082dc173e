"""Sessions of browsers: the cookie that stands for a login, kept as a digest only."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wattgate.core.security.sessions import LONGEST_S, Session, Sessions

_BYTES: Final = 32

COOKIES: Final = {False: "wattgate", True: "__Host-wattgate"}
"""Name of the cookie, in plain and over HTTPS, where browsers hold us to what the prefix promises:
Secure, of this host only (RFC 6265bis §4.1.3.2). One does not count for the other."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session, and what its browser has to be told with `Set-Cookie`."""

    session: Session
    set_cookie: str


class Logins:
    """All sessions. They end with the manager, and with it whatever was known of the password."""

    def __init__(self) -> None:
        self._sessions = Sessions()

    def begin(self, now: float, *, is_secure: bool) -> Begun:
        """Begin a session for somebody who has proved who they are."""
        text = secrets.token_urlsafe(_BYTES)
        session = self._sessions.begin(_digest(text), secrets.token_urlsafe(_BYTES), now)
        return Begun(session, _cookie(text, int(LONGEST_S), is_secure=is_secure))

    def of(self, cookies: str, now: float, *, is_secure: bool) -> Session | None:
        """Find the session of a request by its `Cookie` header."""
        used = (self._sessions.use(_digest(each), now) for each in texts_in(cookies, is_secure))
        return next((session for session in used if session is not None), None)

    def end(self, session: Session) -> None:
        """Log one out."""
        self._sessions.end(session.digest)

    def end_all(self) -> None:
        """Log everybody out."""
        self._sessions.end_all()


def texts_in(cookies: str, is_secure: bool) -> Iterator[str]:
    """Find what may be our cookie in a `Cookie` header (RFC 6265 §4.2.1).

    Browsers send along whatever other programs of the same host have set, on any port and under any
    name: Python's own reader gives up at the first thing that it does not like.
    """
    for pair in cookies.split(";"):
        name, equals, text = pair.strip(" \t").partition("=")
        if equals and name == COOKIES[is_secure]:
            yield text


def forgetting(*, is_secure: bool) -> str:
    """`Set-Cookie` for a browser that has logged out."""
    return _cookie("", 0, is_secure=is_secure)


def _cookie(text: str, lasts_s: int, *, is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    name = COOKIES[is_secure]
    return f"{name}={text}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Strict{secure}"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
