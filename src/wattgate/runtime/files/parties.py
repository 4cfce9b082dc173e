"""Whose files they are: the backends and wallboxes of the site, as the file relay sees them."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import structlog

from wattgate.core.security.host_names import is_address
from wattgate.ports.files import Reach
from wattgate.runtime.files.surroundings import Links
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.station import Station

log = structlog.get_logger()


def links_of(stations: Callable[[], Iterable[Station]]) -> Links:
    """What the file relay has to know of those that are there when it asks."""

    def backend(link_id: str) -> EvseBackend | None:
        evses = (evse for station in stations() for evse in station.evses)
        found = (evse.backend_of(link_id) for evse in evses)
        return next((each for each in found if each is not None), None)

    def own_reach(link_id: str) -> Reach:
        known = backend(link_id)
        if known is None:
            return Reach()
        target = known.link.identity.target
        host = urlsplit(target.url).hostname or ""
        address = host if is_address(host) else host_in(known.link.peer_address)
        return Reach(host, address, target.tls)

    async def report(link_id: str, action: str, payload_text: str) -> None:
        known = backend(link_id)
        if known is None:
            log.warning("a report for a backend that the site has no longer", link=link_id)
            return
        await known.north.kept_reports.keep(action, payload_text)
        if known.link.is_online:
            known.north.kept_reports.send(known.link)

    def host_of(station_id: str) -> str:
        for station in stations():
            if station.station_id == station_id and station.presence.peer is not None:
                return host_in(station.presence.peer.address)
        return ""

    return Links(own_reach, report, host_of)


def host_in(address: str) -> str:
    """The host of an address with a port: `192.0.2.7:49152`, `[2001:db8::7]:49152`."""
    return address.rpartition(":")[0].strip("[]")
