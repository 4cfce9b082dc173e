"""Puts mode T together for one wallbox, and says where it holds (protocol-rules §1)."""

from typing import Final

import structlog

from wattgate.core.site.model import EvseSettings, LoadManagement, OfflinePolicy, Site
from wattgate.ports.store import Recovered
from wattgate.runtime.gateway.link.relay_link import RelayLink
from wattgate.runtime.station.observer import Observer
from wattgate.runtime.station.open_transactions import RELAYED
from wattgate.runtime.station.relay import Relay
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

SERVICE_RESTART: Final = 1012
"""WebSocket close code for a wallbox that is to begin anew, because its mode has changed."""


def relayed(link_id: str) -> str:
    """The name of a link's relayed transactions in the store: there the ids are the backend's."""
    return link_id + RELAYED


def is_relayed(settings: EvseSettings, link_id: str, site: Site, recovered: Recovered) -> bool:
    """Whether wallbox and backend talk to each other directly in this run.

    A transaction ends in the mode in which it began, since only there its ids mean something; what
    is queued is delivered first. So a change of `offline_policy` may wait for the next start.
    """
    if site.site.load_management is not LoadManagement.OBSERVE:
        return False
    open_links = {record.start.link_id for record in recovered.open_transactions}
    if relayed(link_id) in open_links:
        return True
    if settings.gateways[0].offline_policy is not OfflinePolicy.DROP:
        return False
    holds = link_id in open_links or recovered.outbox_depths.get(link_id, 0) > 0
    if holds:
        log.warning("hold goes on: something from before is to be delivered", evse=settings.id)
    return not holds


def begin_to_relay(station: Station, evse: StationEvse, link: RelayLink) -> None:
    """From its next connection on the wallbox talks to its backend."""
    observer = Observer(station, relayed(link.identity.link_id))
    relay = Relay(station, link, observer)
    evse.relay = link
    station.on_call = relay.called
    station.on_connected = relay.wallbox_came
    station.on_left = relay.wallbox_left
    if station.presence.peer is not None:
        station.presence.peer.cut(SERVICE_RESTART, "the offline policy has changed")
