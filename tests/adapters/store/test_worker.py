"""Jobs in groups: one transaction for all that wait, and only the bad one fails."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from wattgate.adapters.store.worker import GROUP_LIMIT, Job, Worker
from wattgate.ports.store import StoreFailed

pytestmark = pytest.mark.asyncio


@dataclass
class Desk:
    """A worker with a log of what its connection was told, and a job that keeps it busy."""

    worker: Worker
    told: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def commits(self) -> int:
        return self.told.count("COMMIT")

    async def together(self, *jobs: Job[int], closing: bool = False) -> list[int | BaseException]:
        """Run the jobs so that all of them wait at the same time, the end behind them."""
        busy = threading.Event()

        def block(_: sqlite3.Connection) -> int:
            busy.set()
            self.release.wait(30)
            return 0

        async def begin() -> int:
            return await self.worker.run(block)

        async def let_go() -> int:
            self.release.set()
            return 0

        async def end() -> int:
            if closing:
                await self.worker.close()
            return 0

        blocked = asyncio.gather(begin())
        await asyncio.to_thread(busy.wait, 30)
        self.told.clear()
        # Started in this order: the last one runs when all the others have asked.
        outcomes = await asyncio.gather(
            *(self.worker.run(job) for job in jobs), end(), let_go(), return_exceptions=True
        )
        await blocked
        self.told.remove("COMMIT")  # of the job that blocked
        return outcomes[:-2]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE notes (note INTEGER NOT NULL)")
    desk = Desk(Worker("test", connection, begin="BEGIN"))
    connection.set_trace_callback(desk.told.append)
    yield desk
    await desk.worker.close()


def note(number: int | None) -> Job[int]:
    def write(connection: sqlite3.Connection) -> int:
        return connection.execute("INSERT INTO notes VALUES (?)", (number,)).rowcount

    return write


def fail(connection: sqlite3.Connection) -> int:
    connection.execute("INSERT INTO notes VALUES (-1)")
    raise ZeroDivisionError


async def notes(desk: Desk) -> list[int]:
    def read(connection: sqlite3.Connection) -> list[int]:
        return [row[0] for row in connection.execute("SELECT note FROM notes ORDER BY rowid")]

    return await desk.worker.run(read)


async def test_all_that_wait_share_one_transaction(desk: Desk) -> None:
    assert await desk.together(*(note(n) for n in range(100))) == [1] * 100
    assert desk.commits == 1
    assert await notes(desk) == list(range(100))


async def test_a_group_has_an_end(desk: Desk) -> None:
    await desk.together(*(note(n) for n in range(GROUP_LIMIT + 1)))
    assert desk.commits == 2


async def test_a_lone_job_does_not_wait_for_company(desk: Desk) -> None:
    for number in range(3):
        await desk.worker.run(note(number))
    assert desk.commits == 3


async def test_only_the_bad_job_of_a_group_fails_and_it_changes_nothing(desk: Desk) -> None:
    first, second, bug, refused, last = await desk.together(
        note(1), note(2), fail, note(None), note(3)
    )
    assert (first, second, last) == (1, 1, 1)
    assert isinstance(bug, ZeroDivisionError)
    assert isinstance(refused, StoreFailed)
    assert isinstance(refused.__cause__, sqlite3.IntegrityError)
    assert await notes(desk) == [1, 2, 3]


async def test_nobody_hears_of_a_job_before_its_transaction_is_committed(desk: Desk) -> None:
    outcomes = await desk.together(note(1))
    assert outcomes == [1]
    assert desk.told[-1] == "COMMIT"


async def test_a_commit_that_fails_fails_its_jobs(desk: Desk) -> None:
    # A deferred constraint is only checked at the commit.
    def set_up(connection: sqlite3.Connection) -> None:
        connection.execute(
            "CREATE TABLE child (parent INTEGER REFERENCES child(rowid) DEFERRABLE"
            " INITIALLY DEFERRED)"
        )

    def orphan(connection: sqlite3.Connection) -> int:
        return connection.execute("INSERT INTO child VALUES (99)").rowcount

    await desk.worker.run(set_up)
    await desk.worker.run(lambda connection: connection.execute("SELECT 1"))
    desk.worker._connection.execute("PRAGMA foreign_keys=ON")
    good, bad = await desk.together(note(1), orphan)
    assert good == 1
    assert isinstance(bad, StoreFailed)
    assert await notes(desk) == [1]


async def test_a_transaction_that_was_left_behind_heals(desk: Desk) -> None:
    desk.worker._connection.execute("BEGIN")
    with pytest.raises(StoreFailed, match="within a transaction"):
        await desk.worker.run(note(1))
    assert await desk.worker.run(note(2)) == 1
    assert await notes(desk) == [2]


async def test_a_caller_that_goes_away_does_not_disturb_the_others(desk: Desk) -> None:
    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await desk.worker.run(note(1))

    await asyncio.gather(impatient(), desk.worker.run(note(2)))
    assert await notes(desk) == [1, 2]


async def test_closing_finishes_the_jobs_before_it(desk: Desk) -> None:
    assert await desk.together(note(1), note(2), closing=True) == [1, 1]
    assert desk.commits == 1


async def test_closing_twice_at_once_is_fine_and_then_the_worker_refuses(desk: Desk) -> None:
    await asyncio.gather(desk.worker.close(), desk.worker.close())
    with pytest.raises(StoreFailed, match="closed"):
        await desk.worker.run(note(1))


async def test_a_loop_that_ended_first_leaves_the_work_done() -> None:
    gone, done = threading.Event(), threading.Event()

    def late(connection: sqlite3.Connection) -> int:
        gone.wait(30)
        return note(1)(connection)

    def elsewhere() -> threading.Thread:
        """Ask in a loop of its own that ends before the job does."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.execute("CREATE TABLE notes (note INTEGER NOT NULL)")
        connection.set_trace_callback(lambda told: done.set() if told == "COMMIT" else None)

        async def leave() -> Worker:
            worker = Worker("left behind", connection, begin="BEGIN")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await worker.run(late)
            return worker

        worker = asyncio.run(leave())
        worker._asked.put(None)
        return worker._thread

    thread = await asyncio.to_thread(elsewhere)
    gone.set()
    await asyncio.to_thread(thread.join, 30)
    assert not thread.is_alive()
    assert done.is_set()
