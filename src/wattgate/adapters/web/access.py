"""Who may use the API: the user `admin`, programs with a token, and once whoever sets it up."""

import asyncio
import base64
import binascii
import hmac
import secrets
from enum import Enum, auto
from typing import Final

import structlog

from wattgate.adapters.web.passwords import AdminPassword
from wattgate.adapters.web.tokens import ApiTokens
from wattgate.core.security.attempts import Attempts, host_key
from wattgate.ports.clock import Clock
from wattgate.ports.store import Store

log = structlog.get_logger()

USER: Final = b"admin"

_SETUP_TOKEN_BYTES: Final = 16


class Verdict(Enum):
    """What becomes of a request, or of an attempt to set the password."""

    ALLOWED = auto()
    DENIED = auto()
    """Nothing that proves anything, or the wrong thing."""
    TOO_MANY = auto()
    """This address has failed too often: nothing was even looked at."""
    TOO_LATE = auto()
    """There is a password already."""


class Access:
    """Decides about every request, by its Authorization header and its address."""

    def __init__(self, store: Store, clock: Clock, given_password: str | None) -> None:
        self.password = AdminPassword(store, given_password)
        self.tokens = ApiTokens(store)
        self._clock = clock
        self._attempts = Attempts(key_of=host_key)
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
        return self._attempts.wait_s(address, self._clock.monotonic())

    async def judge(self, authorization: bytes | None, address: str) -> Verdict:
        """Decide by HTTP Basic (RFC 7617) or a bearer token (RFC 6750)."""
        if authorization is None:
            return Verdict.DENIED
        scheme, _, credentials = authorization.partition(b" ")
        match scheme.lower():
            case b"bearer" if self.tokens.matches(credentials.strip()):
                return Verdict.ALLOWED  # no guessing at 256 bits: nobody is locked out here
            case b"basic":
                password = _password_in(credentials)
            case _:
                password = None
        return await self._guessed(password, address)

    async def _guessed(self, password: bytes | None, address: str) -> Verdict:
        if not self._attempts.take(address, self._clock.monotonic()):
            return Verdict.TOO_MANY
        if password is not None and await self.password.matches(password):
            self._attempts.give_back(address)
            return Verdict.ALLOWED
        log.warning("login failed", address=address)
        return Verdict.DENIED

    async def set_up(self, token: str, password: str, address: str) -> Verdict:
        """Set the admin password with the one-time token; may raise StoreFailed."""
        if not self._attempts.take(address, self._clock.monotonic()):
            return Verdict.TOO_MANY
        async with self._setting_up:
            if self.password.is_set:
                return Verdict.TOO_LATE
            if not hmac.compare_digest(token.encode(), self._setup_token.encode()):
                log.warning("wrong set-up token", address=address)
                return Verdict.DENIED
            await self.password.choose(password)
        self._attempts.give_back(address)
        log.info("admin password set", address=address)
        return Verdict.ALLOWED


def _password_in(credentials: bytes) -> bytes | None:
    """What HTTP Basic carries for the user `admin`; None for anybody else and for garbage."""
    try:
        user, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return password if colon and user == USER else None
