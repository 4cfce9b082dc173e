"""What a link says of its connection, and when the log tells it (P23, S10)."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import World, a_backend, a_wallbox

from wattgate.core.gateway.link.link_status import LinkPhase
from wattgate.core.security.certificates import LinkSecurity
from wattgate.runtime.gateway.link.link_state import LinkState

SITE = """
[site]
max_current_a = 32
house_load_a = 0
load_management = "observe"
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend"
offline_policy = "{policy}"
"""


@in_virtual_time()
async def test_the_log_tells_what_a_connection_proves_once_per_change_p23() -> None:
    state = LinkState("link", "no boot data yet", FakeClock())
    with capture_logs() as logs:
        for security in (
            LinkSecurity.UNVERIFIED,
            LinkSecurity.UNVERIFIED,
            LinkSecurity.VERIFIED,
            LinkSecurity.VERIFIED,
            LinkSecurity.UNVERIFIED,
        ):
            state.enter(LinkPhase.CONNECTING, "connecting")
            state.connected(security)
            assert state.status.security is security
    told = [log for log in logs if log["event"] == "backend connection"]
    assert [log["log_level"] for log in told] == ["warning", "info", "warning"]
    assert "nobody vouches for the backend's certificate" in told[0]["security"]


def security_in(world: World) -> LinkSecurity | None:
    assert world.manager is not None
    (state,) = world.manager.evses()
    assert state.evse.login is not None
    return state.evse.login.status.security


@pytest.mark.parametrize("policy", ["hold", "drop"])
@in_virtual_time()
async def test_a_login_and_a_relayed_one_say_what_their_connection_proves_s10(policy: str) -> None:
    world = World(SITE.format(policy=policy))
    world.dialer.security = LinkSecurity.VERIFIED
    backend = world.dialer.backends["ws://backend/CP1"] = a_backend()
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await backend.got("BootNotification")
    assert security_in(world) is LinkSecurity.VERIFIED
    backend.hang_up()
    await asyncio.sleep(0.5)
    assert security_in(world) is None
    await world.kill()
