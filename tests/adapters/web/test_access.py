import asyncio
import base64
from datetime import timedelta

import pytest
import structlog
from tests.support.virtual_time import FakeClock
from tests.support.web import ADMIN

from wattgate.adapters.store.memory import MemoryStore
from wattgate.adapters.web.access import Access, Login, Presented, Proof, Verdict
from wattgate.adapters.web.passwords import REMEMBERED
from wattgate.core.security.attempts import BURST
from wattgate.core.security.login_throttle import STRANGERS_BURST
from wattgate.core.security.scopes import Scope
from wattgate.core.security.sessions import IDLE_S
from wattgate.ports.store import StoreFailed

HOME = "192.0.2.7"


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


def shown(authorization: bytes | None = None, cookies: str = "", address: str = HOME) -> Presented:
    return Presented(authorization, cookies, address, is_secure=False)


async def judged(door: Access, authorization: bytes | None, address: str = HOME) -> Verdict:
    outcome = await door.judge(shown(authorization, address=address))
    return outcome if isinstance(outcome, Verdict) else Verdict.ALLOWED


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
    assert await judged(access(), authorization) is verdict


@pytest.mark.asyncio
async def test_a_password_may_contain_colons_and_umlauts() -> None:
    assert await judged(access("ä:b:c"), basic("admin:ä:b:c")) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_a_token_comes_in_even_where_passwords_are_no_longer_listened_to() -> None:
    door = access()
    issued = await door.tokens.issue("script", Scope.READ, FakeClock().wall())
    assert issued is not None
    for number in range(BURST):
        assert await judged(door, basic(f"admin:{number}")) is Verdict.DENIED
    assert await judged(door, basic("admin:correct horse")) is Verdict.TOO_MANY
    assert door.wait_s(HOME) > 0
    assert await judged(door, b"Bearer " + issued[1].encode()) is Verdict.ALLOWED
    assert await judged(door, basic("admin:correct horse"), "192.0.2.8") is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_who_asks_without_proof_has_not_failed() -> None:
    door = access()
    for _ in range(BURST + 1):
        assert await judged(door, None) is Verdict.DENIED


@pytest.mark.asyncio
async def test_guesses_at_the_same_time_count_each() -> None:
    door = access()
    verdicts = await asyncio.gather(*(judged(door, basic(f"admin:{n}")) for n in range(BURST + 3)))
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
    assert await judged(again, basic("admin:correct horse")) is Verdict.ALLOWED


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


class Hands(FakeClock):
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


async def with_session(door: Access) -> str:
    """The cookie of somebody who has logged in."""
    begun = await door.log_in(ADMIN[1], HOME, is_secure=False)
    assert not isinstance(begun, Verdict)
    return begun.set_cookie.partition(";")[0]


@pytest.mark.asyncio
async def test_a_session_opens_everything_until_it_was_idle_for_too_long() -> None:
    clock = Hands()
    door = Access(MemoryStore(), clock, ADMIN[1])
    cookie = await with_session(door)
    clock.now = IDLE_S - 1
    login = await door.judge(shown(cookies=cookie))
    assert isinstance(login, Login)
    assert (login.proof, login.scope) == (Proof.SESSION, Scope.ADMIN)
    clock.now = 2 * IDLE_S
    assert await door.judge(shown(cookies=cookie)) is Verdict.ENDED


@pytest.mark.asyncio
async def test_where_something_else_is_presented_the_cookie_does_not_count() -> None:
    door = access()
    cookie = await with_session(door)
    assert await door.judge(shown(basic("admin:wrong"), cookie)) is Verdict.DENIED


@pytest.mark.asyncio
async def test_a_session_goes_on_where_passwords_are_no_longer_listened_to() -> None:
    """S3."""
    door = access()
    cookie = await with_session(door)
    for number in range(BURST):
        await judged(door, basic(f"admin:{number}"))
    assert await door.log_in(ADMIN[1], HOME, is_secure=False) is Verdict.TOO_MANY
    assert isinstance(await door.judge(shown(cookies=cookie)), Login)


@pytest.mark.asyncio
async def test_guessing_from_everywhere_leaves_those_alone_who_are_known() -> None:
    """S3."""
    door = access()
    assert await judged(door, basic("admin:correct horse")) is Verdict.ALLOWED
    for number in range(STRANGERS_BURST):
        await judged(door, basic(f"admin:{number}"), f"198.51.100.{number}")
    assert await judged(door, basic("admin:correct horse"), "192.0.2.8") is Verdict.TOO_MANY
    assert await judged(door, basic("admin:correct horse")) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "stale", [basic("admin:until last year"), basic("admin"), b"Bearer revoked", b"Digest a=b"]
)
@pytest.mark.asyncio
async def test_programs_that_nobody_told_of_a_change_shut_nobody_out(stale: bytes) -> None:
    """S3: what is sent over and over is no guess."""
    door = access()
    for _ in range(3):
        for number in range(STRANGERS_BURST):
            assert await judged(door, stale, f"192.0.2.{number}") is Verdict.DENIED
    assert await judged(door, basic("admin:correct horse")) is Verdict.ALLOWED
    assert await judged(door, basic("admin:correct horse"), "192.0.2.200") is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_a_password_that_was_wrong_may_be_the_next_one() -> None:
    door = Access(MemoryStore(), FakeClock(), None)
    await door.password.choose(ADMIN[1])
    assert await judged(door, basic("admin:battery staple")) is Verdict.DENIED
    assert await door.change_password(ADMIN[1], "battery staple", HOME) is Verdict.ALLOWED
    assert await judged(door, basic("admin:battery staple")) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_the_memory_for_wrong_passwords_has_an_end() -> None:
    password = access().password
    for number in range(REMEMBERED + 1):
        assert not await password.matches(str(number).encode())
    assert [password.was_wrong(guess) for guess in (b"0", b"1")] == [False, True]


@pytest.mark.asyncio
async def test_of_many_failures_only_some_are_logged() -> None:
    door = access()
    with structlog.testing.capture_logs() as logs:
        for _ in range(3 * BURST):
            await judged(door, b"Bearer revoked")
    assert [line["event"] for line in logs] == BURST * ["login failed"]


@pytest.mark.asyncio
async def test_another_password_ends_every_session_and_the_old_one() -> None:
    store = MemoryStore()
    await Access(store, FakeClock(), None).password.choose(ADMIN[1])
    door = Access(store, FakeClock(), None)
    await door.load()
    cookies = [await with_session(door), await with_session(door)]
    assert await judged(door, basic("admin:correct horse")) is Verdict.ALLOWED
    assert await door.change_password("wrong", "battery staple", HOME) is Verdict.DENIED
    assert isinstance(await door.judge(shown(cookies=cookies[0])), Login)
    assert await door.change_password(ADMIN[1], "battery staple", HOME) is Verdict.ALLOWED
    for cookie in cookies:
        assert await door.judge(shown(cookies=cookie)) is Verdict.ENDED
    assert await judged(door, basic("admin:correct horse")) is Verdict.DENIED
    assert await judged(door, basic("admin:battery staple")) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_a_password_that_could_not_be_stored_has_not_changed() -> None:
    store = MemoryStore()
    door = Access(store, FakeClock(), None)
    await door.password.choose(ADMIN[1])
    cookie = await with_session(door)
    store.failing = True
    with pytest.raises(StoreFailed):
        await door.change_password(ADMIN[1], "battery staple", HOME)
    assert isinstance(await door.judge(shown(cookies=cookie)), Login)
    assert await judged(door, basic("admin:correct horse")) is Verdict.ALLOWED


@pytest.mark.asyncio
async def test_a_given_password_is_not_ours_to_change() -> None:
    door = access()
    assert await door.change_password(ADMIN[1], "battery staple", HOME) is Verdict.TOO_LATE


@pytest.mark.asyncio
async def test_guessing_the_old_password_has_an_end_as_well() -> None:
    door = access(None)
    await door.password.choose(ADMIN[1])
    for number in range(BURST):
        guess = str(number)
        assert await door.change_password(guess, "battery staple", HOME) is Verdict.DENIED
    assert await door.change_password(ADMIN[1], "battery staple", HOME) is Verdict.TOO_MANY


@pytest.mark.parametrize(
    ("days", "passed", "opens"), [(None, 4000, True), (1, 0.99, True), (1, 1, False)]
)
@pytest.mark.asyncio
async def test_a_token_counts_for_its_days(days: int | None, passed: float, opens: bool) -> None:
    clock = FakeClock()
    door = Access(MemoryStore(), clock, ADMIN[1])
    made_at = clock.wall() - timedelta(days=passed, seconds=-60 if opens else 0)
    issued = await door.tokens.issue("script", Scope.OPERATE, made_at, days)
    assert issued is not None
    outcome = await door.judge(shown(b"Bearer " + issued[1].encode()))
    assert (outcome == Login(Proof.TOKEN, Scope.OPERATE)) is opens
