"""The login at a backend that fails, is lost, and comes back."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    START,
    TAKEN,
    TWO_CONNECTORS,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.logins import CALM, URL, RefusingDialer, actions, after, now, the_link
from tests.support.virtual_time import ScriptedIdentifiers, in_virtual_time
from tests.support.world import BOOT, World

from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.gateway.link.link_status import Fault, LinkPhase, LinkProblem, LinkStep
from wattgate.ports.links import DialFailed, DialStep
from wattgate.runtime.peer import Peer

# Failing and coming back


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (DialFailed(DialStep.HTTP, "401 Unauthorized", 401), "http: 401 Unauthorized"),
        (DialFailed(DialStep.HTTP, "404 Not Found", 404), "http: 404 Not Found"),
        (DialFailed(DialStep.TCP, "connection refused"), "tcp: connection refused"),
        (DialFailed(DialStep.DNS, "no such host"), "dns: no such host"),
        (DialFailed(DialStep.SUBPROTOCOL, "the server chose none"), "subprotocol: the server"),
    ],
)
@in_virtual_time()
async def test_why_a_login_failed_is_said_and_it_is_not_hurried_r29(
    failure: DialFailed, words: str
) -> None:
    dialer = RefusingDialer(failure=failure)
    world = World(CALM, dialer=dialer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(1)
    status = the_link(world).status
    assert status.phase is LinkPhase.WAITING
    assert words in status.reason
    assert "next attempt in 10 s" in status.reason
    assert len(dialer.at) == 1
    await world.kill()


@in_virtual_time()
async def test_what_went_wrong_stays_visible_until_the_backend_has_accepted_us_r29() -> None:
    dialer = RefusingDialer(failure=DialFailed(DialStep.HTTP, "HTTP 401: password wrong", 401))
    backend = dialer.backends[URL] = literal_backend(
        BootNotification=lambda _: TAKEN | {"status": "Rejected", "interval": 90}
    )
    world = World(CALM, dialer=dialer)
    await world.start()
    began = world.clock.wall()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(1)
    denied = Fault(LinkStep.HTTP, "HTTP 401: password wrong", 401)
    assert the_link(world).status.problem == LinkProblem(denied, began, 1, after(began, 10))
    dialer.failure, dialer.slow_s = None, 5.0
    await asyncio.sleep(12)
    assert the_link(world).status.phase is LinkPhase.CONNECTING
    assert the_link(world).status.problem == LinkProblem(denied, began, 1, None)
    await asyncio.sleep(5)
    words = "the backend answered Rejected to the boot notification"
    rejected = Fault(LinkStep.REGISTRATION, words)
    assert the_link(world).status.problem == LinkProblem(rejected, began, 2, after(began, 105))
    backend.answers["BootNotification"] = lambda _: TAKEN
    await asyncio.sleep(100)
    assert the_link(world).is_online
    assert the_link(world).status.problem is None
    backend.hang_up(1001)
    await settled()
    problem = the_link(world).status.problem
    assert problem is not None
    assert problem.fault == Fault(LinkStep.CONNECTION, "connection closed (1001)")
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_leaves_takes_the_problem_along_r50() -> None:
    world = World(CALM)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    wallbox.hang_up()
    await asyncio.sleep(400)
    assert the_link(world).status.phase is LinkPhase.IDLE
    assert the_link(world).status.problem is None
    await world.kill()


@in_virtual_time()
async def test_two_gateways_never_share_the_chance_in_their_waits_r29() -> None:
    world = World(TWO_CONNECTORS, backoff=Backoff(10.0, 10.0))
    world.identifiers = ScriptedIdentifiers(fractions=(0.25, 0.75))
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(1)
    reasons = {the_link(world, each).status.reason for each in ("left", "right")}
    words = "tcp: connection refused; next attempt in {} s"
    assert reasons == {words.format(12), words.format(18)}
    await world.kill()


@in_virtual_time()
async def test_a_minute_of_stability_starts_the_waits_anew_too_r29() -> None:
    dialer = RefusingDialer(failure=DialFailed(DialStep.TCP, "connection refused"))
    world = World(CALM, dialer=dialer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await dialer.asked(3)
    dialer.failure = None
    backend = dialer.backends[URL] = literal_backend(BootNotification=lambda _: None)
    await backend.got("BootNotification")
    await asyncio.sleep(61)
    backend.hang_up()
    await settled()
    assert "next attempt in 10 s" in the_link(world).status.reason
    await world.kill()


@in_virtual_time()
async def test_waits_double_to_320_s_and_stay_r29() -> None:
    dialer = RefusingDialer(failure=DialFailed(DialStep.TCP, "connection refused"))
    world = World(CALM, dialer=dialer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await asyncio.sleep(1500)
    waits = [round(after - before) for before, after in zip(dialer.at, dialer.at[1:], strict=False)]
    assert waits == [10, 20, 40, 80, 160, 320, 320, 320]
    await world.kill()


@in_virtual_time()
async def test_only_an_accepted_boot_starts_the_waits_anew_r29() -> None:
    dialer = RefusingDialer()
    backend = dialer.backends[URL] = literal_backend(BootNotification=lambda _: None)
    world = World(CALM, dialer=dialer)
    await world.start()
    await world.boot("CP1", literal_wallbox())
    for _ in range(4):
        await backend.got("BootNotification", times=len(dialer.at))
        backend.hang_up()  # the socket opens each time, the boot is never accepted
        await dialer.asked(len(dialer.at) + 1)
    waits = [round(after - before) for before, after in zip(dialer.at, dialer.at[1:], strict=False)]
    assert waits == [10, 20, 40, 80]
    backend.answers["BootNotification"] = lambda _: TAKEN
    backend.hang_up()
    await backend.got("StatusNotification")
    at = now()
    backend.hang_up()
    await backend.got("StatusNotification", times=2)
    assert round(now() - at) == 10
    await world.kill()


@in_virtual_time()
async def test_a_lost_link_says_so() -> None:
    site = await a_site()
    site.backend.hang_up(1001)
    await settled()
    reason = the_link(site.world).status.reason
    assert reason == "connection closed (1001); next attempt in 10 s"
    await site.world.kill()


@in_virtual_time()
async def test_a_bug_while_serving_ends_the_login_and_it_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await a_site()
    link = the_link(site.world)

    def broken(peer: Peer) -> None:
        raise RuntimeError

    with monkeypatch.context() as bug:
        bug.setattr(link.pump, "attach", broken)
        site.backend.hang_up()
        await asyncio.sleep(11)
        assert not the_link(site.world).is_online
    await asyncio.sleep(30)
    assert the_link(site.world).is_online
    await result(site.wallbox, "StartTransaction", START)
    await site.backend.got("StartTransaction")
    await site.world.kill()


# Coming back without a boot


WITHOUT_BOOT = ONE_BACKEND + "boot_on_reconnect = false\n"


@in_virtual_time()
async def test_who_takes_no_boot_on_reconnect_gets_status_and_queue_at_once_r45() -> None:
    site = await a_site(site_toml=WITHOUT_BOOT)
    site.backend.hang_up()
    await settled()
    seen = len(site.backend.calls)
    await result(site.wallbox, "StartTransaction", START)
    await site.backend.got("StartTransaction")
    assert actions(site.backend, seen) == ["StatusNotification", "StartTransaction"]
    assert the_link(site.world).is_online
    await asyncio.sleep(310)
    assert "Heartbeat" in actions(site.backend, seen)  # at the interval of the first boot
    await site.world.kill()


@in_virtual_time()
async def test_a_boot_of_the_wallbox_is_told_after_the_reconnect_all_the_same_r45() -> None:
    site = await a_site(site_toml=WITHOUT_BOOT)
    site.backend.hang_up()
    await settled()
    seen = len(site.backend.calls)
    await result(site.wallbox, "BootNotification", BOOT)
    await site.backend.got("BootNotification", times=2)
    assert actions(site.backend, seen) == ["BootNotification"]
    await site.world.kill()


@in_virtual_time()
async def test_who_was_not_accepted_in_this_run_boots_on_every_reconnect_r45() -> None:
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"status": "Pending"})
    world = World(WITHOUT_BOOT)
    world.dialer.backends[URL] = backend
    await world.start()
    await world.boot("CP1", literal_wallbox())
    await backend.got("BootNotification")
    backend.hang_up()
    await backend.got("BootNotification", times=2)
    await world.kill()
    backend.answers["BootNotification"] = lambda _: TAKEN
    await world.start()
    wallbox = literal_wallbox()
    world.plug_in("CP1", wallbox)
    await backend.got("BootNotification", times=3)
    await world.kill()
