"""The demo's child processes: started, read, and certainly ended."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from wattgate.runtime.supervisor import Supervisor

PATIENCE_S: Final = 5.0
"""s that a process has to end by itself once it was asked to."""

LINES_KEPT: Final = 12
_LONGEST_LINE: Final = 1 << 20

OnLine = Callable[[str], None]


class Child:
    """One process. `last_lines` is what it said last, on standard output or error."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)

    def order(self, line: str) -> None:
        """Give it a command line; one that has ended does not hear it."""
        if self.process.stdin is not None and self.process.returncode is None:
            self.process.stdin.write(line.encode() + b"\n")

    def obituary(self) -> str:
        """How it ended, and its last words."""
        status = self.process.returncode
        how = f"exit status {status}"
        if status is not None and status < 0:
            how = f"killed by {signal.Signals(-status).name}"
        said = "".join(f"\n  {line}" for line in self.last_lines) or " nothing"
        return f"{self.name} has ended ({how}). It said last:{said}"


class Children:
    """All of them. `on_death` is called when the first one ends that was not asked to.

    What they still say once they are asked to end is only kept, not passed on.
    """

    def __init__(self, tasks: Supervisor, on_death: Callable[[], None]) -> None:
        self.dead: Child | None = None
        self._tasks = tasks
        self._on_death = on_death
        self._children: list[Child] = []
        self._is_stopping = False
        self._lifeline, self._our_end = os.pipe()

    async def start(
        self,
        name: str,
        arguments: Iterable[str],
        on_line: OnLine,
        *,
        secrets: Mapping[str, str] | None = None,
    ) -> Child:
        """Run `wattgate` with `arguments`; `on_line` gets each line of its standard output.

        `secrets` go into its environment, which other users of the machine cannot read. It is in
        a session of its own, so that Ctrl-C at the terminal reaches the demo alone.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "wattgate.cli.demo_child", str(self._lifeline)),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **(secrets or {})},
            pass_fds=(self._lifeline,),
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        child = Child(name, process)
        self._children.append(child)
        self._tasks.spawn(self._attend(child, on_line), name=f"demo: {name}")
        return child

    async def stop(self) -> None:
        """Ask all to end, and kill those that do not; afterwards none is left."""
        self._is_stopping = True
        running = [child.process for child in self._children if child.process.returncode is None]
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(process.wait() for process in running))
        for process in running:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        os.close(self._our_end)
        os.close(self._lifeline)

    async def _attend(self, child: Child, on_line: OnLine) -> None:
        def heard(line: str) -> None:
            if not self._is_stopping:
                on_line(line)

        await asyncio.gather(
            _read(child.process.stdout, child, heard),
            _read(child.process.stderr, child, lambda _line: None),
        )
        await child.process.wait()
        if self.dead is None and not self._is_stopping:
            self.dead = child
            self._on_death()


async def _read(stream: asyncio.StreamReader | None, child: Child, on_line: OnLine) -> None:
    while stream is not None and (raw := await stream.readline()):
        line = raw.decode(errors="replace").rstrip("\r\n")
        child.last_lines.append(line)
        on_line(line)
