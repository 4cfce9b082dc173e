"""Other settings of a backend are a new login at once, where a login is made by them."""

import asyncio

from tests.support.frames import settled
from tests.support.live_site import a_live_site, gateway, report, session
from tests.support.virtual_time import in_virtual_time

A, B, C = gateway("a"), gateway("b"), gateway("c")
REPORT_B = report("b")


@in_virtual_time()
async def test_another_password_is_a_new_login_at_once_and_the_queue_goes_on() -> None:
    live = await a_live_site(gateway("a", password="old"))
    first = await live.start()
    live.backends["a"].answers["StopTransaction"] = lambda _: None
    await live.stop(first)
    await live.change(gateway("a", password="new"))
    live.backends["a"].answers["StopTransaction"] = lambda _: {}
    await asyncio.sleep(1)
    old, new = [target.authorization for target in live.world.dialer.dialled]
    assert old != new
    assert len(live.backends["a"].all_of("BootNotification")) == 1
    assert live.billed("a") == [*session(1001, 0), ("StopTransaction", 1001)]
    assert live.served == ["a"]
    await live.world.kill()


@in_virtual_time()
async def test_a_password_that_was_put_right_is_tried_at_once() -> None:
    live = await a_live_site(A)
    await live.change(gateway("a", password="old"))
    await settled()
    live.world.dialer.opens["ws://a/CP1"] = {None}
    await live.change(gateway("a", password="wrong"))
    await asyncio.sleep(1)
    assert not live.backend("a").link.is_online
    await live.change(gateway("a", password=""))
    await asyncio.sleep(0.1)
    assert live.backend("a").link.is_online
    await live.world.kill()


@in_virtual_time()
async def test_a_setting_that_no_login_is_made_by_ends_none() -> None:
    live = await a_live_site(A)
    await live.change(gateway("a", boot_on_reconnect=False, commands="read"))
    await asyncio.sleep(1)
    assert len(live.world.dialer.dialled) == 1
    live.backends["a"].hang_up()
    await asyncio.sleep(15)
    assert live.backends["a"].all_of("BootNotification") == []
    assert live.backends["a"].is_linked
    await live.world.kill()


@in_virtual_time()
async def test_a_url_as_it_is_written_is_the_same_login_at_another_address() -> None:
    live = await a_live_site(A)
    live.world.dialer.backends["ws://a/"] = live.backends["a"]
    await live.change(gateway("a", append_id=False))
    await asyncio.sleep(1)
    assert [target.url for target in live.world.dialer.dialled] == ["ws://a/CP1", "ws://a/"]
    assert live.served == ["a"]
    await live.world.kill()


@in_virtual_time()
async def test_a_login_under_way_with_what_counts_no_more_is_begun_anew() -> None:
    live = await a_live_site(A)
    live.dialer.slow_s = 5
    live.backends["a"].hang_up()
    await asyncio.sleep(12)
    assert len(live.dialer.dialled) == 1
    await live.change(gateway("a", password="new"))
    await asyncio.sleep(10)
    assert [target.authorization is None for target in live.dialer.dialled] == [True, True, False]
    assert live.backend("a").link.is_online
    assert len(live.backends["a"].all_of("BootNotification")) == 1
    await live.world.kill()


@in_virtual_time()
async def test_another_role_of_a_backend_without_tls_is_no_new_login() -> None:
    """Its certificates are called otherwise then, and none of them counts."""
    live = await a_live_site(A, REPORT_B)
    await live.change(report("a"), B)
    await asyncio.sleep(1)
    assert [target.url for target in live.world.dialer.dialled] == ["ws://a/CP1", "ws://b/CP1"]
    assert live.backend("b").is_primary
    await live.world.kill()


@in_virtual_time()
async def test_who_waits_for_a_login_that_begins_anew_waits_for_the_new_one_r53() -> None:
    live = await a_live_site(A)
    link = live.backend("a").link
    link.log_in_again("for a test")
    assert await link.online_within(1.5)
    assert len(live.world.dialer.dialled) == 2
    await live.world.kill()
