"""Where a wallbox's billing messages go, and that each of them counts once."""

from wattgate.ports.store import Receipt
from wattgate.runtime.gateway.backend_link import BackendLink
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station.station import Station


def link_id_of(evse: EvseOcpp16 | None) -> str | None:
    """The queue of an EVSE's backend; None without one."""
    return evse.link.identity.link_id if evse is not None and evse.link is not None else None


def link_named(station: Station, link_id: str | None) -> BackendLink | None:
    """The link of that name; None when the site has it no longer, and its queue waits."""
    for evse in station.evses:
        if evse.link is not None and evse.link.identity.link_id == link_id:
            return evse.link
    return None


def once(station: Station, key: str) -> Receipt:
    """The receipt for a message that is answered `{}`; a repetition has the same key (R68)."""
    return Receipt(station.station_id, key, "{}", station.house.tools.clock.wall())
