"""Firmware on its way in: fetched once, when the wallbox asks for it, and read as it comes."""

import asyncio
from typing import Final

import structlog

from wattgate.core.files.locations import Unusable, read_location
from wattgate.core.files.transfers import Transfer
from wattgate.ports.files import FileFolder, FileServers, Reach, TransferFailed
from wattgate.runtime.files.growing import GrowingFile
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

TRIES: Final = 3
"""Times that a server is asked before a wallbox is told that its file has not come."""

PAUSE_S: Final = 3.0
"""s between two of them."""


class Fetching:
    """Fetches files; each is there until it is dropped."""

    def __init__(self, servers: FileServers, folder: FileFolder, tasks: Supervisor) -> None:
        self._servers = servers
        self._folder = folder
        self._tasks = tasks
        self._files: dict[str, GrowingFile] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._served: set[str] = set()

    def file(self, transfer: Transfer, name: str, reach: Reach) -> GrowingFile:
        """The file of a transfer, begun to be fetched as `name` unless it is there.

        One that has failed is fetched anew: the wallbox has come again for it.
        """
        known = self._files.get(transfer.id)
        if known is not None and known.failure is None:
            return known
        file = GrowingFile(self._folder.path(name), name)
        if known is not None:
            self._folder.remove(known.path.name)
        self._files[transfer.id] = file
        self._running[transfer.id] = self._tasks.start(
            self._fetch(transfer, file, reach), name=f"{transfer.station_id} firmware"
        )
        return file

    def problem(self, transfer_id: str) -> str:
        """Why the file has not come; empty where nobody has asked for it, or nothing is wrong."""
        file = self._files.get(transfer_id)
        return (file.failure or "") if file is not None else ""

    def served(self, transfer_id: str) -> None:
        """The wallbox has been given its end."""
        self._served.add(transfer_id)

    def was_served(self, transfer_id: str) -> bool:
        """Whether the wallbox has been given its end."""
        return transfer_id in self._served

    def drop(self, transfer_id: str) -> None:
        """Nobody may ask for it any more; safe to repeat."""
        running = self._running.pop(transfer_id, None)
        if running is not None:
            running.cancel()
        file = self._files.pop(transfer_id, None)
        if file is not None:
            self._folder.remove(file.path.name)
        self._served.discard(transfer_id)

    async def _fetch(self, transfer: Transfer, file: GrowingFile, reach: Reach) -> None:
        failure: str | None = "given up"
        try:
            failure = await self._tried(transfer, file, reach)
        finally:
            file.ended(failure)
        about = {"station": transfer.station_id, "transfer": transfer.id}
        if failure is None:
            log.info("file fetched for a wallbox", bytes=file.written, **about)
        else:
            log.warning("a file could not be fetched for a wallbox", reason=failure, **about)

    async def _tried(self, transfer: Transfer, file: GrowingFile, reach: Reach) -> str | None:
        """Why it has not come; None where it has. What a wallbox has begun to read stays so."""
        location = read_location(transfer.location)
        if isinstance(location, Unusable):
            return location.reason
        for number in range(1, TRIES + 1):
            try:
                await self._servers.fetch(location, file.path, reach, file.grew)
            except TransferFailed as exc:
                if exc.is_final or file.written or number == TRIES:
                    return exc.reason
                await asyncio.sleep(PAUSE_S)
            else:
                return None
        return None
