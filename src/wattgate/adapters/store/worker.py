"""A thread that owns one database connection and runs what it is asked in groups."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from sqlite3 import Connection, DatabaseError, OperationalError
from sqlite3 import Error as DriverError
from threading import Thread
from typing import Any, Final, TypeVar, assert_never

from wattgate.adapters.store.reserve import is_out_of_space
from wattgate.ports.store import StoreFailed

GROUP_LIMIT: Final = 512
"""Most jobs in one transaction: bounds how long the first of them waits for the last."""

Result = TypeVar("Result")
Job = Callable[[Connection], Result]


@dataclass(frozen=True, slots=True)
class _Asked:
    job: Job[Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    future: asyncio.Future[Any]
    result: Any


@dataclass(frozen=True, slots=True)
class _Failed:
    future: asyncio.Future[Any]
    error: Exception


_Outcome = _Done | _Failed


def _no_room() -> bool:
    return False


class Worker:
    """Runs jobs on its own connection: all that wait at a time in one transaction.

    A disk can make only so many transactions durable in a second, but each may hold many jobs.
    A job's caller hears of it after its transaction is committed. When one job of a group fails,
    each job of that group gets a transaction of its own, so that only the bad one fails.

    `connection` is the worker's alone from now on; `begin` is the statement that starts a
    transaction on it. `make_room` is called when the disk is full; where it says that there is room
    now, the same jobs are tried again. Create and use a worker in a running event loop.
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        *,
        begin: str,
        make_room: Callable[[], bool] = _no_room,
    ) -> None:
        self._connection = connection
        self._begin = begin
        self._make_room = make_room
        self.failing: str | None = None
        """Why the last transaction failed for a reason of the disk; None once one has written."""
        self._loop = asyncio.get_running_loop()
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._closed = False
        # A daemon, so that a process that forgot to close the store can still end.
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Job[Result]) -> Result:
        """Run a job; what it wrote is on disk when this returns.

        If the caller is cancelled, the job may be done all the same.

        Raises:
            StoreFailed: the database refused, or the worker is closed; the job changed nothing.

        """
        if self._closed:
            raise StoreFailed("the store is closed")
        future: asyncio.Future[Result] = self._loop.create_future()
        self._asked.put(_Asked(job, future))
        return await future

    async def close(self) -> None:
        """Finish what was asked for, then let go of the connection."""
        if not self._closed:
            self._closed = True
            self._asked.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while group := self._next_group():
            self._report(self._run(group))
        self._connection.close()

    def _run(self, group: list[_Asked]) -> list[_Outcome]:
        written = self._connection.total_changes
        try:
            self._connection.execute(self._begin)
            results = [asked.job(self._connection) for asked in group]
            self._connection.commit()
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            self._roll_back()
            return self._try_again(group, error)
        if self._connection.total_changes > written:
            self.failing = None
        return [_Done(asked.future, result) for asked, result in zip(group, results, strict=True)]

    def _try_again(self, group: list[_Asked], error: Exception) -> list[_Outcome]:
        if is_out_of_space(error) and self._make_room():
            return self._run(group)
        if len(group) > 1:
            return [outcome for asked in group for outcome in self._run([asked])]
        if type(error) in (OperationalError, DatabaseError):  # not those of a statement or value
            self.failing = str(error)
        return [_Failed(group[0].future, _explained(error))]

    def _roll_back(self) -> None:
        # Where even this fails, the next transaction cannot begin: its jobs fail, and it is
        # tried again.
        with suppress(DriverError):
            self._connection.rollback()

    def _next_group(self) -> list[_Asked]:
        """Wait for a job and take along all that wait behind it; empty when closed."""
        group: list[_Asked] = []
        asked = self._asked.get()
        while asked is not None:
            group.append(asked)
            if len(group) == GROUP_LIMIT:
                return group
            try:
                asked = self._asked.get_nowait()
            except Empty:
                return group
        if group:
            self._asked.put(None)  # for the next time: nothing comes after it
        return group

    def _report(self, outcomes: list[_Outcome]) -> None:
        # A closed loop has nobody left who waits; what was asked for is still done.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_resolve, outcomes)


def _explained(error: Exception) -> Exception:
    """Say StoreFailed for what the database or its driver refused; a bug stays what it is."""
    match error:
        case DriverError() | OverflowError() | UnicodeError():  # the latter: no value for SQLite
            failed = StoreFailed(str(error))
        case _:
            return error
    failed.__cause__ = error
    return failed


def _resolve(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        if outcome.future.done():
            continue  # its caller was cancelled
        match outcome:
            case _Done(future, result):
                future.set_result(result)
            case _Failed(future, error):
                future.set_exception(error)
            case _:
                assert_never(outcome)
