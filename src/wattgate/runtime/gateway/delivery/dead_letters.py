"""Messages that a backend finally did not take, and how they are sent once more (R66)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from wattgate.ports.store import DeadLetter, Requeue, Store
from wattgate.runtime.gateway.link.backend_link import BackendLink

log = structlog.get_logger()

LOOKED_THROUGH: Final = 100_000
"""Letters that are looked through at most for those that are meant."""


@dataclass(frozen=True, slots=True)
class Resent:
    """So many letters are queued again, behind what waits already."""

    count: int


@dataclass(frozen=True, slots=True)
class NoSuchLetter:
    """Nothing was given up under that number, or it has been sent again."""


@dataclass(frozen=True, slots=True)
class NoBackend:
    """The letter is for no backend, or for one that the site has no more."""

    backend: str


class DeadLetters:
    """The dead letters of a site; `link_named` finds the link of a queue."""

    def __init__(self, store: Store, link_named: Callable[[str], BackendLink | None]) -> None:
        self._store = store
        self._link_named = link_named

    async def newest(self) -> tuple[DeadLetter, ...]:
        """The last 100, newest first."""
        return await self._store.dead_letters()

    def is_deliverable(self, letter: DeadLetter) -> bool:
        """Whether the site has the backend that it is for."""
        return self._link_named(letter.message.draft.link_id) is not None

    async def resend(self, number: int) -> Resent | NoSuchLetter | NoBackend:
        """Queue one letter again."""
        for letter in await self._store.dead_letters(limit=LOOKED_THROUGH):
            if letter.message.number == number:
                return await self._requeue(letter.message.draft.link_id, (number,))
        return NoSuchLetter()

    async def resend_all(self, backend: str) -> Resent | NoBackend:
        """Queue every letter of a backend again, in the order in which they were first queued.

        So a start goes before the messages that need its id (R64).
        """
        letters = await self._store.dead_letters(limit=LOOKED_THROUGH)
        numbers = (each.message.number for each in letters if each.message.draft.link_id == backend)
        return await self._requeue(backend, sorted(numbers))

    async def _requeue(self, backend: str, numbers: Iterable[int]) -> Resent | NoBackend:
        link = self._link_named(backend)
        if link is None:
            return NoBackend(backend)
        queued = await self._store.commit(*(Requeue(number) for number in numbers))
        for message in queued:
            link.pump.added(message)
        link.pump.given_up = max(0, link.pump.given_up - len(queued))
        link.deliver()
        log.info("dead letters queued again", link=backend, messages=len(queued))
        return Resent(len(queued))
