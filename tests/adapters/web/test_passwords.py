import pytest

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web import passwords
from wattgate.adapters.web.passwords import DOCUMENT, AdminPassword
from wattgate.ports.store import SaveDocument, StoreFailed


async def chosen(store: MemoryStore) -> AdminPassword:
    """A password that an earlier run of the manager has stored."""
    await AdminPassword(store, None).choose("correct horse")
    password = AdminPassword(store, None)
    await password.load()
    return password


@pytest.mark.asyncio
async def test_without_a_password_nothing_matches() -> None:
    password = AdminPassword(MemoryStore(), None)
    await password.load()
    assert not password.is_set
    assert not await password.matches(b"")


@pytest.mark.asyncio
async def test_an_empty_password_is_none() -> None:
    assert not AdminPassword(MemoryStore(), "").is_set


@pytest.mark.asyncio
async def test_a_stored_password_matches_itself_only() -> None:
    password = await chosen(MemoryStore())
    assert password.is_set
    assert await password.matches(b"correct horse")
    for wrong in (b"", b"correct hors", b"Correct horse", b"correct horse ", b"\xff\x00"):
        assert not await password.matches(wrong)


@pytest.mark.asyncio
async def test_only_a_hash_is_stored() -> None:
    store = MemoryStore()
    await chosen(store)
    stored = await store.document(DOCUMENT)
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert "correct horse" not in stored


@pytest.mark.asyncio
async def test_hashing_is_paid_once_not_with_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    password = await chosen(MemoryStore())
    assert await password.matches(b"correct horse")
    monkeypatch.setattr(passwords, "_verify", lambda *_: pytest.fail("hashed again"))
    assert await password.matches(b"correct horse")


@pytest.mark.asyncio
async def test_a_given_password_wins_over_a_stored_one_and_is_not_stored() -> None:
    store = MemoryStore()
    await chosen(store)
    before = await store.document(DOCUMENT)
    password = AdminPassword(store, "given")
    await password.load()
    assert await password.matches(b"given")
    assert not await password.matches(b"correct horse")
    assert await store.document(DOCUMENT) == before


@pytest.mark.asyncio
async def test_a_store_that_fails_changes_nothing() -> None:
    store = MemoryStore(failing=True)
    password = AdminPassword(store, None)
    with pytest.raises(StoreFailed):
        await password.choose("correct horse")
    assert not password.is_set


@pytest.mark.asyncio
async def test_a_damaged_hash_matches_nothing() -> None:
    store = MemoryStore()
    await store.commit(SaveDocument(DOCUMENT, "plain text"))
    password = AdminPassword(store, None)
    await password.load()
    assert not await password.matches(b"plain text")
