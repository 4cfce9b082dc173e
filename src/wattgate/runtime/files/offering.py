"""An address of ours in place of the one that a backend names in a command (R87)."""

from dataclasses import dataclass

import structlog

from wattgate.core.files.locations import Location, Unusable, read_location
from wattgate.core.files.rewriting import RELAYED, ends_at, location_in, our_url, with_location
from wattgate.core.files.transfers import Transfer
from wattgate.ports.files import Counter
from wattgate.runtime.files.book import TransferBook
from wattgate.runtime.files.surroundings import Surroundings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """A command as the wallbox gets it; `transfer_id` is empty where it was left as it was."""

    payload_text: str
    transfer_id: str = ""


class Offering:
    """Begins transfers. The file port is opened when the first one needs it."""

    def __init__(self, around: Surroundings, book: TransferBook, counter: Counter) -> None:
        self._around = around
        self._book = book
        self._counter = counter

    async def told(
        self, station_id: str, link_id: str, action: str, payload_text: str
    ) -> tuple[Told, tuple[Transfer, ...]]:
        """What the wallbox is told in place of a command, and the transfers that end with it.

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
            return Told(payload_text), ()
        location, base_url = place
        transfer = self._transfer(station_id, link_id, action, payload_text)
        replaced = await self._book.begin(transfer)
        log.info(
            "a file is to pass through",
            station=station_id,
            transfer=transfer.id,
            action=action,
            place=location.shown(),
        )
        url = our_url(base_url, transfer.token, transfer.direction, location)
        return Told(with_location(action, payload_text, url), transfer.id), replaced

    async def _place(
        self, station_id: str, link_id: str, action: str, payload_text: str
    ) -> tuple[Location, str] | Unusable:
        """Where the backend has the file, and where wallboxes find us."""
        if not self._around.links.host_of(station_id):
            return Unusable("the wallbox is away")
        text = location_in(action, payload_text)
        if text is None:
            return Unusable("the command names none")
        location = read_location(text)
        if isinstance(location, Unusable):
            return location
        reach = self._around.reach(link_id)
        complaint = await self._around.outside.servers.complaint(location, reach)
        if complaint is not None:
            return Unusable(complaint)
        base_url = await self._base_url(station_id)
        return base_url if isinstance(base_url, Unusable) else (location, base_url)

    async def _base_url(self, station_id: str) -> str | Unusable:
        try:
            port = await self._counter.open()
            if self._around.settings.url:
                return self._around.settings.url
            address = self._counter.address_towards(self._around.links.host_of(station_id))
        except OSError as exc:
            return Unusable(f"we cannot be reached for files: {exc.strerror or exc}")
        host = f"[{address}]" if ":" in address else address
        return f"http://{host}:{port}/"

    def _transfer(self, station_id: str, link_id: str, action: str, payload_text: str) -> Transfer:
        links, is_proxied = self._around.links, bool(self._around.settings.url)
        now, identifiers = self._around.tools.clock.wall(), self._around.tools.identifiers
        return Transfer(
            id=identifiers.message_id(),
            token=identifiers.salt().hex(),
            direction=RELAYED[action].direction,
            action=action,
            station_id=station_id,
            link_id=link_id,
            location=location_in(action, payload_text) or "",
            wallbox_host="" if is_proxied else links.host_of(station_id),
            begun_at=now,
            ends_at=ends_at(payload_text, now, self._around.lifetime()),
        )
