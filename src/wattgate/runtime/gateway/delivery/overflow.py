"""Keeps one backend link's queue within its limit, as far as that costs nothing that counts."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from wattgate.core.gateway.thinning import every_second
from wattgate.ports.store import Settle, Store, StoreFailed
from wattgate.runtime.gateway.delivery.outbox_pump import STORE_RETRY_S, OutboxPump
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_PAGE: Final = 500
"""Messages that are looked at in one go: whoever wants to store something waits no longer."""


class Overflow:
    """Thins out a queue that is longer than `limit` (R72).

    Every second expendable message goes, the oldest included, again and again until the queue is
    short enough or nothing expendable is left; then it grows. The head, which may be on its way,
    stays in any case.
    """

    def __init__(self, pump: OutboxPump, store: Store, limit: Callable[[], int]) -> None:
        self._pump = pump
        self._store = store
        self._limit = limit
        self._due = asyncio.Event()
        self._vain_below = 0
        """Below this depth another attempt would find as little as the last one."""
        pump.on_added = self._look

    async def run(self) -> None:
        """Watch for ever."""
        self._look()
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._shorten()
            except StoreFailed as exc:
                say_not_stored(exc, link=self._pump.link_id)
                await asyncio.sleep(STORE_RETRY_S)
                self._look()

    def _look(self) -> None:
        depth, limit = self._pump.depth, self._limit()
        if depth <= limit:
            self._vain_below = 0
        elif depth >= self._vain_below:
            self._due.set()

    async def _shorten(self) -> None:
        pump, limit = self._pump, self._limit()
        before = pump.thinned
        while pump.depth > limit and await self._thin():
            pass
        if thinned := pump.thinned - before:
            log.warning(
                "queue was too long: meter values dropped",
                link=pump.link_id,
                dropped=thinned,
                waiting=pump.depth,
            )
        if pump.depth > limit:
            self._vain_below = pump.depth + limit // 10
            log.error(
                "queue is too long, and nothing in it may be dropped",
                link=pump.link_id,
                waiting=pump.depth,
                limit=limit,
            )

    async def _thin(self) -> int:
        """Go through the queue once; returns how many messages went."""
        after, keeps_next, gone = 0, False, 0
        while True:
            async with self._pump.behind_head() as head:
                after = max(after, head)
                page = await self._store.outbox(self._pump.link_id, after=after, limit=_PAGE)
                numbers, keeps_next = every_second(page, keeps_next=keeps_next)
                await self._store.commit(*(Settle(number) for number in numbers))
                self._pump.went(len(numbers))
            gone += len(numbers)
            if len(page) < _PAGE:
                return gone
            after = page[-1].number
