"""The admin password: how it is kept, and how it is checked without making every request wait."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from wattgate.ports.store import SaveDocument, Store

DOCUMENT: Final = "admin-password"

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB: what a small gateway can spare (OWASP Password Storage Cheat Sheet)."""

REMEMBERED: Final = 1024
"""Wrong passwords that are known again; of more, the oldest ones are forgotten."""


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
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
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
            self._note_wrong(digest)
            return False
        async with self._one_at_a_time:
            matches = await asyncio.to_thread(_verify, self._hash, presented)
        if matches:
            self._known = digest
        else:
            self._note_wrong(digest)
        return matches

    def was_wrong(self, presented: bytes) -> bool:
        """Whether it is known to be wrong: to send it again is no guess, and costs no hashing."""
        return self._digest(presented) in self._wrong

    async def choose(self, password: str) -> None:
        """Keep a new password; may raise StoreFailed, and then nothing has changed."""
        async with self._one_at_a_time:
            hashed = await asyncio.to_thread(_HASHER.hash, password)
            await self._store.commit(SaveDocument(DOCUMENT, hashed))
            self._hash, self._known = hashed, self._digest(password.encode())
            self._wrong.clear()

    def _note_wrong(self, digest: bytes) -> None:
        self._wrong[digest] = None
        if len(self._wrong) > REMEMBERED:
            self._wrong.popitem(last=False)

    def _digest(self, password: bytes) -> bytes:
        return hmac.digest(self._key, password, hashlib.sha256)


def _verify(hashed: str, presented: bytes) -> bool:
    try:
        return _HASHER.verify(hashed, presented)
    except (VerificationError, InvalidHashError):
        return False
