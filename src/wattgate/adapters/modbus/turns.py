"""Whose turn it is on a line: one request at a time, and every unit is heard."""

import asyncio
from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """What goes first: a write may be a reduction, and a fuse does not wait."""

    WRITE = 0
    READ = 1


@dataclass(eq=False, slots=True)
class _Waiting:
    unit: int
    urgency: Urgency
    called: asyncio.Future[None]


class Turns:
    """Gives the line to one at a time: writes before reads, then whoever's last turn is oldest."""

    def __init__(self) -> None:
        self._is_taken = False
        self._given = 0
        self._last: dict[int, int] = {}
        self._waiting: list[_Waiting] = []

    async def take(self, unit: int, urgency: Urgency) -> None:
        """Wait for the line; `pass_on` must follow. Safe to cancel at any time."""
        if self._is_taken:
            await self._called(unit, urgency)
        self._is_taken = True
        self._given += 1
        self._last[unit] = self._given

    async def _called(self, unit: int, urgency: Urgency) -> None:
        mine = _Waiting(unit, urgency, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            await mine.called
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self.pass_on()  # called and cancelled in the same moment
            raise

    def pass_on(self) -> None:
        """Leave the line to whoever comes next."""
        if not self._waiting:
            self._is_taken = False
            return
        following = min(self._waiting, key=self._rank)
        self._waiting.remove(following)
        following.called.set_result(None)

    def _rank(self, waiting: _Waiting) -> tuple[Urgency, int]:
        return waiting.urgency, self._last.get(waiting.unit, 0)
