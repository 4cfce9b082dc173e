"""In observe a backend's profiles are the wallbox's, and are known here (R97)."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.frames import START, STOP, Refusal, a_site, error, result, settled
from tests.support.observing import OBSERVING, TX, changed_to, known_ids, meanwhile, setting
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, a_backend, a_wallbox, status_of

DONE = {"status": "Accepted"}


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (DONE, [5]),
        ({"status": "Rejected"}, []),
        ({"status": "NotSupported"}, []),
        (Refusal("PropertyConstraintViolation"), []),
        ({}, []),
    ],
)
@in_virtual_time()
async def test_what_the_wallbox_accepted_is_known_and_what_it_refused_is_not_R97(
    answer: Json, known: list[int]
) -> None:
    site = await a_site(site_toml=OBSERVING)
    site.wallbox.answers["SetChargingProfile"] = lambda _: answer
    await site.backend.ask("SetChargingProfile", setting(8))
    await settled()
    assert known_ids(site.world) == known
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_away_or_silent_has_accepted_nothing() -> None:
    site = await a_site(site_toml=OBSERVING)
    site.wallbox.answers["SetChargingProfile"] = lambda _: None
    assert await error(site.backend, "SetChargingProfile", setting(8)) == "GenericError"
    site.wallbox.hang_up()
    await settled()
    assert await error(site.backend, "SetChargingProfile", setting(8)) == "GenericError"
    assert await error(site.backend, "ClearChargingProfile", {}) == "GenericError"
    assert known_ids(site.world) == []
    await site.world.kill()


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (DONE, []),
        ({"status": "Unknown"}, []),
        (Refusal(), [5]),
        (None, [5]),
    ],
)
@in_virtual_time()
async def test_what_the_wallbox_cleared_is_known_no_longer_R98(
    answer: Json, known: list[int]
) -> None:
    site = await a_site(site_toml=OBSERVING)
    await result(site.backend, "SetChargingProfile", setting(8))
    site.wallbox.answers["ClearChargingProfile"] = lambda _: answer
    await site.backend.ask("ClearChargingProfile", {"id": 5})
    await settled()
    assert site.wallbox.all_of("ClearChargingProfile") == [{"id": 5}]
    assert known_ids(site.world) == known
    await site.world.kill()


@in_virtual_time()
async def test_a_tx_profile_ends_with_its_transaction_R92() -> None:
    site = await a_site(site_toml=OBSERVING)
    await result(site.wallbox, "StartTransaction", START)
    await settled()
    await result(site.backend, "SetChargingProfile", setting(8, 6, TX, transactionId=9001))
    await settled()
    assert known_ids(site.world) == [6]
    await result(site.wallbox, "StopTransaction", STOP)
    await settled()
    assert known_ids(site.world) == []
    await site.world.kill()


@in_virtual_time()
async def test_an_answer_does_not_wait_for_the_store_and_nothing_is_lost_without_it() -> None:
    site = await a_site(site_toml=OBSERVING)
    gate = site.world.store.gate = asyncio.Event()
    assert await result(site.backend, "SetChargingProfile", setting(8)) == DONE
    assert known_ids(site.world) == []
    site.world.store.failing = True
    gate.set()
    await settled()
    assert known_ids(site.world) == [5]
    await site.world.kill()


@in_virtual_time()
async def test_what_only_the_wallbox_understands_is_passed_on_and_named_R13() -> None:
    site = await a_site(site_toml=OBSERVING)
    odd: dict[str, Any] = setting(8)
    odd["csChargingProfiles"]["chargingProfilePurpose"] = "Vendors"
    with capture_logs() as logs:
        assert await result(site.backend, "SetChargingProfile", odd) == DONE
        await settled()
    assert site.wallbox.all_of("SetChargingProfile") == [odd]
    assert "the wallbox took a profile that cannot be read here" in [each["event"] for each in logs]
    assert known_ids(site.world) == []
    await site.world.kill()


@in_virtual_time()
async def test_profiles_are_known_after_a_restart_too_R97() -> None:
    site = await a_site(site_toml=OBSERVING)
    await result(site.backend, "SetChargingProfile", setting(8))
    await result(site.backend, "SetChargingProfile", setting(9, 6, level=1))
    await result(site.backend, "ClearChargingProfile", {"id": 5})
    await settled()
    await site.world.kill()
    await site.world.start()
    assert known_ids(site.world) == [6]
    await site.world.kill()


@pytest.mark.parametrize("action", ["SetChargingProfile", "ClearChargingProfile"])
@pytest.mark.parametrize("answer", [DONE, {"status": "Rejected"}])
@in_virtual_time()
async def test_what_gets_in_after_load_management_took_over_is_noticed(
    action: str, answer: Json
) -> None:
    site = await a_site(site_toml=OBSERVING)
    site.wallbox.answers[action] = lambda _: None
    asking = meanwhile(site.backend.ask(action, setting(8)))
    await site.wallbox.got(action)
    await changed_to(site.world, "active")
    with capture_logs() as logs:
        unique_id = site.wallbox.held[action][0]
        site.wallbox.send(f'[3,"{unique_id}",{{"status":"{answer["status"]}"}}]')
        assert (await asking)[2] == answer
        await settled()
    events = [each["event"] for each in logs]
    assert ("a profile changed behind load management" in events) == (answer == DONE)
    await site.world.kill()


@in_virtual_time()
async def test_one_backend_clears_its_own_connector_alone_R98() -> None:
    world = World(
        """
[site]
max_current_a = 63
house_load_a = 0
load_management = "observe"
[[evse]]
id = "left"
address = "CP1"
[[evse]]
id = "right"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://backend/"
"""
    )
    backend = world.dialer.backends["ws://backend/CP1"] = a_backend()
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(2, "Available"))
    await backend.got("StatusNotification")
    assert await result(backend, "SetChargingProfile", setting(8)) == DONE
    for asked, passed_on in [
        ({"stackLevel": 3}, {"connectorId": 2, "stackLevel": 3}),
        ({"connectorId": 0, "stackLevel": 3}, {"connectorId": 2, "stackLevel": 3}),
    ]:
        assert await result(backend, "ClearChargingProfile", asked) == DONE
        assert wallbox.all_of("ClearChargingProfile")[-1] == passed_on
    await settled()
    assert known_ids(world, "right") == [5]
    # What it never set may be another's (R105).
    assert await result(backend, "ClearChargingProfile", {"id": 9}) == {"status": "Unknown"}
    assert await result(backend, "ClearChargingProfile", {}) == DONE
    assert wallbox.all_of("ClearChargingProfile")[-1] == {"connectorId": 2}
    await settled()
    assert known_ids(world, "right") == []
    await world.kill()
