import asyncio
import base64

import pytest
from tests.support.virtual_time import FakeClock
from tests.support.web import ADMIN

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web.access import Access, Verdict
from wattgate.core.security.attempts import BURST
from wattgate.ports.store import StoreFailed

HOME = "192.0.2.7"


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


def access(password: str | None = ADMIN[1]) -> Access:
    return Access(MemoryStore(), FakeClock(), password)


@pytest.mark.parametrize(
    ("authorization", "verdict"),
    [
        (None, Verdict.DENIED),
        (basic("admin:correct horse"), Verdict.ALLOWED),
        (basic("admin:correct horse").replace(b"Basic", b"bAsIc"), Verdict.ALLOWED),
        (basic("admin:wrong"), Verdict.DENIED),
        (basic("admin:"), Verdict.DENIED),
        (basic("admin"), Verdict.DENIED),
        (basic("Admin:correct horse"), Verdict.DENIED),
        (basic(":correct horse"), Verdict.DENIED),
        (b"Basic !", Verdict.DENIED),
        (b"Basic", Verdict.DENIED),
        (b"", Verdict.DENIED),
        (b"Bearer ", Verdict.DENIED),
        (b"Bearer correct horse", Verdict.DENIED),
        (b"Digest username=admin", Verdict.DENIED),
    ],
)
@pytest.mark.asyncio
async def test_only_the_admin_with_the_password_comes_in(
    authorization: bytes | None, verdict: Verdict
) -> None:
    assert await access().judge(authorization, HOME) is verdict


@pytest.mark.asyncio
async def test_a_password_may_contain_colons_and_umlauts() -> None:
    assert await access("ä:b:c").judge(basic("admin:ä:b:c"), HOME) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_a_token_comes_in_even_where_passwords_are_no_longer_listened_to() -> None:
    door = access()
    issued = await door.tokens.issue("script", FakeClock().wall())
    assert issued is not None
    for _ in range(BURST):
        assert await door.judge(basic("admin:wrong"), HOME) is Verdict.DENIED
    assert await door.judge(basic("admin:correct horse"), HOME) is Verdict.TOO_MANY
    assert door.wait_s(HOME) > 0
    assert await door.judge(b"Bearer " + issued[1].encode(), HOME) is Verdict.ALLOWED
    assert await door.judge(basic("admin:correct horse"), "192.0.2.8") is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_who_asks_without_proof_has_not_failed() -> None:
    door = access()
    for _ in range(BURST + 1):
        assert await door.judge(None, HOME) is Verdict.DENIED


@pytest.mark.asyncio
async def test_guesses_at_the_same_time_count_each() -> None:
    door = access()
    verdicts = await asyncio.gather(
        *(door.judge(basic(f"admin:{n}"), HOME) for n in range(BURST + 3))
    )
    assert verdicts.count(Verdict.TOO_MANY) == 3


@pytest.mark.asyncio
async def test_the_set_up_token_sets_the_password_once() -> None:
    store = MemoryStore()
    door = Access(store, FakeClock(), None)
    await door.load()
    token = door.setup_token
    assert token is not None
    assert await door.set_up("wrong", "correct horse", HOME) is Verdict.DENIED
    verdicts = await asyncio.gather(
        door.set_up(token, "correct horse", HOME), door.set_up(token, "battery staple", HOME)
    )
    assert sorted(verdict.name for verdict in verdicts) == ["ALLOWED", "TOO_LATE"]
    assert door.setup_token is None
    again = Access(store, FakeClock(), None)
    await again.load()
    assert again.setup_token is None
    assert await again.judge(basic("admin:correct horse"), HOME) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_guessing_the_set_up_token_has_an_end() -> None:
    door = access(None)
    for _ in range(BURST):
        assert await door.set_up("wrong", "correct horse", HOME) is Verdict.DENIED
    assert await door.set_up("wrong", "correct horse", HOME) is Verdict.TOO_MANY


@pytest.mark.asyncio
async def test_the_set_up_token_still_does_when_the_store_failed() -> None:
    store = MemoryStore(failing=True)
    door = Access(store, FakeClock(), None)
    token = door.setup_token
    assert token is not None
    with pytest.raises(StoreFailed):
        await door.set_up(token, "correct horse", HOME)
    store.failing = False
    assert await door.set_up(token, "correct horse", HOME) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_there_is_no_set_up_token_where_a_password_was_given() -> None:
    assert access("given").setup_token is None
