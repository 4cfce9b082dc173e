"""What wallboxes do at the file port: fetch what is offered, and bring what was asked for."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import structlog

from wattgate.core.files.locations import names_behind
from wattgate.core.files.rewriting import token_in
from wattgate.core.files.transfers import Received
from wattgate.ports.store import StoreFailed
from wattgate.runtime.files.book import TransferBook
from wattgate.runtime.files.delivering import Delivering
from wattgate.runtime.files.desk import PART, Refused, Visit
from wattgate.runtime.files.fetching import Fetching
from wattgate.runtime.files.growing import GrowingFile
from wattgate.runtime.files.surroundings import Surroundings

log = structlog.get_logger()


class FileDesk:
    """Implements Desk."""

    def __init__(
        self, around: Surroundings, book: TransferBook, fetching: Fetching, delivering: Delivering
    ) -> None:
        self._around = around
        self._folder = around.outside.folder
        self._book = book
        self._fetching = fetching
        self._delivering = delivering

    def visit(self, path: str, host: str) -> Visit | None:
        """Who asks at that path, from that address."""
        found = token_in(path, urlsplit(self._around.settings.url).path)
        if found is None:
            return None
        token, behind = found
        transfer = self._book.with_token(token, self._around.tools.clock.wall())
        names = names_behind(behind)
        if transfer is None or names is None:
            return None
        is_its = transfer.is_for(host) or host == self._around.links.host_of(transfer.station_id)
        return Visit(transfer, names) if is_its else None

    def firmware(self, visit: Visit) -> GrowingFile:
        """The file to be fetched."""
        transfer = visit.transfer
        name = self._around.tools.identifiers.message_id()
        return self._fetching.file(transfer, name, self._around.reach(transfer.link_id))

    def served(self, visit: Visit) -> None:
        """The wallbox has been given the end of its file."""
        self._fetching.served(visit.transfer.id)

    def refusal(self, visit: Visit, size: int) -> Refused | None:
        """Why a file of so many bytes is not taken."""
        if size > self._around.max_bytes:
            return Refused(f"larger than {self._around.settings.max_mb} MiB", is_too_large=True)
        if not self._folder.has_room_for(size):
            return Refused("no room for it")
        return None

    def new_name(self) -> str:
        """A name for a file that begins to come."""
        return self._around.tools.identifiers.message_id()

    async def take(self, visit: Visit, received: Received) -> bool:
        """Keep a file that has come as a whole."""
        transfer_id, folder = visit.transfer.id, self._folder
        await asyncio.to_thread(folder.keep, received.name + PART, received.name)
        before = self._book.get(transfer_id)
        try:
            kept = await self._book.change(
                transfer_id, lambda each: replace(each, received=received, failed="")
            )
        except StoreFailed:
            folder.remove(received.name)
            raise
        if kept is None:
            folder.remove(received.name)
            return False
        if before is not None and before.received is not None:
            folder.remove(before.received.name)
        log.info(
            "file taken from a wallbox",
            station=kept.station_id,
            transfer=transfer_id,
            bytes=received.size,
        )
        self._delivering.begin(transfer_id)
        return True
