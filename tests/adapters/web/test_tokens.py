import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web.tokens import DOCUMENT, MOST, USE_NOTED_EVERY, ApiTokens
from wattgate.core.security.scopes import Scope
from wattgate.ports.store import SaveDocument, StoreFailed

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


async def issued(tokens: ApiTokens, name: str = "script") -> tuple[str, str]:
    """Id and text of a fresh token."""
    found = await tokens.issue(name, Scope.OPERATE, AT)
    assert found is not None
    return found[0].id, found[1]


@pytest.mark.asyncio
async def test_a_token_opens_until_it_is_revoked() -> None:
    tokens = ApiTokens(MemoryStore())
    token_id, token = await issued(tokens)
    _, other = await issued(tokens)
    assert await tokens.use(token.encode(), AT) is not None
    assert await tokens.revoke(token_id)
    assert await tokens.use(token.encode(), AT) is None
    assert await tokens.use(other.encode(), AT) is not None
    assert not await tokens.revoke(token_id)


@pytest.mark.asyncio
async def test_tokens_outlive_a_restart_as_hashes_only() -> None:
    store = MemoryStore()
    token_id, token = await issued(ApiTokens(store))
    stored = await store.document(DOCUMENT)
    assert stored is not None
    assert token not in stored
    tokens = ApiTokens(store)
    await tokens.load()
    assert [(each.id, each.name, each.created_at, each.scope) for each in tokens.records] == [
        (token_id, "script", AT, Scope.OPERATE)
    ]
    assert await tokens.use(token.encode(), AT) is not None


@pytest.mark.asyncio
async def test_nothing_but_a_token_opens() -> None:
    tokens = ApiTokens(MemoryStore())
    await tokens.load()
    assert await tokens.use(b"", AT) is None
    await issued(tokens)
    assert await tokens.use(tokens.records[0].sha256.encode(), AT) is None


@pytest.mark.asyncio
async def test_the_number_of_tokens_has_an_end() -> None:
    tokens = ApiTokens(MemoryStore())
    made = await asyncio.gather(*(tokens.issue("script", Scope.READ, AT) for _ in range(MOST + 2)))
    assert made.count(None) == 2
    assert len(tokens.records) == MOST


@pytest.mark.asyncio
async def test_a_token_that_was_not_stored_does_not_exist() -> None:
    tokens = ApiTokens(MemoryStore(failing=True))
    with pytest.raises(StoreFailed):
        await tokens.issue("script", Scope.READ, AT)
    assert tokens.records == ()


@pytest.mark.asyncio
async def test_a_token_from_before_there_were_scopes_goes_on_to_open_everything() -> None:
    store = MemoryStore()
    old = {"id": "1", "name": "script", "created_at": AT.isoformat(), "sha256": sha256(b"t")}
    await store.commit(SaveDocument(DOCUMENT, json.dumps([old])))
    tokens = ApiTokens(store)
    await tokens.load()
    record = await tokens.use(b"t", AT)
    assert record is not None
    assert (record.scope, record.expires_at) == (Scope.ADMIN, None)


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@pytest.mark.asyncio
async def test_the_last_use_is_known_to_the_hour_also_after_a_restart() -> None:
    store = MemoryStore()
    tokens = ApiTokens(store)
    _, token = await issued(tokens)
    assert tokens.records[0].last_used_at is None
    a_moment = timedelta(seconds=1)
    for used_at, noted in (
        (AT, AT),
        (AT + USE_NOTED_EVERY - a_moment, AT),
        (AT + USE_NOTED_EVERY, AT + USE_NOTED_EVERY),
    ):
        assert await tokens.use(token.encode(), used_at) is not None
        assert tokens.records[0].last_used_at == noted
    again = ApiTokens(store)
    await again.load()
    assert again.records == tokens.records


@pytest.mark.asyncio
async def test_a_store_that_fails_locks_no_token_out() -> None:
    store = MemoryStore()
    tokens = ApiTokens(store)
    _, token = await issued(tokens)
    store.failing = True
    for _ in range(2):
        assert await tokens.use(token.encode(), AT) is not None
    assert tokens.records[0].last_used_at == AT, "it is not tried again with every request"


@pytest.mark.asyncio
async def test_a_token_that_is_revoked_while_it_is_used_stays_revoked() -> None:
    tokens = ApiTokens(MemoryStore())
    token_id, token = await issued(tokens)
    await asyncio.gather(tokens.revoke(token_id), tokens.use(token.encode(), AT))
    assert tokens.records == ()
