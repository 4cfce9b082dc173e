"""The backends of an EVSE are changed while its car charges."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from tests.support.frames import result, settled
from tests.support.live_site import (
    EVSE,
    GONE_S,
    Gateway,
    LiveSite,
    a_live_site,
    gateway,
    report,
    session,
    toml,
)
from tests.support.virtual_time import in_virtual_time, run_virtual
from tests.support.world import status_of

from wattgate.ports.store import NotYetStored

A, B, C = gateway("a"), gateway("b"), gateway("c")
REPORT_A, REPORT_B = report("a"), report("b")
BASE = {"a": 1001, "b": 2001, "c": 3001}


@dataclass(frozen=True)
class Change:
    """What the backends were, and what they are from now on.

    `first` are those that hear of the session that is open meanwhile, `next` those that hear of the
    next one.
    """

    before: tuple[Gateway, ...]
    after: tuple[Gateway, ...]
    first: str
    next: str


CHANGES = {
    "removed": Change((A,), (), "a", ""),
    "added": Change((), (A,), "", "a"),
    "another url": Change((A,), (B,), "a", "b"),
    "a report more": Change((A,), (A, REPORT_B), "a", "ab"),
    "a report less": Change((A, REPORT_B), (A,), "ab", "a"),
    "another report": Change((A, REPORT_B), (A, report("c")), "ab", "ac"),
    "roles swapped": Change((A, REPORT_B), (B, REPORT_A), "ab", "ab"),
    "the primary less": Change((A, REPORT_B), (REPORT_B,), "ab", "b"),
    "all others": Change((A, REPORT_B), (C,), "ab", "c"),
    "another password": Change((A,), (gateway("a", password="new"),), "a", "a"),
    "other rights": Change((A,), (gateway("a", commands="read"),), "a", "a"),
    "all report": Change((A,), (REPORT_A,), "a", "a"),
}


async def nothing(live: LiveSite) -> None:
    """Nothing else happens."""


async def killed(live: LiveSite) -> None:
    await live.restart()


async def wallbox_reconnects(live: LiveSite) -> None:
    live.wallbox.hang_up()
    await settled()
    assert live.world.manager is not None
    live.world.plug_in("CP1", live.wallbox)
    await settled()


MEANWHILE: dict[str, Callable[[LiveSite], Awaitable[None]]] = {
    "nothing": nothing,
    "killed": killed,
    "wallbox reconnects": wallbox_reconnects,
}


def audited(live: LiveSite, change: Change, *, values: int) -> None:
    for name in "abc":
        expected = session(BASE[name], values) if name in change.first else []
        if name in change.next:
            expected += session(BASE[name] + (name in change.first), 1)
        assert live.billed(name) == expected, name


async def live_through(
    change: Change, meanwhile: Callable[[LiveSite], Awaitable[None]], *, away: bool
) -> None:
    """A session over the change, and one after it."""
    live = await a_live_site(*change.before)
    there = dict(live.world.dialer.backends)
    first = await live.start()
    await live.measure(first)
    if away:
        live.world.dialer.backends.clear()
        for name in change.first:
            live.backends[name].hang_up()
        await settled()
    await live.change(*change.after)
    await meanwhile(live)
    await live.measure(first)
    await live.stop(first)
    second = await live.start("04B2")
    await live.measure(second)
    await live.stop(second)
    live.world.dialer.backends.update(there)
    await asyncio.sleep(GONE_S)
    audited(live, change, values=2)
    assert live.wallbox.closed_with is None
    assert live.wallbox.all_of("RemoteStopTransaction") == []
    assert live.served == [f"{name}" for name in _names(change.after)]
    await live.world.kill()


def _names(gateways: tuple[Gateway, ...]) -> list[str]:
    return [str(each["url"])[5] for each in gateways]


@pytest.mark.parametrize("away", [False, True], ids=["backends there", "backends away"])
@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE.keys())
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_transaction_ends_at_the_backends_where_it_began_with_their_ids_p5_r106(
    change: Change, meanwhile: Callable[[LiveSite], Awaitable[None]], *, away: bool
) -> None:
    run_virtual(live_through(change, meanwhile, away=away))


# What is added


@in_virtual_time()
async def test_r49_a_backend_that_is_added_hears_the_present_states_and_no_history() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.wallbox.ask("StatusNotification", status_of(1, "Charging"))
    await live.change(A, REPORT_B)
    await live.backends["b"].got("StatusNotification", 2)
    await live.measure(first)
    told = live.backends["b"].calls
    assert [action for action, _ in told] == ["BootNotification", *["StatusNotification"] * 2]
    assert [payload for _, payload in told[1:]] == [
        status_of(0, "Available"),
        status_of(1, "Charging"),
    ]
    assert live.backends["a"].all_of("BootNotification") == []
    await live.world.kill()


@in_virtual_time()
async def test_what_is_added_while_the_wallbox_is_away_logs_in_when_it_is_back() -> None:
    live = await a_live_site(A)
    live.wallbox.hang_up()
    await settled()
    await live.change(A, REPORT_B)
    await asyncio.sleep(5)
    assert live.backends["b"].calls == []
    await wallbox_reconnects_again(live)
    await live.backends["b"].got("BootNotification")
    await live.world.kill()


async def wallbox_reconnects_again(live: LiveSite) -> None:
    assert live.world.manager is not None
    live.world.plug_in("CP1", live.wallbox)
    await settled()


@in_virtual_time()
async def test_a_deactivated_evse_gets_its_new_backend_when_it_is_activated() -> None:
    live = await a_live_site(A)
    manager = live.world.manager
    assert manager is not None
    await manager.operations.deactivate(live.evse)
    await live.change(B)
    await asyncio.sleep(GONE_S)
    assert live.served == []
    await manager.operations.activate(live.evse)
    await live.backends["b"].got("StatusNotification", 2)
    assert live.served == ["b"]
    await live.world.kill()


# What is removed


@in_virtual_time()
async def test_nothing_is_left_of_a_backend_that_had_nothing_more_to_hear() -> None:
    live = await a_live_site(A)
    assert live.world.manager is not None
    tasks = live.world.manager._tasks
    notes = (await live.world.store.recover()).notes
    await live.change(A, report("b", password="s3cret"))
    await live.backends["b"].got("StatusNotification", 2)
    await live.change(A)
    await live.wallbox.ask("StatusNotification", status_of(1, "Preparing"))
    await asyncio.sleep(GONE_S)
    assert live.backends["b"].closed_with == (1000, "the site has this backend no longer")
    assert live.backends["b"].all_of("StatusNotification")[2:] == []
    names = [task.get_name() for task in tasks._tasks]
    assert [each for each in names if "@b" in each or "retire" in each] == []
    left = {note.scope for note in (await live.world.store.recover()).notes if note not in notes}
    assert left == {"connector numbers"}  # for ever
    await asyncio.sleep(600)
    assert not live.backends["b"].is_linked
    await live.world.kill()


@in_virtual_time()
async def test_a_backend_that_retires_may_stop_what_began_there_and_nothing_else_p5() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.change(B)
    asked = {"transactionId": 1001}
    stopped = await result(live.backends["a"], "RemoteStopTransaction", asked)
    assert stopped == {"status": "Accepted"}
    assert await live.wallbox.got("RemoteStopTransaction") == {"transactionId": first}
    frame = await live.backends["a"].ask("Reset", {"type": "Soft"})
    assert frame[0] == 4
    assert live.wallbox.all_of("Reset") == []
    await live.stop(first)
    assert live.billed("a")[-1] == ("StopTransaction", 1001)
    await live.world.kill()


@in_virtual_time()
async def test_a_backend_that_retires_stays_until_it_has_taken_all_it_is_owed() -> None:
    live = await a_live_site(A)
    a = live.world.dialer.backends.pop("ws://a/CP1")
    live.backends["a"].hang_up()
    await settled()
    first = await live.start()
    await live.change()
    await live.stop(first)
    await asyncio.sleep(1800)
    assert live.served == ["(a)"]
    live.world.dialer.backends["ws://a/CP1"] = a
    await asyncio.sleep(GONE_S + 900)
    assert live.billed("a") == session(1001, 0)
    assert live.served == []
    await live.world.kill()


@in_virtual_time()
async def test_meter_values_that_follow_the_end_are_still_told_r76() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.change(B)
    await live.stop(first)
    await asyncio.sleep(20)
    await live.measure(first)
    assert live.billed("a")[-1] == ("MeterValues", 1001)
    assert live.billed("b") == []
    await live.world.kill()


@in_virtual_time()
async def test_remove_and_add_again_while_a_car_charges_is_one_login_throughout() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.change(B)
    await live.change(A)
    await asyncio.sleep(GONE_S)
    assert live.served == ["a"]
    await live.wallbox.ask("StatusNotification", status_of(1, "Charging"))
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    assert live.backends["a"].all_of("BootNotification") == []
    assert live.backends["a"].all_of("StatusNotification")[-1] == status_of(1, "Charging")
    assert not live.backends["b"].is_linked
    await live.world.kill()


@in_virtual_time()
async def test_a_backend_that_was_gone_for_good_comes_back_with_the_number_it_knew() -> None:
    live = await a_live_site(A)
    link_id = live.backend("a").link_id
    for gateways in ((), (A,), (B,), (A,)):
        await live.change(*gateways)
        await asyncio.sleep(GONE_S)
    assert (live.backend("a").link_id, live.backend("a").number) == (link_id, 1)
    assert live.backends["a"].is_linked
    first = await live.start()
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await live.world.kill()


@in_virtual_time()
async def test_two_changes_at_once_leave_what_the_second_said() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await asyncio.gather(live.change(B), live.change(A, report("c")))
    await asyncio.sleep(GONE_S)
    await live.stop(first)
    assert live.served == ["a", "c"]
    assert live.billed("a") == session(1001, 0)
    assert (live.billed("b"), live.billed("c")) == ([], [])
    await live.world.kill()


# After a restart


@in_virtual_time()
async def test_what_was_taken_out_of_the_file_while_the_manager_was_stopped_is_served_to_its_end() -> (  # noqa: E501
    None
):
    live = await a_live_site(gateway("a", password="s3cret"), REPORT_B)
    first = await live.start()
    await live.restart(toml(C))
    assert live.served == ["c", "(a)", "(b)"]
    assert live.world.dialer.dialled[-2].authorization is not None
    await live.restart(toml(C))
    await live.stop(first)
    assert (live.billed("a"), live.billed("b")) == (session(1001, 0), session(2001, 0))
    await asyncio.sleep(GONE_S)
    assert live.served == ["c"]
    await live.restart(toml(C))
    assert live.served == ["c"]
    await live.world.kill()


@in_virtual_time()
async def test_a_queue_is_delivered_where_nothing_else_is_left_to_do() -> None:
    live = await a_live_site(A)
    live.world.dialer.backends.pop("ws://a/CP1")
    live.backends["a"].hang_up()
    await settled()
    await live.stop(await live.start())
    await live.restart(toml())
    live.world.dialer.backends["ws://a/CP1"] = live.backends["a"]
    await asyncio.sleep(GONE_S)
    assert live.billed("a") == session(1001, 0)
    assert live.served == []
    await live.world.kill()


@in_virtual_time()
async def test_a_backend_with_nothing_to_hear_is_forgotten_with_the_file_that_named_it() -> None:
    live = await a_live_site(A)
    await live.stop(await live.start())
    await live.restart(toml(B))
    assert live.served == ["b"]
    await asyncio.sleep(GONE_S)
    assert not live.backends["a"].is_linked
    notes = (await live.world.store.recover()).notes
    assert [note.name for note in notes if note.scope == "gateway"] == ["stall-1 CP1@b #1"]
    await live.world.kill()


@in_virtual_time()
async def test_a_renamed_evse_ends_at_its_old_backend_what_began_under_its_old_name() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.restart(toml(B, evse_id="heir"))
    assert live.served == ["b", "(a)"]
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await asyncio.sleep(GONE_S)
    assert live.served == ["b"]
    await live.world.kill()


@in_virtual_time()
async def test_the_same_backend_under_another_name_of_the_evse_is_the_same_login_p20() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.restart(toml(A, evse_id="heir"))
    assert live.served == ["a"]
    assert live.backend("a").link_id == f"{EVSE} CP1@a"
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await live.world.kill()


# Other settings of the same login


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


# When the store fails


@in_virtual_time()
async def test_what_cannot_be_stored_holds_all_the_same_and_is_stored_later() -> None:
    live = await a_live_site(A)
    first = await live.start()
    live.world.store.failing = True
    with pytest.raises(NotYetStored):
        await live.change(B)
    assert live.served == ["(a)"]
    live.world.store.failing = False
    await asyncio.sleep(30)
    assert live.served == ["b", "(a)"]
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await live.restart()
    assert live.served == ["b"]
    await live.world.kill()
