"""The screen on a pseudo-terminal: keys go in as from a keyboard."""

import asyncio
import io
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from rich.console import Console
from tests.cli.test_wallbox_view import VIEW

from wattgate.cli.wallbox_screen import Screen
from wattgate.runtime.supervisor import Supervisor

LIMIT_S = 30


@dataclass
class Bench:
    """A keyboard (`ours`) on a terminal, and what was typed at the screen in front of it."""

    ours: int
    its: int
    console: Console = field(
        default_factory=lambda: Console(
            file=io.StringIO(), force_terminal=True, width=80, highlight=False
        )
    )
    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def screen(self) -> Screen:
        return Screen(lambda: VIEW, self.lines.put_nowait, self.ended.set, self.console)

    @property
    def shown(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(*pty.openpty())
    yield bench
    for end in (bench.ours, bench.its):
        with suppress(OSError):
            os.close(end)


@pytest.mark.asyncio
async def test_what_is_typed_is_shown_and_heeded_and_the_terminal_is_left_as_it_was(
    bench: Bench,
) -> None:
    before = termios.tcgetattr(bench.its)
    screen = bench.screen()
    async with asyncio.timeout(LIMIT_S), Supervisor() as tasks:
        tasks.spawn(screen.show(bench.its), name="screen")
        os.write(bench.ours, b"plug\n")
        assert await bench.lines.get() == "plug"
        os.write(bench.ours, b"rfid 04")
        os.write(bench.ours, b"A1\n")
        assert await bench.lines.get() == "rfid 04A1"
        screen.say("[bold] is no markup, :cat: no picture")
        assert "[bold] is no markup, :cat: no picture" in bench.shown
        assert "OCPP 16.0 A   Modbus 10.0 A" in bench.shown
        assert not bench.ended.is_set()
        os.write(bench.ours, b"\x04")
        await bench.ended.wait()
    assert termios.tcgetattr(bench.its) == before


@pytest.mark.asyncio
async def test_a_terminal_that_is_gone_is_the_end(bench: Bench) -> None:
    async with asyncio.timeout(LIMIT_S), Supervisor() as tasks:
        tasks.spawn(bench.screen().show(bench.its), name="screen")
        os.write(bench.ours, b"x\n")
        await bench.lines.get()
        os.close(bench.ours)
        await bench.ended.wait()
