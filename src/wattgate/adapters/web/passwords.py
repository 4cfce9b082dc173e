"""The admin password: how it is kept, and how it is checked without making every request wait."""

import asyncio
import hashlib
import hmac
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from wattgate.ports.store import SaveDocument, Store

DOCUMENT: Final = "admin-password"

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB: what a small gateway can spare (OWASP Password Storage Cheat Sheet)."""


class AdminPassword:
    """The password of the user `admin`.

    A `given` one wins over a stored one and is not stored. Only its keyed digest stays in memory,
    and of a stored one the digest of the last text that proved right: hashing takes its time once,
    not with every request.
    """

    def __init__(self, store: Store, given: str | None) -> None:
        self._store = store
        self._key = secrets.token_bytes(32)
        self.is_given: Final = bool(given)
        """Whether it came from outside, and so is not ours to change."""
        self._known = self._digest(given.encode()) if given else None
        self._hash: str | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_set(self) -> bool:
        """Whether there is a password at all."""
        return self._known is not None or self._hash is not None

    async def load(self) -> None:
        """Read the stored hash, unless a password was given; may raise StoreFailed."""
        if self._known is None:
            self._hash = await self._store.document(DOCUMENT)

    async def matches(self, presented: bytes) -> bool:
        """Whether it is the password; the time taken does not tell how much of it is right."""
        digest = self._digest(presented)
        if self._known is not None and hmac.compare_digest(self._known, digest):
            return True
        if self._hash is None:
            return False
        async with self._one_at_a_time:
            matches = await asyncio.to_thread(_verify, self._hash, presented)
        if matches:
            self._known = digest
        return matches

    async def choose(self, password: str) -> None:
        """Keep a new password; may raise StoreFailed, and then nothing has changed."""
        async with self._one_at_a_time:
            hashed = await asyncio.to_thread(_HASHER.hash, password)
            await self._store.commit(SaveDocument(DOCUMENT, hashed))
            self._hash, self._known = hashed, self._digest(password.encode())

    def _digest(self, password: bytes) -> bytes:
        return hmac.digest(self._key, password, hashlib.sha256)


def _verify(hashed: str, presented: bytes) -> bool:
    try:
        return _HASHER.verify(hashed, presented)
    except (VerificationError, InvalidHashError):
        return False
