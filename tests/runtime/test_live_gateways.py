"""The backends of an EVSE are changed while its car charges."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from tests.support.frames import result, settled
from tests.support.live_site import (
    GONE_S,
    Gateway,
    LiveSite,
    a_live_site,
    gateway,
    report,
    session,
)
from tests.support.virtual_time import in_virtual_time, run_virtual
from tests.support.world import Json, status_of

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


KEYS = '{"vendorId": "generalConfiguration", "messageId":"setMeterConfiguration", "data":"\\u00e4"}'


@in_virtual_time()
async def test_r114_every_backend_is_told_the_keys_of_the_meters_unchanged() -> None:
    live = await a_live_site(A, REPORT_B)
    live.world.dialer.backends.pop("ws://b/CP1")
    live.backends["b"].hang_up()
    await settled()
    assert await result(live.wallbox, "DataTransfer", KEYS) == {"status": "Accepted"}
    live.world.dialer.backends["ws://b/CP1"] = live.backends["b"]
    await live.change(A, REPORT_B, report("c"))
    await asyncio.sleep(30)
    for backend in live.backends.values():
        assert backend.payload_texts("DataTransfer") == [KEYS]
    assert await result(live.wallbox, "DataTransfer", KEYS) == {"status": "Accepted"}
    await settled()
    assert [len(each.all_of("DataTransfer")) for each in live.backends.values()] == [2, 2, 2]
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
    live.backends["a"].hang_up()
    await live.backends["a"].got("BootNotification")
    await settled()
    assert live.backends["a"].all_of("StatusNotification") == []
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


def profile(profile_id: int, limit_a: float) -> Json:
    """A SetChargingProfile of a backend for its connector 1."""
    periods = [{"startPeriod": 0, "limit": limit_a}]
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": profile_id,
            "stackLevel": profile_id,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods},
        },
    }


@in_virtual_time()
async def test_r97_what_a_backend_has_limited_is_no_limit_any_more_when_it_has_gone() -> None:
    live = await a_live_site(A)
    await result(live.backends["a"], "SetChargingProfile", profile(1, 8))
    assert live.evse.cap_a() == 8
    await live.change(B)
    assert live.evse.cap_a() is None
    await asyncio.sleep(GONE_S)
    assert (await live.world.store.recover()).profiles == ()
    await live.change(A)
    assert live.evse.cap_a() is None
    await live.world.kill()


@in_virtual_time()
async def test_r97_while_we_observe_its_profiles_leave_the_wallbox_but_no_others() -> None:
    live = await a_live_site(A, observes=True)
    for profile_id in (1, 2):
        await result(live.backends["a"], "SetChargingProfile", profile(profile_id, 8))
    await live.change(B)
    await live.backends["b"].got("StatusNotification")
    await result(live.backends["b"], "SetChargingProfile", profile(2, 10))
    live.wallbox.calls.clear()
    await asyncio.sleep(GONE_S)
    assert live.wallbox.all_of("ClearChargingProfile") == [{"id": 1}]
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
    await live.wallbox.ask("StatusNotification", status_of(0, "Unavailable"))
    assert await live.backends["a"].got("StatusNotification", 4) == status_of(0, "Unavailable")
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


# While something is under way there


@in_virtual_time()
async def test_a_start_that_a_backend_is_deciding_about_is_decided_by_it_r61() -> None:
    live = await a_live_site(A)
    live.backends["a"].answers["StartTransaction"] = lambda _: None

    async def meanwhile() -> None:
        await settled()
        await live.change(B)
        (unique_id,) = live.backends["a"].held["StartTransaction"]
        verdict = '{"idTagInfo":{"status":"Accepted"},"transactionId":77}'
        live.backends["a"].send(f'[3,"{unique_id}",{verdict}]')

    number, _ = await asyncio.gather(live.start(), meanwhile())
    await live.stop(number)
    assert live.billed("a") == session(77, 0)
    assert live.billed("b") == []
    await live.world.kill()


@in_virtual_time()
async def test_r65_a_card_that_a_backend_refuses_after_it_was_removed_is_stopped_for_it() -> None:
    live = await a_live_site(A)
    await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    live.world.dialer.backends.clear()
    live.backends["a"].hang_up()
    await settled()
    number = await live.start()
    await live.change(B)
    live.backends["a"].answers["StartTransaction"] = lambda _: {
        "idTagInfo": {"status": "Blocked"},
        "transactionId": 77,
    }
    live.world.dialer.backends["ws://a/CP1"] = live.backends["a"]
    stopped = await live.wallbox.got("RemoteStopTransaction")
    assert stopped == {"transactionId": number}
    await live.stop(number)
    assert live.billed("a") == session(77, 0)
    await live.world.kill()


@in_virtual_time()
async def test_who_is_the_primary_now_is_asked_about_cards_at_once_p5() -> None:
    live = await a_live_site(A, REPORT_B)
    await live.change(REPORT_A, B)
    await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    assert [len(live.backends[name].all_of("Authorize")) for name in "ab"] == [0, 1]
    await live.world.kill()


@in_virtual_time()
async def test_cards_are_asked_of_the_new_backend_from_the_moment_it_is_there() -> None:
    live = await a_live_site(A)
    await live.change(B)
    await live.backends["b"].got("StatusNotification")
    await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    assert live.backends["a"].all_of("Authorize") == []
    assert live.backends["b"].all_of("Authorize") == [{"idTag": "04A1"}]
    await live.world.kill()


@in_virtual_time()
async def test_r27_two_logins_as_the_same_charge_point_do_not_drive_each_other_out() -> None:
    """The key in the path of its URL is another one: to the backend it is the same client."""
    live = await a_live_site(A)
    live.world.dialer.backends["ws://a/key/CP1"] = live.backends["b"]
    first = await live.start()
    await live.change(gateway("a", url="ws://a/key/"))
    await live.backends["b"].got("StatusNotification")
    assert not live.backends["a"].is_linked
    await live.measure(first)
    await wallbox_reconnects(live)
    await asyncio.sleep(120)
    assert live.billed("a") == session(1001)[:-1]
    assert not live.backends["a"].is_linked
    await live.stop(first)
    await asyncio.sleep(20)
    assert live.billed("a") == session(1001)
    await live.change(A)
    await live.wallbox.ask("StatusNotification", status_of(1, "Faulted"))
    await asyncio.sleep(120)
    assert (live.backends["a"].is_linked, live.backends["b"].is_linked) == (True, False)
    assert live.backends["a"].all_of("StatusNotification")[-1] == status_of(1, "Faulted")
    await live.world.kill()
