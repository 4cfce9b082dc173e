"""The wallbox on a terminal: events above, the wallbox at a glance and the line typed beneath."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live

from wattgate.cli.line_editor import LineEditor
from wattgate.cli.wallbox_view import View, picture

REDRAW_S: Final = 0.5

_CHUNK_BYTES: Final = 4096


def is_terminal() -> bool:
    """Whether a person sits at both ends: a screen can be drawn, and keys can be read."""
    return sys.stdin.isatty() and sys.stdout.isatty()


class Screen:
    """Draws `look()` again and again, and gives `on_line` what is typed."""

    def __init__(
        self,
        look: Callable[[], View | None],
        on_line: Callable[[str], None],
        on_end: Callable[[], None],
        console: Console | None = None,
    ) -> None:
        self._look = look
        self._on_line = on_line
        self._on_end = on_end
        self._editor = LineEditor()
        self._console = console or Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False)

    def say(self, line: str) -> None:
        """Print a line above the picture, exactly as it is."""
        self._console.print(line, markup=False, emoji=False, soft_wrap=True)

    def typed(self, keys: str) -> None:
        """Take in what was typed."""
        for line in self._editor.feed(keys):
            self._on_line(line)
        if self._editor.has_ended:
            self._on_end()
        self.draw()

    def draw(self) -> None:
        """Show how things are now."""
        view = self._look()
        if view is not None:
            drawn = picture(view, self._editor.text, self._console.width)
            self._live.update(drawn, refresh=True)

    async def show(self, keys_fd: int = 0) -> None:
        """Show until cancelled; the terminal is left as it was."""
        loop = asyncio.get_running_loop()
        with _keys_at_once(keys_fd), self._live:
            loop.add_reader(keys_fd, self._read, keys_fd)
            try:
                while True:
                    self.draw()
                    await asyncio.sleep(REDRAW_S)
            finally:
                loop.remove_reader(keys_fd)

    def _read(self, keys_fd: int) -> None:
        try:
            keys = os.read(keys_fd, _CHUNK_BYTES)
        except OSError:
            keys = b""  # nobody has the terminal's other side open any more (pty(7))
        if keys:
            self.typed(keys.decode(errors="replace"))
        else:
            asyncio.get_running_loop().remove_reader(keys_fd)
            self._on_end()


@contextmanager
def _keys_at_once(keys_fd: int) -> Iterator[None]:
    """Get every key when it is typed, without echo; Ctrl-C stays a signal."""
    before = termios.tcgetattr(keys_fd)
    tty.setcbreak(keys_fd, termios.TCSADRAIN)  # what was typed before counts
    try:
        yield
    finally:
        termios.tcsetattr(keys_fd, termios.TCSADRAIN, before)
