"""Firmware and diagnostics for wallboxes that reach nobody but this manager (R87)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from wattgate.core.files.reports import REPORT_OF, says_fetched, says_uploaded
from wattgate.core.files.rewriting import RELAYED, Direction
from wattgate.core.files.transfers import Held, Transfer
from wattgate.core.site.model import Site
from wattgate.ports.store import NoteRecord, Store, StoreFailed
from wattgate.runtime.files.book import TransferBook
from wattgate.runtime.files.delivering import Delivering
from wattgate.runtime.files.fetching import Fetching
from wattgate.runtime.files.file_desk import FileDesk
from wattgate.runtime.files.offering import Offering, Told
from wattgate.runtime.files.surroundings import Links, Outside, Surroundings
from wattgate.runtime.peer import Tools
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SWEEP_S: Final = 600.0
"""s between two looks for addresses whose time has passed."""


class FileRelay:
    """Passes files on, where a wallbox's `file_relay` says so, once it has begun."""

    def __init__(self, site: Callable[[], Site], store: Store) -> None:
        self._site = site
        self._book = TransferBook(store)
        self._working: _Working | None = None

    async def begin(
        self,
        outside: Outside,
        links: Links,
        tools: Tools,
        tasks: Supervisor,
        notes: Iterable[NoteRecord],
    ) -> None:
        """Go on with what was on its way before a restart; the backends' links must be there.

        The file port is opened where a wallbox may need it. Where it cannot be, that is said, and
        tried again with the next command.
        """
        self._book.recover(notes)
        around = Surroundings(self._site, outside, links, tools, tasks)
        self._working = working = _Working(around, self._book)
        await working.begin(is_needed=any(each.file_relay for each in self._site().wallboxes))

    async def close(self) -> None:
        """Close the file port; safe to repeat."""
        if self._working is not None:
            await self._working.counter.close()

    @property
    def closed_because(self) -> str:
        """Why the file port cannot be listened on; empty where nothing is wrong."""
        return self._working.closed_because if self._working is not None else ""

    def transfers(self) -> tuple[tuple[Transfer, str], ...]:
        """What is on its way, the oldest first, each with what went wrong last."""
        working = self._working
        if working is None:
            return ()
        return tuple((each, each.failed or working.problem(each.id)) for each in self._book.all())

    # Commands

    async def told(self, station_id: str, link_id: str, action: str, payload_text: str) -> Told:
        """What a wallbox is told in place of a backend's command; most often just that.

        Raises:
            StoreFailed: the transfer could not be kept.
        """
        is_relayed = action in RELAYED and self._site().wallbox(station_id).file_relay
        if self._working is None or not is_relayed:
            return Told(payload_text)
        return await self._working.told(station_id, link_id, action, payload_text)

    def refused(self, told: Told) -> None:
        """The wallbox will not do it: an address that it was told ends."""
        if self._working is not None and told.transfer_id:
            self._working.end_later(told.transfer_id)

    # Reports

    async def holds(self, station_id: str, link_id: str, action: str, payload_text: str) -> bool:
        """Whether a report for a backend is kept back until what it says is true there.

        Raises:
            StoreFailed: it is to be kept back, and could not be kept.
        """
        if self._working is None:
            return False
        if says_fetched(action, payload_text):
            self._working.has_its_firmware(station_id)
        for transfer in reversed(self._book.all()):
            whose = (transfer.station_id, transfer.link_id, REPORT_OF[transfer.action])
            is_here = transfer.received is not None
            if is_here and whose == (station_id, link_id, action):
                held = Held(action=action, payload_text=payload_text)
                is_held = says_uploaded(action, payload_text)
                return is_held and await self._working.delivering.hold(transfer, held)
        return False


class _Working:
    """A file relay that has begun."""

    def __init__(self, around: Surroundings, book: TransferBook) -> None:
        outside, tasks = around.outside, around.tasks
        self._around = around
        self._book = book
        self._fetching = Fetching(outside.servers, outside.folder, tasks)
        self.delivering = Delivering(around, book)
        self.counter = outside.counter(FileDesk(around, book, self._fetching, self.delivering))
        self.closed_because = ""
        self._offering = Offering(around, book, self.counter)

    async def begin(self, *, is_needed: bool) -> None:
        transfers = self._book.all()
        files = [each.received.name for each in transfers if each.received is not None]
        self._around.outside.folder.keep_only(files)
        for transfer in transfers:
            self.delivering.begin(transfer.id)
        if is_needed or transfers:
            try:
                await self.counter.open()
            except OSError as exc:
                self.closed_because = exc.strerror or str(exc)
                log.warning("the file port cannot be opened", reason=self.closed_because)
        self._around.tasks.spawn(self._sweep(), name="file transfers")

    async def told(self, station_id: str, link_id: str, action: str, payload_text: str) -> Told:
        told, replaced = await self._offering.told(station_id, link_id, action, payload_text)
        if told.transfer_id:
            self.closed_because = ""
        for each in replaced:
            self._fetching.drop(each.id)
        return told

    def problem(self, transfer_id: str) -> str:
        """Why its file has not come or gone yet; empty where nothing is wrong."""
        problem = self.delivering.problems.get(transfer_id)
        return problem or self._fetching.problem(transfer_id)

    def has_its_firmware(self, station_id: str) -> None:
        """The wallbox has been given a file to its end, and says that it needs it no more."""
        for each in self._book.all():
            is_its = each.station_id == station_id and each.direction is Direction.DOWNLOAD
            if is_its and self._fetching.was_served(each.id):
                self.end_later(each.id)

    def end_later(self, transfer_id: str) -> None:
        self._around.tasks.spawn(self._end(transfer_id), name="file transfer ends")

    async def _sweep(self) -> None:
        while True:
            now = self._around.tools.clock.wall()
            for transfer in self._book.all():
                if transfer.is_over(now):
                    log.info("the time for a file has passed", transfer=transfer.id)
                    await self._end(transfer.id)
            await asyncio.sleep(SWEEP_S)

    async def _end(self, transfer_id: str) -> None:
        try:
            await self._book.end(transfer_id)
        except StoreFailed as exc:
            say_not_stored(exc, transfer=transfer_id)
            return
        self._fetching.drop(transfer_id)
