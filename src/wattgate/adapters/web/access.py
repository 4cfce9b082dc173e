"""Who may use the API: the user `admin`, programs with a token, and once whoever sets it up."""

import asyncio
import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import structlog

from wattgate.adapters.web.logins import Begun, Logins
from wattgate.adapters.web.passwords import AdminPassword
from wattgate.adapters.web.tokens import ApiTokens
from wattgate.core.security.attempts import Attempts, host_key
from wattgate.core.security.login_throttle import LoginThrottle
from wattgate.core.security.scopes import Scope
from wattgate.core.security.sessions import Session
from wattgate.ports.clock import Clock
from wattgate.ports.store import Store

log = structlog.get_logger()

USER: Final = b"admin"

_SETUP_TOKEN_BYTES: Final = 16


class Verdict(Enum):
    """What becomes of a request, or of an attempt to set a password."""

    ALLOWED = auto()
    DENIED = auto()
    """Nothing that proves anything, or the wrong thing."""
    ENDED = auto()
    """A session that has ended, or never was."""
    TOO_MANY = auto()
    """Too many failures, here or everywhere: nothing was even looked at."""
    TOO_LATE = auto()
    """There is a password already, or it is not ours to change."""


class Proof(Enum):
    """By what somebody has proved who they are."""

    PASSWORD = "password"  # noqa: S105 - a word, not one
    TOKEN = "token"  # noqa: S105 - a word, not one
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks, and what they may do; `session` where a browser's cookie proves it."""

    proof: Proof
    scope: Scope
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings to prove who sends it: two of its headers, and how they came."""

    authorization: bytes | None
    cookies: str
    address: str
    is_secure: bool


class Access:
    """Decides about every request, by what it presents and its address."""

    def __init__(self, store: Store, clock: Clock, given_password: str | None) -> None:
        self.password = AdminPassword(store, given_password)
        self.tokens = ApiTokens(store)
        self.logins = Logins()
        self._clock = clock
        self._throttle = LoginThrottle()
        self._sayings = Attempts(key_of=host_key)
        self._setup_token = secrets.token_urlsafe(_SETUP_TOKEN_BYTES)
        self._setting_up = asyncio.Lock()

    @property
    def setup_token(self) -> str | None:
        """The one-time token that sets the admin password; None where there is a password."""
        return None if self.password.is_set else self._setup_token

    async def load(self) -> None:
        """Read what is stored; may raise StoreFailed."""
        await self.password.load()
        await self.tokens.load()

    def wait_s(self, address: str) -> int:
        """Whole s after which `TOO_MANY` is over for an address."""
        return self._throttle.wait_s(address, self._clock.monotonic())

    async def judge(self, presented: Presented) -> Login | Verdict:
        """Decide by HTTP Basic (RFC 7617), a bearer token (RFC 6750) or a session's cookie.

        An Authorization header counts alone. Tokens and sessions are 256 bits of chance: there is
        no guessing at them, so nobody is locked out, and a wrong one does not count as a guess.
        """
        if presented.authorization is None:
            return self._by_session(presented)
        scheme, _, credentials = presented.authorization.partition(b" ")
        credentials = credentials.strip()
        if scheme.lower() == b"bearer":
            token = await self.tokens.use(credentials, self._clock.wall())
            if token is not None:
                return Login(Proof.TOKEN, token.scope)
            self._say_failed(presented.address)
            return Verdict.DENIED
        password = _password_in(credentials) if scheme.lower() == b"basic" else None
        verdict = await self._guessed(password, presented.address)
        return Login(Proof.PASSWORD, Scope.ADMIN) if verdict is Verdict.ALLOWED else verdict

    def _by_session(self, presented: Presented) -> Login | Verdict:
        if not presented.cookies:
            return Verdict.DENIED
        now = self._clock.monotonic()
        session = self.logins.of(presented.cookies, now, is_secure=presented.is_secure)
        if session is None:
            return Verdict.ENDED
        return Login(Proof.SESSION, Scope.ADMIN, session)

    async def log_in(self, password: str, address: str, *, is_secure: bool) -> Begun | Verdict:
        """Begin a session with the admin password."""
        verdict = await self._guessed(password.encode(), address)
        if verdict is not Verdict.ALLOWED:
            return verdict
        log.info("logged in", address=address)
        return self.logins.begin(self._clock.monotonic(), is_secure=is_secure)

    async def change_password(self, old: str, new: str, address: str) -> Verdict:
        """Set another admin password: every session ends; may raise StoreFailed."""
        if self.password.is_given:
            return Verdict.TOO_LATE
        verdict = await self._guessed(old.encode(), address)
        if verdict is Verdict.ALLOWED:
            await self.password.choose(new)
            self.logins.end_all()
            log.info("admin password changed", address=address)
        return verdict

    async def set_up(self, token: str, password: str, address: str) -> Verdict:
        """Set the admin password with the one-time token; may raise StoreFailed."""
        if not self._throttle.begin(address, self._clock.monotonic()):
            return Verdict.TOO_MANY
        async with self._setting_up:
            if self.password.is_set:
                return Verdict.TOO_LATE
            if not hmac.compare_digest(token.encode(), self._setup_token.encode()):
                log.warning("wrong set-up token", address=address)
                return Verdict.DENIED
            await self.password.choose(password)
        self._throttle.succeeded(address)
        log.info("admin password set", address=address)
        return Verdict.ALLOWED

    async def _guessed(self, password: bytes | None, address: str) -> Verdict:
        """Whoever forgot to tell a program the new password guesses nothing, however often."""
        if password is None or self.password.was_wrong(password):
            self._say_failed(address)
            return Verdict.DENIED
        if not self._throttle.begin(address, self._clock.monotonic()):
            return Verdict.TOO_MANY
        if await self.password.matches(password):
            self._throttle.succeeded(address)
            return Verdict.ALLOWED
        self._say_failed(address)
        return Verdict.DENIED

    def _say_failed(self, address: str) -> None:
        """Log it; of many only some."""
        if self._sayings.take(address, self._clock.monotonic()):
            log.warning("login failed", address=address)


def _password_in(credentials: bytes) -> bytes | None:
    """What HTTP Basic carries for the user `admin`; None for anybody else and for garbage."""
    try:
        user, colon, password = base64.b64decode(credentials, validate=True).partition(b":")
    except binascii.Error:
        return None
    return password if colon and user == USER else None
