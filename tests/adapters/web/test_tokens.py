import asyncio
from datetime import UTC, datetime

import pytest

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web.tokens import DOCUMENT, MOST, ApiTokens
from wattgate.ports.store import StoreFailed

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


async def issued(tokens: ApiTokens, name: str = "script") -> tuple[str, str]:
    """Id and text of a fresh token."""
    found = await tokens.issue(name, AT)
    assert found is not None
    return found[0].id, found[1]


@pytest.mark.asyncio
async def test_a_token_opens_until_it_is_revoked() -> None:
    tokens = ApiTokens(MemoryStore())
    token_id, token = await issued(tokens)
    _, other = await issued(tokens)
    assert tokens.matches(token.encode())
    assert await tokens.revoke(token_id)
    assert not tokens.matches(token.encode())
    assert tokens.matches(other.encode())
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
    assert tokens.matches(token.encode())
    assert [(each.id, each.name, each.created_at) for each in tokens.records] == [
        (token_id, "script", AT)
    ]


@pytest.mark.asyncio
async def test_nothing_but_a_token_opens() -> None:
    tokens = ApiTokens(MemoryStore())
    await tokens.load()
    assert not tokens.matches(b"")
    await issued(tokens)
    assert not tokens.matches(tokens.records[0].sha256.encode())


@pytest.mark.asyncio
async def test_the_number_of_tokens_has_an_end() -> None:
    tokens = ApiTokens(MemoryStore())
    made = await asyncio.gather(*(tokens.issue("script", AT) for _ in range(MOST + 2)))
    assert made.count(None) == 2
    assert len(tokens.records) == MOST


@pytest.mark.asyncio
async def test_a_token_that_was_not_stored_does_not_exist() -> None:
    tokens = ApiTokens(MemoryStore(failing=True))
    with pytest.raises(StoreFailed):
        await tokens.issue("script", AT)
    assert tokens.records == ()
