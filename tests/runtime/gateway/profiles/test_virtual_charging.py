"""A backend's charging profiles stay in the manager, and count (R75, R97-R99)."""

import asyncio
import json
from typing import Any

import pytest
from tests.support.boxes import Box
from tests.support.observing import changed_to, known_ids, meanwhile, virtual_of
from tests.support.shared_current import SITE, settle
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Scripted, World, a_backend

from wattgate.core.site.merging import patched
from wattgate.ports.store import ProfileRecord, SaveProfile

TOML = SITE + '[[evse]]\nid = "A"\naddress = "CP1"\n[[evse.gateway]]\nurl = "ws://backend/"\n'


def schedule(limit: float, unit: str = "A") -> dict[str, Any]:
    return {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        "startSchedule": "2026-05-15T10:00:00Z",
    }


def profile(limit: float, number: int = 5, purpose: str = "TxDefaultProfile") -> dict[str, Any]:
    kind = "Relative" if purpose == "TxProfile" else "Absolute"
    said = schedule(limit)
    if kind == "Relative":
        del said["startSchedule"]
    return {
        "chargingProfileId": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": said,
    }


def setting(limit: float, number: int = 5, purpose: str = "TxDefaultProfile") -> dict[str, Any]:
    return {"connectorId": 1, "csChargingProfiles": profile(limit, number, purpose)}


async def online(toml: str = TOML) -> tuple[World, Box, Scripted]:
    world = World(toml)
    backend = world.dialer.backends["ws://backend/CP1"] = a_backend()
    await world.start()
    box = Box()
    await box.come(world)
    await backend.got("StatusNotification")
    return world, box, backend


@in_virtual_time()
async def test_a_backends_profile_caps_the_share_and_never_reaches_the_wallbox_R97() -> None:
    world, box, backend = await online()
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    assert (await backend.ask("SetChargingProfile", setting(8)))[2] == {"status": "Accepted"}
    await asyncio.sleep(1)
    assert box.limits_a()[-1] == 8
    ids = {p["csChargingProfiles"]["chargingProfileId"] for p in box.all_of("SetChargingProfile")}
    assert ids == {9101}
    assert (await backend.ask("ClearChargingProfile", {}))[2] == {"status": "Accepted"}
    await settle()
    assert box.limits_a()[-1] == 16
    # R98: the backend's never reaches it
    assert {} not in box.all_of("ClearChargingProfile")
    await world.kill()


@pytest.mark.parametrize(("limit_a", "granted_a"), [(5.9, 0), (0, 0), (40, 16)])
@in_virtual_time()
async def test_the_lower_of_both_counts_and_less_than_6_a_is_a_pause_R100b(
    limit_a: float, granted_a: float
) -> None:
    world, box, backend = await online()
    await backend.ask("SetChargingProfile", setting(limit_a))
    await box.start()
    await settle()
    assert box.limits_a()[-1] == granted_a
    await world.kill()


@in_virtual_time()
async def test_a_composite_schedule_is_the_least_of_profile_and_grant_R99() -> None:
    world, box, backend = await online(TOML.replace("63", "34"))  # leaves 12 A

    async def told() -> list[float]:
        asked = {"connectorId": 1, "duration": 60}
        answer = (await backend.ask("GetCompositeSchedule", asked))[2]
        assert answer["status"] == "Accepted"
        return [each["limit"] for each in answer["chargingSchedule"]["chargingSchedulePeriod"]]

    await backend.ask("SetChargingProfile", setting(14))
    await settle()
    asked_by_us = len(box.all_of("GetCompositeSchedule"))
    assert await told() == [0]  # no car, no grant
    await box.start()
    await settle()
    assert await told() == [box.limits_a()[-1]] == [12]
    await backend.ask("SetChargingProfile", setting(10))
    await settle()
    assert await told() == [box.limits_a()[-1]] == [10]
    assert len(box.all_of("GetCompositeSchedule")) == asked_by_us
    await world.kill()


@in_virtual_time()
async def test_the_profile_of_a_remote_start_stays_here_for_its_transaction_alone_R75() -> None:
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    start = {"idTag": "04A1", "chargingProfile": profile(7, purpose="TxProfile")}
    assert (await backend.ask("RemoteStartTransaction", start))[2] == {"status": "Accepted"}
    assert box.all_of("RemoteStartTransaction") == [{"idTag": "04A1", "connectorId": 1}]
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 7
    await box.stop()
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@in_virtual_time()
async def test_profiles_survive_a_restart() -> None:
    world, box, backend = await online()
    await backend.ask("SetChargingProfile", setting(9))
    await world.kill()
    await box.go()
    await world.start()
    await box.come(world)
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 9
    await world.kill()


@in_virtual_time()
async def test_a_session_is_not_limited_by_what_a_start_brought_to_the_one_before_r75_r92() -> None:
    """The end of that one was stored, and a kill kept its profile from being forgotten."""
    world, box, backend = await online()
    assert (await backend.ask("SetChargingProfile", setting(9)))[2] == DONE
    await world.kill()
    await box.go()
    stale = json.dumps(profile(14, 6, "TxProfile"))
    link_id = (await world.store.recover()).profiles[0].link_id
    await world.store.commit(SaveProfile(ProfileRecord(link_id, 6, 1, stale)))
    await world.start()
    await box.come(world)
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 9
    await world.kill()


@in_virtual_time()
async def test_two_commands_at_once_do_not_undo_each_other() -> None:
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    gate = world.store.gate = asyncio.Event()
    both = asyncio.gather(
        backend.ask("SetChargingProfile", setting(9, 5)),
        backend.ask("SetChargingProfile", setting(11, 6) | {"connectorId": 0}),
    )
    await asyncio.sleep(1)
    start = {"idTag": "04A1", "chargingProfile": profile(7, 8, "TxProfile")}
    await backend.ask("RemoteStartTransaction", start)
    gate.set()
    await both
    assert world.manager is not None
    state = world.manager.evse("A")
    assert state is not None and state.evse.primary is not None
    profiles = state.evse.primary.profiles
    assert sorted(each.profile_id for _, each in profiles.stack.entries) == [5, 6]
    assert profiles.awaiting is not None
    await world.kill()


@in_virtual_time()
async def test_what_cannot_be_stored_is_refused_and_changes_nothing() -> None:
    world, box, backend = await online()
    world.store.failing = True
    assert (await backend.ask("SetChargingProfile", setting(9)))[2] == "InternalError"
    world.store.failing = False
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@in_virtual_time()
async def test_in_observe_the_backends_profiles_reach_the_wallbox_P1() -> None:
    world, box, backend = await online(
        TOML.replace("[site]", '[site]\nload_management = "observe"')
    )
    assert (await backend.ask("SetChargingProfile", setting(8)))[2] == {"status": "Accepted"}
    assert box.all_of("SetChargingProfile") == [setting(8)]
    await world.kill()


@in_virtual_time()
async def test_a_backend_may_name_the_transaction_that_it_has_just_numbered_r97() -> None:
    world, box, backend = await online()
    await box.start()
    await settle()
    named = profile(7, 8, "TxProfile") | {"transactionId": 9001}
    request = {"connectorId": 1, "csChargingProfiles": named}
    assert (await backend.ask("SetChargingProfile", request))[2] == {"status": "Accepted"}
    await settle()
    assert box.limits_a()[-1] == 7
    await world.kill()


@pytest.mark.parametrize("status", ["Rejected", None])
@in_virtual_time()
async def test_a_remote_start_that_comes_to_nothing_leaves_no_profile_r75(
    status: str | None,
) -> None:
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": status} if status else None
    start = {"idTag": "04A1", "chargingProfile": profile(7, 0, "TxProfile")}
    await backend.ask("RemoteStartTransaction", start)
    await box.start(card="SOMEBODY")
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


# Changing the mode


OBSERVING = TOML.replace("[site]", '[site]\nload_management = "observe"')
DONE = {"status": "Accepted"}
START = {"idTag": "04A1", "chargingProfile": profile(7, 8, "TxProfile")}


@in_virtual_time()
async def test_what_the_backend_set_in_observe_holds_from_the_moment_of_active_p1() -> None:
    world, box, backend = await online(OBSERVING)
    await box.start()
    assert (await backend.ask("SetChargingProfile", setting(10)))[2] == {"status": "Accepted"}
    before = len(box.limits_a())
    await changed_to(world, "active")
    await settle(60)
    assert max(box.limits_a()[before:]) == box.limits_a()[-1] == 10
    await world.kill()


@pytest.mark.parametrize(("cleared", "granted_a"), [(False, 10), (True, 16)])
@in_virtual_time()
async def test_a_restart_between_forgets_neither_the_profile_nor_its_end_r97(
    cleared: bool, granted_a: float
) -> None:
    world, box, backend = await online(OBSERVING)
    await backend.ask("SetChargingProfile", setting(10))
    if cleared:
        await backend.ask("ClearChargingProfile", {"id": 5})
    await settle(1)
    await world.kill()
    await box.go()
    await world.start()
    await box.come(world)
    await changed_to(world, "active")
    await box.start()
    await settle(60)
    assert box.limits_a()[-1] == granted_a
    await world.kill()


@in_virtual_time()
async def test_the_backend_finds_in_the_wallbox_what_it_was_told_is_installed_p1() -> None:
    world, box, backend = await online()
    await box.start()
    named = setting(7, 6, "TxProfile")
    named["csChargingProfiles"]["transactionId"] = 9001
    assert (await backend.ask("SetChargingProfile", setting(8)))[2] == {"status": "Accepted"}
    assert (await backend.ask("SetChargingProfile", named))[2] == {"status": "Accepted"}
    await settle()
    await changed_to(world, "observe")
    await settle()
    cleared = [action for action, _ in box.calls].index("ClearChargingProfile")
    said = [
        payload["csChargingProfiles"]
        for action, payload in box.calls[cleared:]
        if action == "SetChargingProfile" and payload["csChargingProfiles"]["chargingProfileId"] < 9
    ]
    assert [each["chargingProfileId"] for each in said] == [5, 6]
    assert [each.get("transactionId") for each in said] == [None, 1]
    assert box.calls[-1][0] == "SetChargingProfile"  # nothing of ours, and no clearing, after it
    assert box.limits_a()[-2:] == [8, 7]
    await world.kill()


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
@in_virtual_time()
async def test_the_profile_of_a_start_in_observe_is_known_once_its_transaction_runs_r75(
    status: str,
) -> None:
    world, box, backend = await online(OBSERVING)
    box.answers["RemoteStartTransaction"] = lambda _: {"status": status}
    assert (await backend.ask("RemoteStartTransaction", START))[2] == {"status": status}
    assert box.all_of("RemoteStartTransaction") == [START | {"connectorId": 1}]
    assert known_ids(world, "A") == []
    await box.start()
    await settle(1)
    assert known_ids(world, "A") == ([8] if status == "Accepted" else [])
    assert 7 not in box.limits_a()  # the wallbox has it from the start itself
    await changed_to(world, "active")
    await settle(60)
    assert box.limits_a()[-1] == (7 if status == "Accepted" else 16)
    await box.stop()
    await settle(1)
    assert known_ids(world, "A") == []
    await world.kill()


@in_virtual_time()
async def test_a_start_with_a_profile_of_the_wallboxs_own_kind_is_passed_on_r13() -> None:
    world, box, backend = await online(OBSERVING)
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    odd = START | {"chargingProfile": profile(7, 8, "TxDefaultProfile")}
    assert (await backend.ask("RemoteStartTransaction", odd))[2] == {"status": "Accepted"}
    assert box.all_of("RemoteStartTransaction") == [odd | {"connectorId": 1}]
    await box.start()
    await settle(1)
    assert known_ids(world, "A") == []
    await world.kill()


@in_virtual_time()
async def test_a_profile_that_stayed_here_reaches_the_wallbox_when_its_transaction_starts() -> None:
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await backend.ask("RemoteStartTransaction", START)
    await changed_to(world, "observe")
    await settle()
    await box.start()
    await settle(1)
    said = box.all_of("SetChargingProfile")[-1]["csChargingProfiles"]
    assert (said["chargingProfileId"], said["transactionId"]) == (8, 1)
    assert box.limits_a()[-1] == 7
    await world.kill()


@pytest.mark.parametrize("chosen", [START, {"idTag": "04A1"}])
@in_virtual_time()
async def test_a_profile_that_begins_after_load_management_took_over_is_noticed(
    chosen: dict[str, Any],
) -> None:
    world, box, backend = await online(OBSERVING)
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await backend.ask("RemoteStartTransaction", chosen)
    noticed: list[str] = []
    virtual_of(world, "A").on_intrusion = lambda: noticed.append("once")
    await changed_to(world, "active")
    await box.start()
    await settle()
    assert noticed == (["once"] if chosen is START else [])
    assert box.limits_a()[-1] == (7 if chosen is START else 16)
    await world.kill()


@in_virtual_time()
async def test_a_command_whose_turn_comes_after_the_change_is_for_the_wallbox() -> None:
    world, box, backend = await online()
    gate = world.store.gate = asyncio.Event()
    first = meanwhile(backend.ask("SetChargingProfile", setting(9)))
    second = meanwhile(backend.ask("SetChargingProfile", setting(11, 6)))
    await settle(1)
    assert world.manager is not None
    world.manager.site = patched(world.manager.site, {"site": {"load_management": "observe"}})
    gate.set()
    assert [answer[2] for answer in await asyncio.gather(first, second)] == [DONE, DONE]
    said = [each["csChargingProfiles"] for each in box.all_of("SetChargingProfile")]
    assert [each["chargingProfileId"] for each in said if each["chargingProfileId"] < 9000] == [6]
    await settle()
    assert known_ids(world, "A") == [6]
    await world.kill()


@in_virtual_time()
async def test_the_profile_of_a_start_is_not_for_the_session_of_another_card_r75() -> None:
    """Whoever was started has never come."""
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await backend.ask("RemoteStartTransaction", START)
    await box.start(card="04A2")
    await settle()
    assert box.limits_a()[-1] == 16
    await box.stop()
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@in_virtual_time()
async def test_a_start_that_is_refused_leaves_the_profile_of_the_one_before_r75() -> None:
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await backend.ask("RemoteStartTransaction", START)
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Rejected"}
    await backend.ask("RemoteStartTransaction", {"idTag": "04A2"})
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 7
    await world.kill()


@in_virtual_time()
async def test_a_profile_whose_car_charges_already_is_not_for_the_next_session_too_r75() -> None:
    """A later start was refused only then."""
    world, box, backend = await online()
    box.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await backend.ask("RemoteStartTransaction", START)
    virtual = virtual_of(world, "A")
    before = virtual.awaited
    await box.start()
    await settle()
    virtual.no_start(before)
    assert box.limits_a()[-1] == 7
    await box.stop()
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@in_virtual_time()
async def test_a_start_that_never_left_leaves_no_profile_for_the_next_session_r75() -> None:
    world, box, backend = await online()
    await box.go()
    assert (await backend.ask("RemoteStartTransaction", START))[2] == "GenericError"
    await box.come(world)
    await box.start()
    await settle()
    assert box.limits_a()[-1] == 16
    await world.kill()


@pytest.mark.parametrize(
    ("connector", "status"), [(0, "Accepted"), (1, "Accepted"), (2, "Rejected"), (-1, "Rejected")]
)
@in_virtual_time()
async def test_a_composite_schedule_of_what_is_not_there_is_rejected_r99(
    connector: int, status: str
) -> None:
    world, box, backend = await online()
    await backend.ask("SetChargingProfile", setting(10))
    await box.start()
    await settle()
    asked = {"connectorId": connector, "duration": 60}
    answer = (await backend.ask("GetCompositeSchedule", asked))[2]
    assert answer["status"] == status
    if status == "Accepted":
        assert answer["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 10
    assert box.all_of("GetCompositeSchedule") == []
    await world.kill()
