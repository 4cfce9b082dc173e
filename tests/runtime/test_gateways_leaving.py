"""A backend of an EVSE leaves, at whatever moment that comes."""

import asyncio

from structlog.testing import capture_logs
from tests.support.frames import settled
from tests.support.live_site import GONE_S, a_live_site, gateway, report, session
from tests.support.virtual_time import in_virtual_time

A, REPORT_B = gateway("a"), report("b")


@in_virtual_time()
async def test_r69_what_comes_long_after_a_backend_has_left_is_kept_for_it_and_that_is_said() -> (
    None
):
    live = await a_live_site(A)
    first = await live.start()
    await live.stop(first)
    await live.change()
    await asyncio.sleep(GONE_S)
    with capture_logs() as lines:
        await live.measure(first)
    said = [line for line in lines if line["event"].startswith("message for a backend")]
    assert [line["link"] for line in said] == ["stall-1 CP1@a"]
    await live.change(A)
    await live.backends["a"].got("MeterValues")
    assert live.billed("a") == [*session(1001, 0), ("MeterValues", 1001)]
    await live.world.kill()


@in_virtual_time()
async def test_r49_a_backend_that_leaves_while_it_is_told_the_states_hears_no_more_of_them() -> (
    None
):
    live = await a_live_site(A)
    slow = live.backends["b"]
    slow.answers["StatusNotification"] = lambda _: None
    first = await live.start()
    await live.change(A, REPORT_B)
    second = await live.start("04B2")
    await slow.got("StatusNotification")
    await live.change(A)
    slow.answers["StatusNotification"] = lambda _: {}
    (held,) = slow.held["StatusNotification"]
    slow.send(f'[3,"{held}",{{}}]')
    await settled()
    await live.stop(second)
    assert slow.closed_with is None
    assert len(slow.all_of("StatusNotification")) == 1
    assert live.billed("b") == session(2001, 0)
    await live.stop(first)
    await live.world.kill()
