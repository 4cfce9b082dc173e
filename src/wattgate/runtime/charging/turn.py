"""Whose turn it is at one connector of a wallbox: the newest command's."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.profile_commands import Commands, Step


class Turn:
    """The commands of one connector: a newer one takes the place of the one on its way."""

    def __init__(self, commands: Commands, connector: int) -> None:
        self.profile_writes = 0
        self.forgave = False
        """Whether the newest command went on after a refusal."""
        self._commands = commands
        self._connector = connector
        self._newest = 0
        self._on_their_way = 0
        self._landed = asyncio.Event()

    def begin(self) -> int:
        """Take over; the number of the new command."""
        self._newest += 1
        return self._newest

    def is_newest(self, number: int) -> bool:
        """Whether no newer command has begun."""
        return self._newest == number

    @contextmanager
    def under_way(self) -> Iterator[int]:
        """Take over for the length of a `with` block; the number of the new command."""
        self._on_their_way += 1
        try:
            yield self.begin()
        finally:
            self._on_their_way -= 1
            if not self._on_their_way:
                self._landed.set()

    async def all_landed(self) -> None:
        """Wait until no `with` block is under way."""
        while self._on_their_way:
            self._landed.clear()
            await self._landed.wait()

    async def carry_out(
        self,
        number: int,
        steps: Iterable[Step],
        priority: Priority,
        on_begun: Callable[[], None] | None = None,
        *,
        forgiving: bool = True,
    ) -> LimitOutcome:
        """Take the steps one by one, until one fails or a newer command takes over.

        `on_begun` is called before a SetChargingProfile goes out. Unless `forgiving`, a refusal
        of a step that may fail is the outcome, once all others were taken.
        """
        begun, best = False, LimitOutcome.ACCEPTED
        self.forgave = False
        for step in steps:
            if not self.is_newest(number):
                return _unfinished(begun)
            outcome = await self._take(step, priority, on_begun)
            if outcome is LimitOutcome.UNSENT:
                return _unfinished(begun)
            if outcome is LimitOutcome.UNANSWERED:
                return outcome
            if outcome is LimitOutcome.REFUSED:
                if not step.may_fail:
                    return outcome
                self.forgave = True
                best = LimitOutcome.ACCEPTED if forgiving else outcome
            begun = True
        return best

    async def _take(
        self, step: Step, priority: Priority, on_begun: Callable[[], None] | None
    ) -> LimitOutcome:
        sets = step.profile is not None
        if sets and on_begun is not None:
            on_begun()
        outcome = await self._commands.take(step, self._connector, priority)
        if sets and outcome is not LimitOutcome.UNSENT:
            self.profile_writes += 1
        return outcome


def _unfinished(begun: bool) -> LimitOutcome:
    return LimitOutcome.UNANSWERED if begun else LimitOutcome.UNSENT
