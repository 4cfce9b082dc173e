"""A wallbox and a backend that talk to each other directly, because the site says `drop`."""

from tests.support.frames import Literal, Site, literal_backend, literal_wallbox, settled
from tests.support.logins import URL, RefusingDialer
from tests.support.world import World, status_of

from wattgate.core.gateway.link.link_status import LinkStatus

DROP = """
[site]
load_management = "observe"
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend/"
offline_policy = "drop"
"""


def a_relaying_world(backend: Literal | None = None, site_toml: str = DROP) -> World:
    """A site in mode T whose backend is `backend`, or away."""
    dialer = RefusingDialer()
    if backend is not None:
        dialer.backends[URL] = backend
    return World(site_toml, dialer)


async def a_relayed_site(backend: Literal | None = None, wallbox: Literal | None = None) -> Site:
    """Both are there, and the backend has accepted the wallbox."""
    backend, wallbox = backend or literal_backend(), wallbox or literal_wallbox()
    world = a_relaying_world(backend)
    await world.start()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(1, "Available"))
    return Site(world, wallbox, backend)


def status(world: World) -> LinkStatus:
    """Where the relayed login stands."""
    assert world.manager is not None
    state = world.manager.evse("stall-1")
    assert state is not None
    assert state.evse.relay is not None
    return state.evse.relay.status


async def is_gone(wallbox: Literal) -> tuple[int, str] | None:
    """With what it was sent away, None where it was not."""
    await settled()
    return wallbox.closed_with
