"""What only the durable store can show: crashes, full disks, and who may use the file."""

import asyncio
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from tests.support.stores import AT, enqueue, receipt, start

from wattgate.adapters.store import database
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.adapters.store.worker import Worker
from wattgate.core.errors import LocalUsageError
from wattgate.ports.store import BindTransaction, SaveDocument, Settle, StoreFailed

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wattgate.db"


@pytest.fixture
def diary(path: Path) -> Path:
    path.write_text("this is a diary, not a database\n" * 100)
    return path


@pytest_asyncio.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path)
    await store.open()
    yield store
    await store.close()


def writer_of(store: SqliteStore) -> Worker:
    assert store._writer is not None
    return store._writer


async def pragma(store: SqliteStore, text: str) -> int:
    """Ask the writing connection; returns the first value of the answer."""

    def ask(connection: sqlite3.Connection) -> int:
        return int(connection.execute(f"PRAGMA {text}").fetchone()[0])

    return await writer_of(store).run(ask)


async def numbers(store: SqliteStore) -> list[int]:
    return [message.number for message in await store.outbox("B", limit=1_000_000)]


async def fill(store: SqliteStore) -> list[int]:
    """Queue messages until the disk is full; returns the numbers that were confirmed."""
    confirmed: list[int] = []
    while True:
        try:
            (message,) = await store.commit(enqueue("x" * 2000))
        except StoreFailed:
            return confirmed
        confirmed.append(message.number)


async def test_p12_everything_is_there_again_after_a_restart(path: Path) -> None:
    first = SqliteStore(path)
    await first.open()
    opened = await first.open_transaction(start(), (), AT)
    await first.take(receipt("stop 7", "answer"), enqueue("1"))
    await first.close()
    second = SqliteStore(path)
    await second.open()
    known = await second.recover()
    assert [record.transaction_id for record in known.open_transactions] == [opened.transaction_id]
    assert known.outbox_depths == {"B": 1}
    assert (await second.take(receipt("stop 7"))).answer_text == "answer"
    await second.close()


async def test_numbers_are_not_used_again_after_a_restart(path: Path) -> None:
    first = SqliteStore(path)
    await first.open()
    (message,) = await first.commit(enqueue())
    await first.commit(Settle(message.number))
    await first.close()
    second = SqliteStore(path)
    await second.open()
    (following,) = await second.commit(enqueue())
    assert following.number > message.number
    await second.close()


async def test_r71_nothing_that_was_confirmed_is_lost_when_the_process_is_killed(
    path: Path,
) -> None:
    confirmed: set[int] = set()
    for lines_before_the_end in (1, 2, 3, 5, 8, 21, 55, 144, 377, 610):
        victim = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.store_writer",
            str(path),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert victim.stdout is not None
        async with asyncio.timeout(60):
            told = [await victim.stdout.readline() for _ in range(lines_before_the_end)]
            victim.kill()
            told += (await victim.stdout.read()).splitlines(keepends=True)
            await victim.wait()
        confirmed |= {int(line) for line in told if line.endswith(b"\n")}
        survivor = SqliteStore(path)
        await survivor.open()
        assert confirmed <= set(await numbers(survivor))
        await survivor.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


async def test_a_full_disk_is_told_and_loses_nothing(store: SqliteStore) -> None:
    limit = await pragma(store, "max_page_count")
    await pragma(store, f"max_page_count={await pragma(store, 'page_count') + 20}")
    confirmed = await fill(store)
    assert confirmed
    assert await numbers(store) == confirmed
    with pytest.raises(StoreFailed, match="full"):
        await store.take(receipt("stop 7"), enqueue("x" * 90_000))
    await pragma(store, f"max_page_count={limit}")
    taken = await store.take(receipt("stop 7"), enqueue("x" * 90_000))
    assert not taken.repeated
    assert await numbers(store) == [*confirmed, taken.queued[0].number]


async def test_a_full_disk_can_be_emptied(store: SqliteStore) -> None:
    await pragma(store, f"max_page_count={await pragma(store, 'page_count') + 20}")
    confirmed = await fill(store)
    await store.commit(*(Settle(number) for number in confirmed))
    assert await store.commit(enqueue("x" * 2000))


async def test_a_value_that_sqlite_cannot_hold_is_refused_like_any_other_failure(
    store: SqliteStore,
) -> None:
    opened = await store.open_transaction(start(), (), AT)
    with pytest.raises(StoreFailed):
        await store.commit(enqueue(), BindTransaction(opened.transaction_id, "B", 2**70))
    with pytest.raises(StoreFailed):
        await store.commit(SaveDocument("half of a pair", "\ud83d"))
    assert await numbers(store) == []


async def test_r60_no_transaction_gets_an_id_that_ocpp_cannot_carry(store: SqliteStore) -> None:
    await store.open_transaction(start("k1"), (), AT)
    await writer_of(store).run(
        lambda connection: connection.execute(
            "UPDATE sqlite_sequence SET seq = 2147483646 WHERE name = 'transactions'"
        )
    )
    last = await store.open_transaction(start("k2"), (), AT)
    assert last.transaction_id == 2**31 - 1
    with pytest.raises(StoreFailed, match="id_fits_ocpp"):
        await store.open_transaction(start("k3"), (), AT)


async def test_a_second_manager_is_refused_until_the_first_has_closed(
    store: SqliteStore, path: Path
) -> None:
    second = SqliteStore(path)
    with pytest.raises(StoreFailed, match="already in use by another Wattgate"):
        await second.open()
    assert await store.commit(enqueue())
    await store.close()
    await second.open()
    assert len(await numbers(second)) == 1
    await second.close()


async def test_a_file_that_is_no_data_file_is_refused_and_let_go(diary: Path) -> None:
    for _ in range(2):
        with pytest.raises(StoreFailed, match="not a database"):
            await SqliteStore(diary).open()


async def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match=r"nowhere.*No such file"):
        await SqliteStore(tmp_path / "nowhere" / "wattgate.db").open()


async def test_the_data_files_are_for_their_owner_only(store: SqliteStore, path: Path) -> None:
    await store.commit(enqueue())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert f"{path.name}-wal" in modes


async def test_a_store_that_was_never_opened_or_is_closed_says_so(path: Path) -> None:
    store = SqliteStore(path)
    with pytest.raises(LocalUsageError, match="not opened"):
        await store.commit(enqueue())
    with pytest.raises(LocalUsageError, match="not opened"):
        await store.recover()
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreFailed, match="closed"):
        await store.commit(enqueue())


async def test_closing_finishes_what_was_asked_for(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    *queued, _ = await asyncio.gather(*(store.commit(enqueue()) for _ in range(50)), store.close())
    again = SqliteStore(path)
    await again.open()
    assert len(await numbers(again)) == len(queued) == 50
    await again.close()


async def test_a_read_sees_what_was_committed_before_it(store: SqliteStore) -> None:
    for count in range(1, 30):
        await store.commit(enqueue())
        assert len(await numbers(store)) == count


async def test_the_order_of_calls_is_the_order_of_numbers(store: SqliteStore) -> None:
    outcomes = await asyncio.gather(*(store.commit(enqueue(str(n))) for n in range(200)))
    messages = [message for (message,) in outcomes]
    assert [message.draft.payload_text for message in messages] == [str(n) for n in range(200)]
    assert [message.number for message in messages] == sorted(m.number for m in messages)


async def test_a_commit_is_written_through_to_the_disk(store: SqliteStore) -> None:
    assert await pragma(store, "synchronous") == 2  # FULL
    assert await writer_of(store).run(
        lambda connection: connection.execute("PRAGMA journal_mode").fetchone()
    ) == ("wal",)


async def test_the_time_of_a_naive_clock_is_a_bug(store: SqliteStore) -> None:
    with pytest.raises(TypeError, match="offset-naive"):
        await store.take(replace(receipt("k"), at=AT.replace(tzinfo=None)))


async def test_s4_what_was_replaced_is_gone_from_the_disk_once_it_is_scrubbed(path: Path) -> None:
    secret = "a password of old, and long enough to fill pages of its own " * 200
    store = SqliteStore(path)
    await store.open()
    await store.commit(SaveDocument("site", secret))
    await store.close()
    store = SqliteStore(path)
    await store.open()
    await store.commit(SaveDocument("site", "nothing to see"))
    assert is_on_disk(path, secret)
    await store.scrub()
    assert not is_on_disk(path, secret)
    assert await store.document("site") == "nothing to see"
    await store.commit(SaveDocument("site", "as before"))
    await store.close()


def is_on_disk(path: Path, text: str) -> bool:
    """Whether a part of the text stands in any file beside the data file."""
    return any(text[:40].encode() in each.read_bytes() for each in path.parent.iterdir())


async def test_a_store_that_cannot_be_scrubbed_says_so_and_goes_on(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.commit(SaveDocument("site", "kept"))
    monkeypatch.setitem(database.PRAGMAS, "busy_timeout", "0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            await store.scrub()
    assert await store.document("site") == "kept"


async def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    open_to_others(path)
    store = SqliteStore(path)
    await store.open()
    assert mode_of(path) == 0o600
    await store.close()


def open_to_others(path: Path) -> None:
    path.touch()
    path.chmod(0o644)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
