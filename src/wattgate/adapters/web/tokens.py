"""Bearer tokens: for programs that use the API without the admin password."""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from wattgate.core.security.scopes import Scope
from wattgate.ports.store import SaveDocument, Store, StoreFailed

log = structlog.get_logger()

DOCUMENT: Final = "api-tokens"

MOST: Final = 100
"""Tokens that may exist at a time."""

USE_NOTED_EVERY: Final = timedelta(hours=1)
"""How exactly it is known when a token was used last: noting every request would wear the disk."""

_PREFIX: Final = "wattgate_"
"""Makes a token recognisable where it does not belong: in a log, in a repository."""


class TokenRecord(msgspec.Struct, frozen=True):
    """A token as it is kept: 256 bits of chance need no slow hash, SHA-256 will do.

    Tokens from before there were scopes opened everything, and go on doing so.
    """

    id: str
    name: str
    created_at: datetime
    sha256: str
    scope: Scope = Scope.ADMIN
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def has_expired(self, at: datetime) -> bool:
        """Whether it opens nothing any more."""
        return self.expires_at is not None and at >= self.expires_at


_records: Final = msgspec.json.Decoder(tuple[TokenRecord, ...])


class ApiTokens:
    """All tokens of one manager."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_hash: dict[str, TokenRecord] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def records(self) -> tuple[TokenRecord, ...]:
        """Every token, oldest first."""
        return tuple(self._by_hash.values())

    async def load(self) -> None:
        """Read what is stored; may raise StoreFailed."""
        text = await self._store.document(DOCUMENT)
        self._take(_records.decode(text) if text else ())

    async def use(self, presented: bytes, at: datetime) -> TokenRecord | None:
        """Find the token that was presented, for one request; None where it opens nothing."""
        # Looking a hash up tells by its time nothing about the token behind it.
        record = self._by_hash.get(hashlib.sha256(presented).hexdigest())
        if record is None or record.has_expired(at):
            return None
        if record.last_used_at is None or at - record.last_used_at >= USE_NOTED_EVERY:
            await self._note_use(record.sha256, at)
        return record

    async def issue(
        self, name: str, scope: Scope, at: datetime, days: int | None = None
    ) -> tuple[TokenRecord, str] | None:
        """A new token and its text, which is nowhere kept; None where there are `MOST`.

        `days` is for how long it counts, None for ever.
        """
        async with self._one_at_a_time:
            if len(self._by_hash) >= MOST:
                return None
            token = _PREFIX + secrets.token_urlsafe(32)
            digest = hashlib.sha256(token.encode()).hexdigest()
            expires_at = None if days is None else at + timedelta(days=days)
            record = TokenRecord(secrets.token_hex(8), name, at, digest, scope, expires_at)
            await self._keep((*self.records, record))
        return record, token

    async def revoke(self, token_id: str) -> bool:
        """Forget a token at once; False where there is none of that id."""
        async with self._one_at_a_time:
            rest = tuple(each for each in self.records if each.id != token_id)
            if len(rest) == len(self.records):
                return False
            await self._keep(rest)
        return True

    async def _note_use(self, sha256: str, at: datetime) -> None:
        """A store that fails is no reason to refuse a token."""
        async with self._one_at_a_time:
            record = self._by_hash.get(sha256)
            if record is None:
                return  # revoked meanwhile
            self._by_hash[sha256] = msgspec.structs.replace(record, last_used_at=at)
            try:
                await self._keep(self.records)
            except StoreFailed as exc:
                log.warning("the use of a token was not noted", token=record.name, reason=str(exc))

    async def _keep(self, records: tuple[TokenRecord, ...]) -> None:
        text = msgspec.json.encode(records).decode()
        await self._store.commit(SaveDocument(DOCUMENT, text))
        self._take(records)

    def _take(self, records: tuple[TokenRecord, ...]) -> None:
        self._by_hash = {each.sha256: each for each in records}
