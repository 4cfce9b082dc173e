"""The durable store on a disk that is full: what it tells, and what the reserve is good for."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.stores import enqueue
from tests.support.tiny_disk import fill, tiny_disk

from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.adapters.store.worker import Worker
from wattgate.ports.store import SaveDocument, Settle, StoreCondition, StoreFailed

MIB = 1024 * 1024

pytestmark = pytest.mark.asyncio


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with tiny_disk(tmp_path / "disk", size_mib=8) as disk:
        yield disk


@pytest_asyncio.fixture
async def store(disk: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(disk / "wattgate.db")
    await store.open()
    yield store
    await store.close()


async def confirmed_until_full(store: SqliteStore) -> list[int]:
    """Queue messages until one is refused; the numbers of those that were confirmed."""
    confirmed: list[int] = []
    while True:
        try:
            (message,) = await store.commit(enqueue("x" * 2000))
        except StoreFailed as exc:
            assert "full" in str(exc) or "disk" in str(exc)
            return confirmed
        confirmed.append(message.number)


def is_failing(store: SqliteStore) -> bool:
    return store.condition.failing is not None


async def numbers(store: SqliteStore) -> list[int]:
    return [message.number for message in await store.outbox("B", limit=1_000_000)]


async def test_the_reserve_is_given_back_to_what_was_refused_and_only_once(
    store: SqliteStore, disk: Path
) -> None:
    assert await store.keep_reserve(2 * MIB)
    assert store.condition == StoreCondition()
    fill(disk)
    (message,) = await store.commit(enqueue("x" * 300_000))
    assert store.condition == StoreCondition(None, has_reserve=False)
    assert not (disk / "wattgate.db.reserve").exists()
    confirmed = [message.number, *await confirmed_until_full(store)]
    assert len(confirmed) > 50, "the reserve holds that many"
    condition = store.condition
    assert condition.failing is not None
    assert not condition.has_reserve
    assert await numbers(store) == confirmed


async def test_with_space_again_all_is_well_and_nothing_was_lost(
    store: SqliteStore, disk: Path
) -> None:
    assert await store.keep_reserve(MIB)
    taken = fill(disk)
    confirmed = await confirmed_until_full(store)
    assert not await store.keep_reserve(MIB)
    assert is_failing(store), "a look at the reserve stores nothing"
    taken.unlink()
    (message,) = await store.commit(enqueue())
    assert not is_failing(store)
    assert await store.keep_reserve(MIB)
    assert store.condition == StoreCondition()
    assert await numbers(store) == [*confirmed, message.number]


async def test_all_that_waited_together_are_stored_with_the_reserve(
    store: SqliteStore, disk: Path
) -> None:
    assert await store.keep_reserve(2 * MIB)
    fill(disk)
    outcomes = await asyncio.gather(*(store.commit(enqueue("x" * 2000)) for _ in range(100)))
    assert [message.number for (message,) in outcomes] == await numbers(store)


async def test_a_store_that_finds_the_disk_full_at_its_start_uses_its_reserve(
    disk: Path,
) -> None:
    first = SqliteStore(disk / "wattgate.db")
    await first.open()
    await first.commit(enqueue("kept"))
    assert await first.keep_reserve(MIB)
    await first.close()
    fill(disk)
    second = SqliteStore(disk / "wattgate.db")
    await second.open()
    assert len(await numbers(second)) == 1
    await second.commit(SaveDocument("site", "{}"))
    await second.close()


async def test_a_disk_that_is_full_without_a_reserve_is_told_at_the_start(disk: Path) -> None:
    first = SqliteStore(disk / "wattgate.db")
    await first.open()
    await first.commit(enqueue("kept"))
    await first.close()
    taken = fill(disk)
    second = SqliteStore(disk / "wattgate.db")
    with pytest.raises(StoreFailed, match="disk"):
        await second.open()
    taken.unlink()
    await second.open()
    assert len(await numbers(second)) == 1
    await second.close()


def small(connection: sqlite3.Connection) -> None:
    """Let the database grow by twenty pages from now on, wherever its disk is."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages + 20}")


async def test_without_a_reserve_each_job_is_refused_for_itself(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "wattgate.db")
    await store.open()
    writer = store._writer
    assert isinstance(writer, Worker)
    await writer.run(small)
    confirmed = await confirmed_until_full(store)
    assert store.condition == StoreCondition("database or disk is full"), "no reserve was asked for"
    await store.commit(*(Settle(number) for number in confirmed))
    assert not is_failing(store)
    await store.close()


async def test_a_refused_value_is_no_failure_of_the_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "wattgate.db")
    await store.open()
    with pytest.raises(StoreFailed):
        await store.commit(SaveDocument("half of a pair", "\ud83d"))
    assert store.condition == StoreCondition()
    await store.close()
