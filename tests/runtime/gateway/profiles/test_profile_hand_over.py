"""Going over to observe, the backend's profiles go to the wallbox (protocol rules §1, R97)."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.frames import (
    START,
    STOP,
    Literal,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.observing import (
    OBSERVING,
    TX,
    changed_to,
    known_ids,
    meanwhile,
    setting,
    told,
    virtual_of,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, status_of

DONE = {"status": "Accepted"}
NO = {"status": "Rejected"}
SET = "SetChargingProfile"


async def with_profiles(*requests: dict[str, Any]) -> Site:
    """An observing site whose wallbox has lost the backend's profiles."""
    site = await a_site(site_toml=OBSERVING)
    for request in requests:
        assert await result(site.backend, SET, request) == DONE
    await settled()
    site.wallbox.calls.clear()
    site.wallbox.texts.clear()
    return site


def answer(wallbox: Literal, action: str = SET) -> None:
    """Accept the oldest CALL that the wallbox has held back."""
    wallbox.send(f'[3,"{wallbox.held[action].pop(0)}",{{"status":"Accepted"}}]')


def limit_of(payload: Json) -> float:
    limit_a: float = payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0][
        "limit"
    ]
    return limit_a


@in_virtual_time()
async def test_profiles_go_out_in_stack_order_under_the_wallboxs_numbers_r60() -> None:
    world = World(
        """
[site]
max_current_a = 63
house_load_a = 0
load_management = "observe"
[[evse]]
id = "stall-1"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://backend/"
"""
    )
    backend = world.dialer.backends["ws://backend/CP1"] = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(2, "Available"))
    await backend.got("StatusNotification")
    await result(wallbox, "StartTransaction", START | {"connectorId": 2})
    await settled()
    for request in (
        setting(7, 8, TX, transactionId=9001),
        setting(9, 6, level=3),
        setting(8, 5),
        setting(30, 4, "ChargePointMaxProfile") | {"connectorId": 0},
    ):
        assert await result(backend, SET, request) == DONE
    await settled()
    wallbox.calls.clear()
    assert await virtual_of(world, "stall-1").hand_over()
    assert told(wallbox) == [(4, 30, None), (5, 8, None), (6, 9, None), (8, 7, 1)]
    connectors = [each["connectorId"] for each in wallbox.all_of(SET)]
    assert connectors == [0, 2, 2, 2]
    await world.kill()


@pytest.mark.parametrize("said", [NO, Refusal("NotSupported", "no smart charging"), {}])
@in_virtual_time()
async def test_a_refusal_is_logged_with_the_profiles_id_and_the_rest_goes_on(said: Json) -> None:
    site = await with_profiles(setting(8, 5), setting(9, 6, level=1))
    site.wallbox.answers[SET] = lambda payload: (
        said if payload["csChargingProfiles"]["chargingProfileId"] == 5 else DONE
    )
    with capture_logs() as logs:
        assert await virtual_of(site.world, "stall-1").hand_over()
    assert [(each["profile"], each["log_level"]) for each in logs if "profile" in each] == [
        (5, "warning")
    ]
    assert told(site.wallbox) == [(5, 8, None), (6, 9, None)]
    assert known_ids(site.world) == [5, 6]
    await site.world.kill()


@in_virtual_time()
async def test_it_may_be_asked_for_again_and_ends_in_the_same() -> None:
    site = await with_profiles(setting(8, 5))
    virtual = virtual_of(site.world, "stall-1")
    done, again = await asyncio.gather(virtual.hand_over(), virtual.hand_over())
    assert (done, again) == (True, True)
    assert set(told(site.wallbox)) == {(5, 8, None)}
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_away_gets_them_when_it_is_back_and_has_booted() -> None:
    site = await with_profiles(setting(8, 5))
    site.wallbox.hang_up()
    await settled()
    assert not await virtual_of(site.world, "stall-1").hand_over()
    assert not await virtual_of(site.world, "stall-1").hand_over()
    await asyncio.sleep(29)
    back = literal_wallbox()
    site.world.plug_in("CP1", back)  # without a boot it may still drop what it is told
    await asyncio.sleep(2)
    assert told(back) == []
    await asyncio.sleep(30)
    assert told(back) == [(5, 8, None)]
    await asyncio.sleep(100)
    assert told(back) == [(5, 8, None)]
    await site.world.kill()


@in_virtual_time()
async def test_a_profile_without_an_answer_is_sent_three_times_and_then_given_up() -> None:
    site = await with_profiles(setting(8, 5), setting(9, 6, level=1))
    site.wallbox.answers[SET] = lambda payload: (
        None if payload["csChargingProfiles"]["chargingProfileId"] == 5 else DONE
    )
    assert not await virtual_of(site.world, "stall-1").hand_over()
    await asyncio.sleep(500)
    assert [number for number, *_ in told(site.wallbox)] == [5, 5, 5, 6]
    await site.world.kill()


@in_virtual_time()
async def test_what_ends_or_is_cleared_meanwhile_is_not_sent_r92() -> None:
    site = await a_site(site_toml=OBSERVING)
    await result(site.wallbox, "StartTransaction", START)
    await settled()
    await result(site.backend, SET, setting(8, 5))
    await result(site.backend, SET, setting(7, 6, TX))
    await result(site.backend, SET, setting(30, 9, level=4))
    await settled()
    site.wallbox.calls.clear()
    site.wallbox.answers[SET] = lambda _: None
    handing = meanwhile(virtual_of(site.world, "stall-1").hand_over())
    await site.wallbox.got(SET)
    await result(site.wallbox, "StopTransaction", STOP)
    clearing = meanwhile(site.backend.ask("ClearChargingProfile", {"id": 9}))
    await settled()
    answer(site.wallbox)
    await clearing
    assert await handing
    assert told(site.wallbox) == [(5, 8, None)]
    await site.world.kill()


@in_virtual_time()
async def test_a_newer_profile_of_the_backend_is_not_undone() -> None:
    site = await with_profiles(setting(8, 5), setting(9, 6, level=1))
    site.wallbox.answers[SET] = lambda _: None
    virtual = virtual_of(site.world, "stall-1")
    early = meanwhile(site.backend.ask(SET, setting(11, 5)))  # is on its way already
    await site.wallbox.got(SET)
    handing = meanwhile(virtual.hand_over())
    await settled()
    late = meanwhile(site.backend.ask(SET, setting(12, 6, level=1)))
    for _ in range(3):
        await settled()
        if site.wallbox.held[SET]:
            answer(site.wallbox)
    await asyncio.gather(early, late, handing)
    last = {number: limit_a for number, limit_a, _ in told(site.wallbox)}
    assert last == {5: 11, 6: 12}
    await site.world.kill()


@in_virtual_time()
async def test_a_newer_profile_that_is_refused_leaves_the_older_one_in_place() -> None:
    site = await with_profiles(setting(8, 5), setting(9, 6, level=1))
    site.wallbox.answers[SET] = lambda payload: NO if limit_of(payload) == 11 else None
    handing = meanwhile(virtual_of(site.world, "stall-1").hand_over())
    await site.wallbox.got(SET)
    refused = meanwhile(result(site.backend, SET, setting(11, 6, level=1)))
    await settled()
    answer(site.wallbox)
    assert await refused == NO
    await settled()
    answer(site.wallbox)
    await handing
    assert [limit_a for _, limit_a, _ in told(site.wallbox)] == [8, 11, 9]
    await site.world.kill()


@in_virtual_time()
async def test_what_nobody_here_can_read_replaces_nothing() -> None:
    site = await with_profiles(setting(8, 5))
    site.wallbox.answers["ClearChargingProfile"] = lambda _: None
    clearing = meanwhile(site.backend.ask("ClearChargingProfile", {"stackLevel": "x"}))
    await site.wallbox.got("ClearChargingProfile")
    handing = meanwhile(virtual_of(site.world, "stall-1").hand_over())
    await settled()
    answer(site.wallbox, "ClearChargingProfile")
    await clearing
    assert await handing
    assert told(site.wallbox) == [(5, 8, None)]
    await site.world.kill()


@in_virtual_time()
async def test_nothing_is_handed_over_while_load_management_is_active() -> None:
    site = await with_profiles(setting(8, 5), setting(9, 6, level=1))
    site.wallbox.answers[SET] = lambda _: None
    virtual = virtual_of(site.world, "stall-1")
    handing = meanwhile(virtual.hand_over())
    await site.wallbox.got(SET)
    with capture_logs() as logs:
        await changed_to(site.world, "active")
        answer(site.wallbox)
        assert await handing
    events = [each["event"] for each in logs]
    assert events.count("a profile changed behind load management") == 1
    assert await virtual.hand_over()
    backends = {5, 6}
    assert [number for number, *_ in told(site.wallbox) if number in backends] == [5]
    await site.world.kill()
