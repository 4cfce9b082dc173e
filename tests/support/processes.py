"""The real programs: started as processes, typed at, waited for, and certainly ended.

Nothing here sleeps: every wait ends with a line that some process printed, or fails in time with
the last words of all of them.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")
Event = dict[str, Any]

LIMIT_S: Final = 60.0
"""s that anything may take that a test waits for, unless it says otherwise."""

WATTGATE: Final = Path(sys.prefix) / "bin/wattgate"

_LINES_TOLD: Final = 25
_CHARS_TOLD: Final = 300
_STDIN: Final = 0


class Program(asyncio.SubprocessProtocol):
    """A running process.

    `events` are the JSON objects of its standard output and its log, `lines` all other lines, both
    in the order in which they came.
    """

    def __init__(self, name: str, heard: Callable[[], None]) -> None:
        self.name = name
        self.events: list[Event] = []
        self.lines: list[str] = []
        self.pid = 0
        self.status: int | None = None
        self.may_fail = False
        self._heard = heard
        self._rests: dict[int, bytes] = {}
        self._transport: asyncio.SubprocessTransport | None = None
        self._ended = asyncio.Event()

    @property
    def mark(self) -> int:
        """Where the events stand now; given as `since` later, only newer ones count."""
        return len(self.events)

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    @property
    def has_failed(self) -> bool:
        """Whether it has ended by itself, and badly."""
        return self.has_ended and self.status != 0 and not self.may_fail

    def type(self, *lines: str) -> None:
        """Type lines at its standard input."""
        assert self._transport is not None
        stdin = self._transport.get_pipe_transport(_STDIN)
        assert isinstance(stdin, asyncio.WriteTransport)
        stdin.write("".join(f"{line}\n" for line in lines).encode())

    def find(self, kind: str, since: int = 0, **facts: object) -> Event | None:
        """The first event of a kind with these facts; None where there is none yet."""
        return next(iter(self.all_of(kind, since, **facts)), None)

    def all_of(self, kind: str, since: int = 0, **facts: object) -> list[Event]:
        """Every event of a kind with these facts."""
        return [
            event
            for event in self.events[since:]
            if event.get("event") == kind and facts.items() <= event.items()
        ]

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.has_ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def end(self) -> int:
        """Wait until it has ended; its exit status, or minus the signal."""
        async with asyncio.timeout(LIMIT_S):
            await self._ended.wait()
        assert self.status is not None
        return self.status

    async def kill(self) -> None:
        """End it at once and by force, as a power cut would."""
        self.may_fail = True
        self.signal(signal.SIGKILL)
        await self.end()

    def story(self) -> str:
        """What it said last, for the message of a failed test."""
        told = [*map(json.dumps, self.events[-_LINES_TOLD:]), *self.lines[-_LINES_TOLD:]]
        lines = (line[:_CHARS_TOLD] for line in told)
        return f"--- {self.name} (status {self.status})\n" + "\n".join(lines)

    def complaints(self) -> list[str]:
        """What it must never say or do: a traceback, an error in its log, a bad end."""
        said = [line for line in self.lines if line.startswith("Traceback")]
        said += [str(event) for event in self.events if event.get("level") in ("error", "critical")]
        if self.has_failed:
            said.append(f"exit status {self.status}")
        return said

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        self.pid = transport.get_pid()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rests[fd] = (self._rests.get(fd, b"") + data).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace"))
        if lines:
            self._heard()

    def _take(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if isinstance(event, dict):
            self.events.append(event)
        else:
            self.lines.append(line)

    def connection_lost(self, exc: Exception | None) -> None:
        """Every pipe is closed and the process has ended."""
        assert self._transport is not None
        self.status = self._transport.get_returncode()
        self._transport.close()
        self._ended.set()
        self._heard()


class Stage:
    """All processes of one test; leaving it ends them and looks at how they took it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs: list[Program] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in self._programs:
            program.signal(signal.SIGTERM)
            program.signal(signal.SIGCONT)  # one that is held up cannot end
        for program in self._programs:
            try:
                await program.end()
            except TimeoutError:
                await program.kill()
                program.may_fail = False
        if kind is None:
            complaints = {p.name: told for p in self._programs if (told := p.complaints())}
            assert not complaints, f"{complaints}\n{self.story()}"

    async def start(self, name: str, *words: str | Path, **environment: str) -> Program:
        """Run `wattgate` with these words."""
        program = Program(name, self._news.set)
        await asyncio.get_running_loop().subprocess_exec(
            lambda: program,
            WATTGATE,
            *map(str, words),
            env={**os.environ, **environment},
        )
        self._programs.append(program)
        return program

    async def until(self, find: Callable[[], T | None], what: str, within_s: float = LIMIT_S) -> T:
        """Wait until `find` gives something true, asking again whenever any process spoke.

        A process that has died makes it fail at once.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not (found := find()) and not any(each.has_failed for each in self._programs):
                    self._news.clear()
                    await self._news.wait()
                if found:
                    return found
        raise AssertionError(f"never happened: {what}\n{self.story()}")

    async def event(self, program: Program, kind: str, since: int = 0, **facts: object) -> Event:
        """Wait for an event of a kind with these facts; one that came before counts, too."""
        return await self.until(
            lambda: program.find(kind, since, **facts), f"{program.name}: {kind} {facts or ''}"
        )

    async def said(self, program: Program, beginning: str) -> str:
        """Wait for a line; what follows its beginning."""
        line = await self.until(
            lambda: next((line for line in program.lines if line.startswith(beginning)), None),
            f"{program.name}: {beginning}",
        )
        return line.removeprefix(beginning)

    def story(self) -> str:
        """The last words of all."""
        return "\n".join(program.story() for program in self._programs)


_PORTS: Final = range(20_000, 30_000)
_numbers: Final = itertools.count(os.getpid() * 101)
_claims: Final[list[socket.socket]] = []


def free_port() -> int:
    """A port to listen on now and again later.

    It lies below those that the system gives to outgoing connections (`ip_local_port_range`), so
    that nobody takes it between two listeners, not even who dials it in vain. Nor does another
    run of tests at the same time: who was given a port has it until its process ends.
    """
    for number in itertools.islice(_numbers, len(_PORTS)):
        port = _PORTS[number % len(_PORTS)]
        if _claim(port) and _is_free(port):
            return port
    raise AssertionError("no port is free")


def _claim(port: int) -> bool:
    """Say to all other runs that a port is ours; False where one of them was first.

    An abstract Unix socket (unix(7)) is no file and is gone with its process.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0wattgate test port {port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
