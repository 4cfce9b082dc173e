"""Several EVSEs behind one login: what the backend hears of them, and what outlasts a restart."""

import asyncio
import json

import pytest
from tests.support.frames import TAKEN, meter_values, result, settled
from tests.support.shared_login import SharedLogin, a_shared_login, a_sharer, heard
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, status_of

from wattgate.core.gateway.link.link_status import LinkPhase
from wattgate.runtime.gateway.link.backend_link import ABSENCE_S


async def again(site: SharedLogin, *evse_ids: str) -> SharedLogin:
    """Kill it and start it anew on the same disk, with these EVSEs; nobody is connected yet."""
    await site.stop()
    site.backend.calls.clear()
    later = SharedLogin(
        tuple(map(a_sharer, evse_ids)), site.observing, site.backend, site.store, clock=site.clock
    )
    await later.start()
    return later


def serials(site: SharedLogin) -> list[str]:
    """Whose boot data the backend got."""
    boots = site.backend.all_of("BootNotification")
    return [boot["chargePointSerialNumber"] for boot in boots]


# Boot and states


@in_virtual_time()
async def test_p16_the_first_boots_for_all_and_the_backend_hears_the_state_of_each() -> None:
    site = SharedLogin(tuple(map(a_sharer, "abc")))
    await site.start()
    for name in "abc":
        await site.sharers[name].boot()
    await site.backend.got("StatusNotification", 3)
    await settled()
    assert serials(site) == ["a"]
    states = site.backend.all_of("StatusNotification")
    assert states == [status_of(number, "Available") for number in (1, 2, 3)]
    await site.sharers["b"].report("Preparing")
    await settled()
    assert site.backend.all_of("StatusNotification")[3:] == [status_of(2, "Preparing")]
    await site.stop()


@in_virtual_time()
async def test_p16_the_boot_of_another_is_told_by_its_states_and_the_firsts_by_a_boot_r45() -> None:
    site = await a_shared_login()
    for name in "ba":
        site.sharers[name].wallbox.hang_up()
    await settled()
    await site.sharers["b"].boot("Faulted")
    await settled()
    assert site.backend.calls == [("StatusNotification", status_of(2, "Faulted"))]
    await site.sharers["a"].boot()
    await settled()
    assert serials(site) == ["a"]
    await site.stop()


@in_virtual_time()
async def test_r49_after_a_boot_the_backend_hears_the_states_of_those_that_did_not_boot() -> None:
    site = await a_shared_login()
    await site.sharers["b"].report("Charging")
    await settled()
    site.backend.calls.clear()
    site.sharers["a"].wallbox.hang_up()
    await settled()
    await site.sharers["a"].boot("Faulted")
    await settled()
    assert [action for action, _ in site.backend.calls[:1]] == ["BootNotification"]
    assert sorted(site.backend.all_of("StatusNotification"), key=str) == [
        status_of(1, "Faulted"),
        status_of(2, "Charging"),
        status_of(3, "Available"),
    ]
    await site.stop()


@in_virtual_time()
async def test_p16_while_the_first_has_never_booted_the_next_speaks_for_it() -> None:
    site = SharedLogin(tuple(map(a_sharer, "ab")))
    await site.start()
    await site.sharers["b"].boot()
    await site.backend.got("StatusNotification")
    await site.sharers["a"].boot()
    await site.backend.got("StatusNotification", 2)
    await settled()
    assert serials(site) == ["b", "a"]
    await site.stop()


@in_virtual_time()
async def test_r102_connector_0_is_told_once_as_the_first_says_it() -> None:
    site = await a_shared_login()
    for name, state in (("b", "Faulted"), ("a", "Unavailable"), ("c", "Available")):
        await site.sharers[name].wallbox.ask("StatusNotification", status_of(0, state))
    await settled()
    assert site.backend.calls == [("StatusNotification", status_of(0, "Unavailable"))]
    await site.stop()


@in_virtual_time()
async def test_r49_a_new_login_hears_the_state_of_every_evse() -> None:
    site = await a_shared_login()
    await site.sharers["c"].report("Preparing")
    site.backend.calls.clear()
    site.backend.hang_up()
    await site.backend.got("StatusNotification", 3)
    states = site.backend.all_of("StatusNotification")
    assert states == [
        status_of(1, "Available"),
        status_of(2, "Available"),
        status_of(3, "Preparing"),
    ]
    await site.stop()


@in_virtual_time()
async def test_r41_before_the_boot_is_accepted_the_states_can_be_triggered_by_their_numbers() -> (
    None
):
    pending = {"status": "Pending", "currentTime": "2026-05-15T12:00:00Z", "interval": 300}
    site = SharedLogin(tuple(map(a_sharer, "ab")))
    site.backend.answers["BootNotification"] = lambda _: pending
    await site.start()
    for each in site.sharers.values():
        await each.boot()
    await site.backend.got("BootNotification")
    await settled()
    asked = {"requestedMessage": "StatusNotification", "connectorId": 2}
    assert await result(site.backend, "TriggerMessage", asked) == {"status": "Accepted"}
    await settled()
    assert site.backend.all_of("StatusNotification") == [status_of(2, "Available")]
    await site.stop()


@in_virtual_time()
async def test_r114_the_keys_of_the_meters_are_told_again_by_the_first_alone() -> None:
    site = await a_shared_login("a", "b")
    told = {"vendorId": "generalConfiguration", "messageId": "setMeterConfiguration"}
    for name in "ba":
        await site.sharers[name].wallbox.ask("DataTransfer", told | {"data": name})
    await settled()
    later = await again(site, "a", "b")
    later.sharers["b"].connect()
    told_again = await later.backend.got("DataTransfer")
    await settled()
    assert (told_again["data"], len(later.backend.all_of("DataTransfer"))) == ("a", 1)
    await later.stop()


# How long it lasts


@in_virtual_time()
async def test_r50_the_login_lasts_while_any_of_them_is_here() -> None:
    site = await a_shared_login()
    for name in "ab":
        site.sharers[name].wallbox.hang_up()
        await asyncio.sleep(ABSENCE_S * 2)
        assert site.link.is_online
    site.sharers["c"].wallbox.hang_up()
    await asyncio.sleep(ABSENCE_S * 0.9)
    assert site.link.is_online
    await asyncio.sleep(ABSENCE_S * 0.2)
    assert site.link.status.phase is LinkPhase.IDLE
    await site.sharers["b"].boot()
    await site.backend.got("StatusNotification", 3)
    assert site.link.is_online
    assert serials(site) == ["a"]
    await site.stop()


@in_virtual_time()
async def test_r50_who_comes_back_in_time_keeps_the_login() -> None:
    site = await a_shared_login("a", "b")
    for each in site.sharers.values():
        each.wallbox.hang_up()
    await asyncio.sleep(ABSENCE_S * 0.9)
    await site.sharers["b"].boot()
    await asyncio.sleep(ABSENCE_S * 3)
    assert site.link.is_online
    assert site.backend.closed_with is None
    await site.stop()


@in_virtual_time()
async def test_r44_who_reconnects_without_a_boot_keeps_the_login_up_by_itself() -> None:
    site = await a_shared_login("a", "b")
    for each in site.sharers.values():
        each.wallbox.hang_up()
    await settled()
    later = await again(site, "a", "b")
    later.sharers["b"].connect()
    await asyncio.sleep(1)
    assert serials(later) == ["a"]
    await later.sharers["a"].boot()
    later.sharers["a"].wallbox.hang_up()
    await asyncio.sleep(ABSENCE_S * 2)
    assert later.link.is_online
    await later.stop()


# Transactions


@in_virtual_time()
async def test_p16_what_is_billed_says_its_connector_in_one_order_r63_r101() -> None:
    site = await a_shared_login()
    one, two, three = site.sharers.values()
    ids = [await each.start() for each in (two, one, three)]
    for each, number in ((one, ids[1]), (three, ids[2]), (two, ids[0])):
        await each.wallbox.ask("MeterValues", meter_values("2026-05-15T14:30:00Z", number))
        await each.stop(number)
    await settled()
    told = [
        (action, payload.get("connectorId"), payload.get("transactionId"))
        for action, payload in site.backend.calls
    ]
    assert told == [
        ("StartTransaction", 2, None),
        ("StartTransaction", 1, None),
        ("StartTransaction", 3, None),
        ("MeterValues", 1, 9002),
        ("StopTransaction", None, 9002),
        ("MeterValues", 3, 9003),
        ("StopTransaction", None, 9003),
        ("MeterValues", 2, 9001),
        ("StopTransaction", None, 9001),
    ]
    await site.stop()


@in_virtual_time()
async def test_p16_starts_at_once_get_each_its_own_id_r60() -> None:
    site = await a_shared_login()
    await asyncio.gather(*(each.start(each.name) for each in site.sharers.values()))
    starts = [start["idTag"] for start in site.backend.all_of("StartTransaction")]
    theirs = {name: 9001 + place for place, name in enumerate(starts)}
    for name, each in site.sharers.items():
        assert each.evse.transaction is not None
        ours = each.evse.transaction.record.transaction_id
        assert each.evse.transaction.backend_id == theirs[name]
        assert each.virtual.backend.newest_binding == (ours, theirs[name])
    await site.stop()


@in_virtual_time()
async def test_r65_a_card_that_is_refused_too_late_ends_its_own_transaction_alone() -> None:
    site = await a_shared_login()
    for name in "abc":
        await site.sharers[name].wallbox.ask("Authorize", {"idTag": name})
    site.link.log_in_again("for the test")
    site.backend.answers["BootNotification"] = lambda _: None  # away, for now
    ids = {name: await site.sharers[name].start(name) for name in "abc"}
    site.backend.answers["StartTransaction"] = lambda start: {
        "idTagInfo": {"status": "Invalid" if start["idTag"] == "b" else "Accepted"},
        "transactionId": 7000 + start["connectorId"],
    }
    site.backend.answers["BootNotification"] = lambda _: TAKEN
    site.backend.hang_up()
    await site.sharers["b"].wallbox.got("RemoteStopTransaction")
    await asyncio.sleep(60)
    assert heard(site.sharers.values(), "RemoteStopTransaction").keys() == {"b"}
    assert site.sharers["b"].wallbox.all_of("RemoteStopTransaction")[0] == {
        "transactionId": ids["b"]
    }
    await site.stop()


@in_virtual_time()
async def test_p16_open_transactions_go_on_after_a_restart_each_at_its_connector() -> None:
    site = await a_shared_login()
    ids = {name: await site.sharers[name].start() for name in "ba"}
    later = await again(site, "a", "b", "c")
    await later.boot()
    for name, theirs in (("b", 9001), ("a", 9002)):
        stopped = await result(later.backend, "RemoteStopTransaction", {"transactionId": theirs})
        assert stopped == {"status": "Accepted"}
        assert heard(later.sharers.values(), "RemoteStopTransaction") == {
            name: [{"transactionId": ids[name]}]
        }
        later.sharers[name].wallbox.calls.clear()
        await later.sharers[name].stop(ids[name])
    stops = [stop["transactionId"] for stop in later.backend.all_of("StopTransaction")]
    assert stops == [9001, 9002]
    await later.stop()


@in_virtual_time()
async def test_p16_a_profile_is_found_again_at_its_connector_after_a_restart_r97() -> None:
    site = await a_shared_login()
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
    }
    settings = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    }
    payload = {"connectorId": 2, "csChargingProfiles": settings}
    await result(site.backend, "SetChargingProfile", payload)
    later = await again(site, "c", "b", "a")
    assert {name: each.evse.cap_a() for name, each in later.sharers.items()} == {
        "a": None,
        "b": 8.0,
        "c": None,
    }
    await later.stop()


# Who comes and goes


@in_virtual_time()
async def test_p16_numbers_outlast_restarts_and_removal_and_are_given_once() -> None:
    site = await a_shared_login("a", "b", "c")
    numbers = {name: each.number for name, each in site.sharers.items()}
    assert numbers == {"a": 1, "b": 2, "c": 3}
    link_id = site.link.identity.link_id
    later = await again(site, "new", "c", "b")
    assert {name: each.number for name, each in later.sharers.items()} == {
        "b": 2,
        "c": 3,
        "new": 4,
    }
    assert later.link.identity.link_id == link_id
    await later.boot()
    asked = {"key": ["NumberOfConnectors"]}
    told = await result(later.backend, "GetConfiguration", asked)
    assert told["configurationKey"][0]["value"] == "4"
    for number in (1, 5):
        frame = await later.backend.ask("ChangeAvailability", {"connectorId": number, "type": "x"})
        assert frame[2] == "PropertyConstraintViolation"
    back = await again(later, "a", "b", "c", "new")
    assert {name: each.number for name, each in back.sharers.items()} == numbers | {"new": 4}
    await back.stop()


@in_virtual_time()
async def test_p16_what_a_removed_evse_had_to_bill_is_delivered_by_those_that_stay_r72() -> None:
    site = await a_shared_login("a", "b")
    ours = await site.sharers["a"].start()
    silent: dict[str, Json] = {"StopTransaction": None}
    site.backend.answers["StopTransaction"] = lambda _: silent["StopTransaction"]
    await site.sharers["a"].stop(ours)
    await settled()
    silent["StopTransaction"] = {}
    later = await again(site, "b")
    await later.sharers["b"].boot()
    stop = await later.backend.got("StopTransaction")
    assert stop["transactionId"] == 9001
    await later.stop()


@in_virtual_time()
async def test_p16_a_transaction_of_a_removed_evse_is_stopped_at_no_other() -> None:
    site = await a_shared_login("a", "b")
    await site.sharers["a"].start()
    later = await again(site, "b")
    await later.boot("b")
    asked = {"transactionId": 9001}
    assert await result(later.backend, "RemoteStopTransaction", asked) == {"status": "Rejected"}
    assert later.sharers["b"].wallbox.calls == []
    await later.stop()


@pytest.mark.parametrize("tag", ["04A1"])
@in_virtual_time()
async def test_p16_what_the_backend_says_of_a_card_is_known_at_all_of_them(tag: str) -> None:
    site = await a_shared_login()
    site.backend.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    for name in "ab":
        answer = await result(site.sharers[name].wallbox, "Authorize", {"idTag": tag})
        assert answer["idTagInfo"]["status"] == "Blocked"
    assert json.dumps(site.backend.all_of("Authorize")) == json.dumps([{"idTag": tag}] * 2)
    site.backend.hang_up()
    await settled()
    answer = await result(site.sharers["c"].wallbox, "Authorize", {"idTag": tag})
    assert answer["idTagInfo"]["status"] == "Blocked"
    await site.stop()
