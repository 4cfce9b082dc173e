"""Diagnostics on their way out: kept until the backend's server has them, over restarts too."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from wattgate.core.files.locations import Unusable, destination_of, read_location
from wattgate.core.files.reports import as_failed
from wattgate.core.files.transfers import DELIVERY, Held, Received, Transfer
from wattgate.ports.files import TransferFailed
from wattgate.ports.store import StoreFailed
from wattgate.runtime.files.book import TransferBook
from wattgate.runtime.files.surroundings import Surroundings
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_STORE_AGAIN_S: Final = 60.0
"""s until what the store could not keep is tried again."""


class Delivering:
    """Delivers every file that wallboxes have put here, and then what they reported of it."""

    def __init__(self, around: Surroundings, book: TransferBook) -> None:
        self._around = around
        self._folder = around.outside.folder
        self._book = book
        self._in_order = asyncio.Lock()
        self._running: set[str] = set()
        self.problems: dict[str, str] = {}
        """Why the last attempt came to nothing, by id of the transfer."""

    def begin(self, transfer_id: str) -> None:
        """Deliver the file of a transfer, unless that is going on."""
        if transfer_id not in self._running:
            self._running.add(transfer_id)
            self._around.tasks.spawn(self._deliver(transfer_id), name=f"delivery {transfer_id}")

    async def _deliver(self, transfer_id: str) -> None:
        """Try until it has arrived or never will, then store that."""
        try:
            while (transfer := self._book.get(transfer_id)) is not None:
                received = transfer.received
                if received is None or transfer.failed:
                    return
                failure = await self._tried(transfer, received)
                if await self._is_ended(transfer_id, received, failure):
                    return
        finally:
            self._running.discard(transfer_id)
            self.problems.pop(transfer_id, None)

    async def _tried(self, transfer: Transfer, received: Received) -> str:
        """Why it will not arrive; empty where it has."""
        location = read_location(transfer.location)
        if isinstance(location, Unusable):
            return location.reason
        there, clock = destination_of(location, received.names), self._around.tools.clock
        until, failures = received.at + self._around.lifetime(), 0
        while True:
            reach = self._around.reach(transfer.link_id)
            try:
                path = self._folder.path(received.name)
                await self._around.outside.servers.deliver(there, path, received, reach)
            except TransferFailed as exc:
                failures += 1
                wait_s = DELIVERY.wait_s(failures, self._around.tools.identifiers.fraction())
                if exc.is_final or clock.wall() + timedelta(seconds=wait_s) > until:
                    return exc.reason
                self.problems[transfer.id] = exc.reason
                log.warning(
                    "a file could not be delivered; it is tried again",
                    **_about(transfer),
                    reason=exc.reason,
                    wait_s=round(wait_s),
                )
                await asyncio.sleep(wait_s)
                if not self._is_newest(transfer.id, received):
                    return ""
            else:
                return ""

    def _is_newest(self, transfer_id: str, received: Received) -> bool:
        """Whether the wallbox has not put another file in its place."""
        transfer = self._book.get(transfer_id)
        return transfer is not None and transfer.received == received

    async def _is_ended(self, transfer_id: str, received: Received, failure: str) -> bool:
        """Whether that was the end of it; not where another file has come in between.

        In any case nobody needs this one any more.
        """
        while self._is_newest(transfer_id, received):
            try:
                async with self._in_order:
                    await self._conclude(transfer_id, failure)
            except StoreFailed as exc:
                say_not_stored(exc, transfer=transfer_id)
                await asyncio.sleep(_STORE_AGAIN_S)
            else:
                self._folder.remove(received.name)
                return True
        self._folder.remove(received.name)
        return self._book.get(transfer_id) is None

    async def _conclude(self, transfer_id: str, failure: str) -> None:
        """Store that it has arrived or never will; what the wallbox has said of it goes on.

        Where it will say so only later, that has to become the truth then.
        """
        transfer = self._book.get(transfer_id)
        if transfer is None:
            return
        if failure:
            log.error("a file was not delivered", **_about(transfer), reason=failure)
        else:
            log.info("file delivered to the backend's server", **_about(transfer))
        if transfer.held is not None:
            await self._tell(transfer.link_id, transfer.held, is_failed=bool(failure))
        elif failure:
            until = self._around.tools.clock.wall() + self._around.lifetime()
            await self._book.change(
                transfer_id, lambda each: replace(each, failed=failure, ends_at=until)
            )
            return
        await self._book.end(transfer_id)

    async def hold(self, transfer: Transfer, held: Held) -> bool:
        """Keep the report that its file has arrived until it has; False where it is over already.

        Where the file was given up, the report goes on as that of a failure, and is the last one.

        Raises:
            StoreFailed: it could not be kept.
        """
        async with self._in_order:
            changed = await self._book.change(transfer.id, lambda each: replace(each, held=held))
            if changed is None:
                return False
            if changed.failed:
                await self._tell(changed.link_id, held, is_failed=True)
                await self._book.end(changed.id)
            return True

    async def _tell(self, link_id: str, held: Held, *, is_failed: bool) -> None:
        text = held.payload_text
        if is_failed:
            text = as_failed(held.action, text)
        await self._around.links.report(link_id, held.action, text)


def _about(transfer: Transfer) -> dict[str, str]:
    return {
        "station": transfer.station_id,
        "transfer": transfer.id,
        "link": transfer.link_id,
    }
