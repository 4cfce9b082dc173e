"""Asyncio in virtual time: hours of waiting pass at once, in the order they would have passed.

For code on fake ports only. Time jumps as soon as nothing can run, so a real socket or a thread
of its own would be waited for in no time at all; work given to the loop's executor
(`asyncio.to_thread`) is waited for in real time, and virtual time stands still meanwhile.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from itertools import chain, count, repeat
from typing import Any, Final, TypeVar, TypeVarTuple

WALL_START: Final = datetime(2026, 5, 15, 12, tzinfo=UTC)
"""What the wall clock says at virtual second 0: a Friday at noon."""

WITHIN_S: Final = 3600.0
"""Virtual seconds a scenario may last unless it says otherwise."""

CLEAN_UP_S: Final = 600.0
"""Virtual seconds more for tasks to end in, once a scenario has failed."""

EXECUTOR_S: Final = 30.0
"""Real seconds the loop waits for a thread of its executor."""

ROUNDS_PER_INSTANT: Final = 100_000
"""Rounds of the loop at one instant, after which something spins without ever waiting."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class VirtualTimeError(AssertionError):
    """A scenario cannot go on, or went on for too long; says which tasks were waiting."""


class _JumpingSelector(selectors.DefaultSelector):
    """Asks the loop for the time to pass instead of letting it pass."""

    idle: Callable[[float | None], float]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0) or super().select(self.idle(timeout))


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` starts at 0 and jumps to the next timer when idle."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._now = 0.0
        self._end = within_s
        self._rounds = 0
        self._in_threads = 0
        selector = _JumpingSelector()
        selector.idle = self._idle
        super().__init__(selector)
        self.reports: list[str] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As in asyncio; virtual time stands still until the thread is done."""
        future = super().run_in_executor(executor, func, *args)
        self._in_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's name since 3.12
        """As in asyncio; waits in real time."""
        self._in_threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._in_threads -= 1

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self._in_threads -= 1

    def _idle(self, timeout: float | None) -> float:
        """How long to wait in real seconds: only for threads; else time jumps."""
        if timeout is not None and timeout <= 0:
            self._rounds += 1
            if self._rounds > ROUNDS_PER_INSTANT:
                raise self._failure("spins without ever waiting")
            return 0
        if self._in_threads:
            return EXECUTOR_S
        if timeout is None:
            raise self._failure("waits for something that nobody is going to do")
        self._jump(timeout)
        return 0

    def _jump(self, seconds: float) -> None:
        target = self._now + seconds
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # asyncio's own heap
        if timers and abs(timers[0].when() - target) < 1e-6:
            target = timers[0].when()  # to the digit: a deadline is reached, not nearly reached
        if target > self._end:
            raise self._failure(f"is not done after {self._end:g} virtual seconds")
        self._now = target
        self._rounds = 0

    def _failure(self, what: str) -> VirtualTimeError:
        self._end = self._now + CLEAN_UP_S
        self._rounds = 0
        waiting = sorted(map(_place, asyncio.all_tasks(self)))
        return VirtualTimeError(f"the scenario {what}\n" + "\n".join(waiting))

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.reports.append(f"{context['message']}: {error!r}" if error else context["message"])


def _place(task: asyncio.Task[Any]) -> str:
    """`  Task-1 at test_x.py:12 scenario`: which task, and the innermost line it waits at."""
    frames = task.get_stack()
    if not frames:
        return f"  {task.get_name()}"
    code, line = frames[-1].f_code, frames[-1].f_lineno
    return f"  {task.get_name()} at {code.co_filename}:{line} {code.co_qualname}"


def run_virtual(scenario: Coroutine[Any, Any, T], *, within_s: float = WITHIN_S) -> T:
    """Run `scenario` to its end in virtual time and return what it returns.

    Tasks it leaves behind are cancelled, as `asyncio.run` does. Raises VirtualTimeError when it
    lasts longer than `within_s` virtual seconds, when everything waits and no timer is left, when
    something spins, and when the loop reported an error that no task would have shown.
    """
    loop = VirtualTimeLoop(within_s)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        outcome = runner.run(scenario)
    if loop.reports:
        raise VirtualTimeError("the loop reported\n" + "\n".join(loop.reports))
    return outcome


def in_virtual_time(
    within_s: float = WITHIN_S,
) -> Callable[[Callable[..., Coroutine[Any, Any, None]]], Callable[..., None]]:
    """Decorate an `async def test_…`: runs in virtual time, with its fixtures and rows."""

    def decorate(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
        @functools.wraps(test)
        def run(*args: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the test asks for
            run_virtual(test(*args, **named), within_s=within_s)

        return run

    return decorate


class FakeClock:
    """The running loop's time as both clocks (`wattgate.ports.clock.Clock`)."""

    def __init__(self, start: datetime = WALL_START) -> None:
        self._start = start
        self.synchronised = True

    def monotonic(self) -> float:
        """Virtual seconds."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """The start plus the virtual seconds passed since, plus every jump."""
        return self._start + timedelta(seconds=self.monotonic())

    def is_synchronised(self) -> bool:
        """As `synchronised` says."""
        return self.synchronised

    def jump_wall(self, by_s: float) -> None:
        """Set the clock on the wall by `by_s` seconds, as time servers and owners do."""
        self._start += timedelta(seconds=by_s)


class ScriptedIdentifiers:
    """Identifiers and fractions known beforehand (`wattgate.ports.identifiers.Identifiers`).

    First those given, then `message-1`, `message-2`, … and always the fraction 0.
    """

    def __init__(self, message_ids: Iterable[str] = (), fractions: Iterable[float] = ()) -> None:
        self._message_ids = chain(message_ids, (f"message-{n}" for n in count(1)))
        self._fractions = chain(fractions, repeat(0.0))
        self._keys = (f"{n:040X}" for n in count(0xA0))

    def message_id(self) -> str:
        """The next id."""
        return next(self._message_ids)

    def salt(self) -> bytes:
        """Always the same."""
        return b"a pinch of salt"

    def authorization_key(self) -> str:
        """Another one each time."""
        return next(self._keys)

    def fraction(self) -> float:
        """The next fraction."""
        return next(self._fractions)
