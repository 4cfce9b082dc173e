"""What time a wallbox is told, and how a backend's clock is known (R46, R48)."""

import asyncio
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs
from tests.support.frames import ONE_BACKEND, TAKEN, a_site, literal_backend, result, settled
from tests.support.logins import CALM, the_link
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import BOOT, Json, Scripted, World, a_wallbox

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.runtime.gateway.link.backend_clock import BackendClock
from wattgate.runtime.peer import NoAnswer, Outcome

DIFFER = "our clock and the backend's differ"


async def told(wallbox: Scripted, world: World) -> float:
    """How far what the wallbox is told is ahead of our clock, s."""
    said = datetime.fromisoformat((await result(wallbox, "Heartbeat", {}))["currentTime"])
    return round((said - world.clock.wall()).total_seconds(), 1)


@in_virtual_time()
async def test_a_clock_that_a_time_server_keeps_is_what_the_wallbox_is_told_r48() -> None:
    site = await a_site()
    site.world.clock.jump_wall(3600)
    assert await told(site.wallbox, site.world) == 0
    await site.world.kill()


@in_virtual_time()
async def test_without_a_time_server_the_wallbox_is_told_the_backends_time_r48() -> None:
    site = await a_site(site_toml=CALM)
    site.world.clock.synchronised = False
    site.world.clock.jump_wall(-86400 * 365)
    assert await told(site.wallbox, site.world) == 86400 * 365
    await asyncio.sleep(250)  # its time goes on without it
    site.backend.hang_up()
    await settled()
    assert await told(site.wallbox, site.world) == 86400 * 365
    answer = await result(site.wallbox, "BootNotification", BOOT)
    assert answer["currentTime"] == "2026-05-15T12:04:10.020Z"
    await site.world.kill()


@pytest.mark.parametrize("site_toml", [ONE_BACKEND, ONE_BACKEND[: ONE_BACKEND.index("[[evse.g")]])
@in_virtual_time()
async def test_who_knows_no_better_tells_our_own_time_r48(site_toml: str) -> None:
    world = World(site_toml)
    world.clock.synchronised = False
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    assert await told(wallbox, world) == 0
    await world.kill()


@in_virtual_time()
async def test_a_difference_is_logged_once_until_it_is_gone_r48() -> None:
    clock = FakeClock()
    backend = BackendClock("link", clock)

    def says(ahead_s: float) -> None:
        at = (clock.wall() + timedelta(seconds=ahead_s)).isoformat()
        backend.heard(CallResult("1", f'{{"currentTime":"{at}"}}'))

    with capture_logs() as logs:
        for ahead_s in (5, 6, 60, 1, -7):
            says(ahead_s)
    assert [entry["ahead_s"] for entry in logs if entry["event"] == DIFFER] == [6.0, -7.0]


@pytest.mark.parametrize(
    "outcome",
    [
        CallResult("1", "{}"),
        CallError("1", "InternalError", "", "{}"),
        NoAnswer("no answer in time", was_sent=True),
    ],
)
@in_virtual_time()
async def test_what_tells_no_time_changes_none(outcome: Outcome) -> None:
    clock = BackendClock("link", FakeClock())
    clock.heard(outcome)
    assert (clock.now(), clock.ahead_s) == (None, None)


@pytest.mark.story
@in_virtual_time(within_s=300_000)
async def test_the_backends_time_is_asked_for_once_a_day_however_busy_the_link_is_r46() -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"interval": 1000})
    site = await a_site(backend=backend, site_toml=CALM.replace("cycle_s = 60", "cycle_s = 30"))
    values: Json = {"vendorId": "V"}
    for _ in range(200):
        await result(site.wallbox, "DataTransfer", values)
        await asyncio.sleep(900)
    assert len(backend.all_of("Heartbeat")) == 2
    assert the_link(site.world).is_online
    await site.world.kill()
