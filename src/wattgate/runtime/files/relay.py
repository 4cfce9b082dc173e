"""Firmware and diagnostics for wallboxes that reach nobody but this manager (R87)."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog

from wattgate.core.files.locations import Location, Unusable, names_behind, read_location
from wattgate.core.files.reports import REPORT_OF, says_fetched, says_uploaded
from wattgate.core.files.rewriting import (
    RELAYED,
    Direction,
    ends_at,
    location_in,
    our_url,
    token_in,
    with_location,
)
from wattgate.core.files.transfers import Held, Received, Transfer
from wattgate.core.site.file_relay import FileRelaySettings
from wattgate.core.site.model import Site
from wattgate.ports.files import Counter, FileFolder, FileServers, Reach
from wattgate.ports.store import NoteRecord, Store, StoreFailed
from wattgate.runtime.files.book import TransferBook
from wattgate.runtime.files.delivering import Delivering, Report
from wattgate.runtime.files.desk import PART, Refused, Visit
from wattgate.runtime.files.fetching import Fetching
from wattgate.runtime.files.growing import GrowingFile
from wattgate.runtime.peer import Tools
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SWEEP_S: Final = 600.0
"""s between two looks for addresses whose time has passed."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What passing files on needs from outside; the counter is opened when it is needed."""

    servers: FileServers
    folder: FileFolder
    counter: Counter


@dataclass(frozen=True, slots=True)
class Links:
    """What is to be known of backends, by link id, and of wallboxes, by ChargeBox ID.

    `own_reach` names a backend's own host and its terms of TLS; `host_of` the address that a
    wallbox comes from, empty while it is away.
    """

    own_reach: Callable[[str], Reach]
    report: Report
    host_of: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Told:
    """A command as the wallbox gets it; `transfer_id` is empty where it was left as it was."""

    payload_text: str
    transfer_id: str = ""


class FileRelay:
    """Passes files on, where a wallbox's `file_relay` says so. Implements Desk."""

    def __init__(
        self,
        site: Callable[[], Site],
        outside: Outside,
        links: Links,
        store: Store,
        tools: Tools,
        tasks: Supervisor,
    ) -> None:
        self._site = site
        self._outside = outside
        self._links = links
        self._tools = tools
        self._tasks = tasks
        self.book = TransferBook(store)
        self._fetching = Fetching(outside.servers, outside.folder, tasks)
        self.delivering = Delivering(
            self.book,
            outside.servers,
            outside.folder,
            tools,
            tasks,
            reach_of=self._reach,
            report=links.report,
            lifetime=self._lifetime,
        )

    def start(self, notes: Iterable[NoteRecord]) -> None:
        """Go on with what was on its way before a restart; the backends' links must be there."""
        self.book.recover(notes)
        files = [each.received.name for each in self.book.all() if each.received is not None]
        self._outside.folder.keep_only(files)
        for transfer in self.book.all():
            self.delivering.begin(transfer.id)
        self._tasks.spawn(self._sweep(), name="file transfers")

    # Commands

    def concerns(self, station_id: str, action: str) -> bool:
        """Whether a command to this wallbox names a place that is to become one of ours."""
        return action in RELAYED and self._site().wallbox(station_id).file_relay

    async def told(self, station_id: str, link_id: str, action: str, payload_text: str) -> Told:
        """What the wallbox is told in place of a command that `concerns` it.

        Where we do not go ourselves, and where there is nothing to be rewritten, it is the command
        as it was: the wallbox may know a way.

        Raises:
            StoreFailed: the transfer could not be kept.
        """
        place = await self._place(station_id, link_id, action, payload_text)
        if isinstance(place, Unusable):
            log.warning(
                "the place for a file is left to the wallbox",
                station=station_id,
                action=action,
                reason=place.reason,
            )
            return Told(payload_text)
        location, base_url = place
        transfer = self._transfer(station_id, link_id, action, payload_text)
        for replaced in await self.book.begin(transfer):
            self._fetching.drop(replaced.id)
        log.info(
            "a file is to pass through",
            station=station_id,
            transfer=transfer.id,
            action=action,
            place=location.shown(),
        )
        url = our_url(base_url, transfer.token, transfer.direction, location)
        return Told(with_location(action, payload_text, url), transfer.id)

    def refused(self, transfer_id: str) -> None:
        """The wallbox will not do it: its address ends."""
        self._tasks.spawn(self._end(transfer_id), name="file transfer refused")

    async def _place(
        self, station_id: str, link_id: str, action: str, payload_text: str
    ) -> tuple[Location, str] | Unusable:
        """Where the backend has the file, and where wallboxes find us."""
        text = location_in(action, payload_text)
        if text is None:
            return Unusable("the command names none")
        location = read_location(text)
        if isinstance(location, Unusable):
            return location
        complaint = await self._outside.servers.complaint(location, self._reach(link_id))
        if complaint is not None:
            return Unusable(complaint)
        base_url = await self._base_url(station_id)
        return base_url if isinstance(base_url, Unusable) else (location, base_url)

    async def _base_url(self, station_id: str) -> str | Unusable:
        try:
            port = await self._outside.counter.open()
            if self._settings.url:
                return self._settings.url
            address = self._outside.counter.address_towards(self._links.host_of(station_id))
        except OSError as exc:
            return Unusable(f"we cannot be reached for files: {exc.strerror or exc}")
        host = f"[{address}]" if ":" in address else address
        return f"http://{host}:{port}/"

    def _transfer(self, station_id: str, link_id: str, action: str, payload_text: str) -> Transfer:
        now, identifiers = self._tools.clock.wall(), self._tools.identifiers
        return Transfer(
            id=identifiers.message_id(),
            token=identifiers.salt().hex(),
            direction=RELAYED[action].direction,
            action=action,
            station_id=station_id,
            link_id=link_id,
            location=location_in(action, payload_text) or "",
            wallbox_host="" if self._settings.url else self._links.host_of(station_id),
            begun_at=now,
            ends_at=ends_at(payload_text, now, self._lifetime()),
        )

    # Reports

    def awaited(self, station_id: str, action: str, payload_text: str) -> Transfer | None:
        """The transfer whose end a report has to wait for: its file is here, and not there yet.

        A report that says the wallbox has its firmware ends that address.
        """
        if says_fetched(action, payload_text):
            self._has_its_firmware(station_id)
        if not says_uploaded(action, payload_text):
            return None
        waiting = [
            each
            for each in self.book.all()
            if (each.station_id, REPORT_OF[each.action]) == (station_id, action)
            and each.received is not None
        ]
        return waiting[-1] if waiting else None

    async def hold(self, transfer: Transfer, action: str, payload_text: str) -> bool:
        """Keep such a report until its file has arrived; False where it has, and it may go on.

        Raises:
            StoreFailed: it could not be kept.
        """
        held = Held(action=action, payload_text=payload_text)
        return await self.delivering.hold(transfer, held)

    def _has_its_firmware(self, station_id: str) -> None:
        for each in self.book.all():
            is_its = each.station_id == station_id and each.direction is Direction.DOWNLOAD
            if is_its and self._fetching.was_served(each.id):
                self._tasks.spawn(self._end(each.id), name="firmware fetched")

    # Desk

    def visit(self, path: str, host: str) -> Visit | None:
        """Who asks at that path, from that address."""
        found = token_in(path, _path_of(self._settings.url))
        if found is None:
            return None
        token, behind = found
        transfer = self.book.with_token(token, self._tools.clock.wall())
        names = names_behind(behind)
        if transfer is None or names is None:
            return None
        is_its = transfer.is_for(host) or host == self._links.host_of(transfer.station_id)
        return Visit(transfer, names) if is_its else None

    def firmware(self, visit: Visit) -> GrowingFile:
        """The file to be fetched."""
        transfer = visit.transfer
        name = self._tools.identifiers.message_id()
        return self._fetching.file(transfer, name, self._reach(transfer.link_id))

    def served(self, visit: Visit) -> None:
        """The wallbox has been given the end of its file."""
        self._fetching.served(visit.transfer.id)

    def refusal(self, visit: Visit, size: int) -> Refused | None:
        """Why a file of so many bytes is not taken."""
        if size > self._max_bytes:
            return Refused(f"larger than {self._settings.max_mb} MiB", is_too_large=True)
        if not self._outside.folder.has_room_for(size):
            return Refused("no room for it")
        return None

    def new_name(self) -> str:
        """A name for a file that begins to come."""
        return self._tools.identifiers.message_id()

    async def take(self, visit: Visit, received: Received) -> bool:
        """Keep a file that has come as a whole."""
        folder, transfer_id = self._outside.folder, visit.transfer.id
        await asyncio.to_thread(folder.keep, received.name + PART, received.name)
        before = self.book.get(transfer_id)
        try:
            kept = await self.book.change(
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
        self.delivering.begin(transfer_id)
        return True

    # Inside

    @property
    def _settings(self) -> FileRelaySettings:
        return self._site().file_relay

    @property
    def _max_bytes(self) -> int:
        return self._settings.max_mb * 2**20

    def _lifetime(self) -> timedelta:
        return timedelta(hours=self._settings.lifetime_h)

    def _reach(self, link_id: str) -> Reach:
        return replace(
            self._links.own_reach(link_id),
            into_the_house=self._settings.private_targets,
            max_bytes=self._max_bytes,
        )

    async def _sweep(self) -> None:
        while True:
            now = self._tools.clock.wall()
            for transfer in self.book.all():
                if transfer.is_over(now):
                    log.info("the time for a file has passed", transfer=transfer.id)
                    await self._end(transfer.id)
            await asyncio.sleep(SWEEP_S)

    async def _end(self, transfer_id: str) -> None:
        try:
            await self.book.end(transfer_id)
        except StoreFailed as exc:
            say_not_stored(exc, transfer=transfer_id)
            return
        self._fetching.drop(transfer_id)


def _path_of(url: str) -> str:
    return urlsplit(url).path
