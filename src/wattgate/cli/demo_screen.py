"""Where the demo is shown: live on a terminal, as lines anywhere else."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from wattgate.cli.demo_api import DemoApi
from wattgate.cli.demo_snapshot import Snapshot
from wattgate.cli.demo_view import lines, picture
from wattgate.cli.demo_words import event_line
from wattgate.ports.clock import Clock

EVENTS_SHOWN: Final = 8
EVENTS_AT_LEAST: Final = 3
OTHER_ROWS: Final = 14
"""Rows of the terminal that the view takes beside the events."""

REDRAW_S: Final = 0.5
LINES_S: Final = 2.0


class Paper(Console):
    """Standard output; `on_gone` is called when nobody reads it any more."""

    def __init__(self, on_gone: Callable[[], None]) -> None:
        super().__init__(highlight=False, soft_wrap=True)
        self._on_gone = on_gone

    def on_broken_pipe(self) -> None:
        """Go on without saying anything, instead of ending in the middle of something else."""
        with suppress(SystemExit):
            super().on_broken_pipe()
        self._on_gone()


class Screen:
    """Shows snapshots, and between them what happened."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._events: deque[str] = deque(maxlen=EVENTS_SHOWN)

    def say(self, line: str) -> None:
        """Print a line, exactly as it is."""
        self._console.print(line, markup=False)

    def happened(self, name: str, words: str | None) -> None:
        """Remember an event of the EVSE `name`; None is none."""
        if words is None:
            return
        line = event_line(self._clock.wall(), words, name=name)
        self._events.append(line)
        if not self._console.is_terminal:
            self.say(line)

    async def show(self, api: DemoApi) -> None:
        """Show until cancelled."""
        await (self._live(api) if self._console.is_terminal else self._plain(api))

    async def _live(self, api: DemoApi) -> None:
        with Live(console=self._console, auto_refresh=False) as live:
            while True:
                found = await api.snapshot()
                if isinstance(found, Snapshot):
                    view = picture(found, self._last_events(), self._console.width)
                    live.update(view, refresh=True)
                else:
                    live.update(Text(found, style="red"), refresh=True)
                await asyncio.sleep(REDRAW_S)

    async def _plain(self, api: DemoApi) -> None:
        while True:
            await asyncio.sleep(LINES_S)
            found = await api.snapshot()
            for line in lines(found) if isinstance(found, Snapshot) else (found,):
                self.say(event_line(self._clock.wall(), line))

    def _last_events(self) -> list[str]:
        rows = max(EVENTS_AT_LEAST, min(EVENTS_SHOWN, self._console.height - OTHER_ROWS))
        shown = list(self._events)[-rows:]
        return [""] * (rows - len(shown)) + shown
