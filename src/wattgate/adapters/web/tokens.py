"""Bearer tokens: for programs that use the API without the admin password."""

import asyncio
import hashlib
import secrets
from datetime import datetime
from typing import Final

import msgspec

from wattgate.ports.store import SaveDocument, Store

DOCUMENT: Final = "api-tokens"

MOST: Final = 100
"""Tokens that may exist at a time."""

_PREFIX: Final = "wattgate_"
"""Makes a token recognisable where it does not belong: in a log, in a repository."""


class TokenRecord(msgspec.Struct, frozen=True):
    """A token as it is kept: 256 bits of chance need no slow hash, SHA-256 will do."""

    id: str
    name: str
    created_at: datetime
    sha256: str


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

    def matches(self, presented: bytes) -> bool:
        """Whether it is one of the tokens."""
        # Looking a hash up tells by its time nothing about the token behind it.
        return hashlib.sha256(presented).hexdigest() in self._by_hash

    async def issue(self, name: str, at: datetime) -> tuple[TokenRecord, str] | None:
        """A new token and its text, which is nowhere kept; None where there are `MOST`."""
        async with self._one_at_a_time:
            if len(self._by_hash) >= MOST:
                return None
            token = _PREFIX + secrets.token_urlsafe(32)
            digest = hashlib.sha256(token.encode()).hexdigest()
            record = TokenRecord(secrets.token_hex(8), name, at, digest)
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

    async def _keep(self, records: tuple[TokenRecord, ...]) -> None:
        text = msgspec.json.encode(records).decode()
        await self._store.commit(SaveDocument(DOCUMENT, text))
        self._take(records)

    def _take(self, records: tuple[TokenRecord, ...]) -> None:
        self._by_hash = {each.sha256: each for each in records}
