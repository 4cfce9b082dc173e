import pytest
from tests.support.relayed import a_relayed_site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.adapters.web.backend_words import without_secrets
from wattgate.adapters.web.dto import BackendProblem, Boot
from wattgate.adapters.web.presenting import evse_of
from wattgate.core.gateway.link.link_status import Fault, LinkPhase, LinkStatus, LinkStep

SITE = """
[site]
max_current_a = 32
house_load_a = 0
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "wss://backend.example:8443/ocpp?key=hush"
"""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://backend.example/ocpp/CP1", "ws://backend.example/ocpp/CP1"),
        ("wss://backend.example:8443/a?key=hush", "wss://backend.example:8443/a"),
        ("ws://user:hush@backend.example/a#hush", "ws://backend.example/a"),
        ("ws://us@er:hush@[2001:db8::1]:80/a", "ws://[2001:db8::1]:80/a"),
    ],
)
def test_a_url_is_shown_without_what_may_be_a_key(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@in_virtual_time()
async def test_the_key_in_a_backends_url_is_not_told_in_its_reason_either() -> None:
    world = World(SITE)
    manager = await world.start()
    (state,) = manager.evses()
    link = state.evse.link
    assert link is not None
    reason = f"connecting to {link.identity.target.url}"
    link._state.status = LinkStatus(LinkPhase.CONNECTING, reason, link.status.since)
    told = evse_of(state).backend
    assert told is not None
    assert told.reason == "connecting to wss://backend.example:8443/ocpp/CP1"
    await world.kill()


@in_virtual_time()
async def test_why_a_backend_does_not_take_us_is_told_by_its_parts_but_no_key_r29() -> None:
    world = World(SITE)
    manager = await world.start()
    (state,) = manager.evses()
    link = state.evse.link
    assert link is not None
    at = link.status.since
    fault = Fault(LinkStep.HTTP, f"it redirects to {link.identity.target.url}", 302)
    link._state.status = link.status.failed(fault, at, at)
    told = evse_of(state).backend
    assert told is not None
    assert told.problem == BackendProblem(
        step="http",
        http_status=302,
        sentence="it redirects to wss://backend.example:8443/ocpp/CP1",
        since=at,
        attempts=1,
        next_attempt_at=at,
    )
    await world.kill()


@in_virtual_time()
async def test_a_relayed_login_is_told_like_any_other() -> None:
    site = await a_relayed_site()
    assert site.world.manager is not None
    (state,) = site.world.manager.evses()
    told = evse_of(state).backend
    assert told is not None
    assert (told.client_id, told.url, told.phase) == ("CP1", "ws://backend/CP1", "online")
    assert (told.queue_depth, told.problem) == (0, None)
    await site.world.kill()


@pytest.mark.parametrize(
    ("boot_text", "boot"),
    [
        (None, None),
        ("{}", Boot(None, None, None, None)),
        ("[]", None),
        (
            '{"chargePointVendor":"V","chargePointModel":"M","chargeBoxSerialNumber":"B"}',
            Boot("V", "M", None, "B"),
        ),
        (
            '{"chargePointSerialNumber":"P","chargeBoxSerialNumber":"B","firmwareVersion":""}',
            Boot(None, None, None, "P"),
        ),
        ('{"chargePointVendor":1}', Boot(None, None, None, None)),
    ],
)
def test_boot_data_are_told_as_far_as_they_go(boot_text: str | None, boot: Boot | None) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        world = World(SITE)
        manager = await world.start()
        (state,) = manager.evses()
        state.station.presence.boot_text = boot_text
        assert evse_of(state).boot == boot
        await world.kill()

    scenario()
