"""A wallbox without a reader charges by the fixed card of its EVSE (R57)."""

import asyncio

import pytest
from tests.support.frames import (
    HOUSE,
    START,
    Literal,
    Refusal,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, World, status_of

from wattgate.core.station.fixed_card import ATTEMPTS, PATIENCE_S, PRESENTED_S, RETRY_S

EVSE = '[[evse]]\nid = "stall-1"\naddress = "CP1"\nconnector = 1\nfixed_rfid = "04A1"\n'
ALONE = HOUSE + EVSE
BILLED = ALONE + '[[evse.gateway]]\nurl = "ws://backend/"\n'
OBSERVING = BILLED.replace("[site]", '[site]\nload_management = "observe"')
ASKED = {"connectorId": 1, "idTag": "04A1"}
MINUTE_S = 60.0


def now() -> float:
    return asyncio.get_running_loop().time()


async def alone(toml: str = ALONE, **answers: Json) -> tuple[World, Literal]:
    """A wallbox whose EVSE has no backend."""
    world = World(toml)
    await world.start()
    wallbox = literal_wallbox(**answers)
    await world.boot("CP1", wallbox)
    return world, wallbox


async def says(wallbox: Literal, *statuses: str) -> None:
    for status in statuses:
        await result(wallbox, "StatusNotification", status_of(1, status))


def starts(wallbox: Literal) -> list[Json]:
    return wallbox.all_of("RemoteStartTransaction")


async def has_session(wallbox: Literal, at: str = "2026-05-15T14:00:00Z") -> None:
    """The car that is plugged in charges, and stays when it is done."""
    answer = await result(wallbox, "StartTransaction", START | {"timestamp": at})
    await says(wallbox, "Charging")
    stop = {"transactionId": answer["transactionId"], "meterStop": 60000, "timestamp": at}
    await result(wallbox, "StopTransaction", stop)
    await says(wallbox, "Finishing")


async def is_left_alone(wallbox: Literal, times: int = 0) -> bool:
    await asyncio.sleep(10 * MINUTE_S)
    return len(starts(wallbox)) == times


# When


@pytest.mark.parametrize("toml", [BILLED, OBSERVING])
@in_virtual_time()
async def test_a_car_without_a_card_is_started_by_the_fixed_one_once_r57(toml: str) -> None:
    site = await a_site(site_toml=toml)
    await says(site.wallbox, "Preparing")
    plugged_at = now()
    assert await site.wallbox.got("RemoteStartTransaction") == ASKED
    assert round(now() - plugged_at) == PATIENCE_S
    assert site.backend.all_of("Authorize") == [{"idTag": "04A1"}]
    await has_session(site.wallbox)
    await says(site.wallbox, "Preparing")
    assert await is_left_alone(site.wallbox, 1)
    await says(site.wallbox, "Available", "Preparing")
    assert await is_left_alone(site.wallbox, 2)
    await site.world.kill()


@in_virtual_time()
async def test_without_a_backend_the_fixed_card_starts_also_beside_other_cards_r57() -> None:
    world, wallbox = await alone(ALONE + '[[card]]\nid_tag = "BB"\n')
    await says(wallbox, "Preparing")
    assert await wallbox.got("RemoteStartTransaction") == ASKED
    assert (await result(wallbox, "StartTransaction", START))["idTagInfo"] == {"status": "Accepted"}
    await world.kill()


@in_virtual_time()
async def test_a_car_that_is_gone_again_is_not_started_and_one_that_came_later_waits_r57() -> None:
    world, wallbox = await alone()
    await says(wallbox, "Preparing")
    await asyncio.sleep(6)
    await says(wallbox, "Available")
    await asyncio.sleep(2)
    await says(wallbox, "Preparing")
    plugged_at = now()
    await wallbox.got("RemoteStartTransaction")
    assert round(now() - plugged_at) == PATIENCE_S
    await says(wallbox, "Available", "Preparing", "Available")
    assert await is_left_alone(wallbox, 1)
    await world.kill()


@pytest.mark.parametrize(
    "toml",
    [
        HOUSE + EVSE.replace("04A1", ""),
        ALONE + "fixed_rfid_start = false\n",
        ALONE + "enabled = false\n",
    ],
)
@in_virtual_time()
async def test_nothing_is_started_that_the_site_does_not_want_r57(toml: str) -> None:
    world, wallbox = await alone(toml)
    await says(wallbox, "Preparing")
    assert await is_left_alone(wallbox)
    await world.kill()


@in_virtual_time()
async def test_only_a_car_that_waits_is_started_r57() -> None:
    world, wallbox = await alone()
    for status in ("Charging", "Finishing", "Unavailable", "Faulted", "Preparing"):
        await says(wallbox, status)
        assert await is_left_alone(wallbox)
    await world.kill()


# Cards


@in_virtual_time()
async def test_a_card_that_was_presented_comes_first_r57() -> None:
    site = await a_site(site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    await asyncio.sleep(8)
    shown_at = now()
    await result(site.wallbox, "Authorize", {"idTag": "BB"})
    await site.wallbox.got("RemoteStartTransaction")
    assert round(now() - shown_at) == PRESENTED_S
    await site.world.kill()


@in_virtual_time()
async def test_a_session_by_another_card_is_enough_for_this_car_r57() -> None:
    site = await a_site(site_toml=BILLED)
    await result(site.wallbox, "Authorize", {"idTag": "BB"})
    await says(site.wallbox, "Preparing")
    await has_session(site.wallbox)
    await says(site.wallbox, "Preparing")
    assert await is_left_alone(site.wallbox)
    await site.world.kill()


@in_virtual_time()
async def test_a_card_that_is_refused_does_not_count_as_presented_r57() -> None:
    refused = {"idTagInfo": {"status": "Invalid"}}
    accepted = {"idTagInfo": {"status": "Accepted"}}
    backend = literal_backend(Authorize=lambda p: accepted if p["idTag"] == "04A1" else refused)
    site = await a_site(backend=backend, site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    plugged_at = now()
    await result(site.wallbox, "Authorize", {"idTag": "BB"})
    await site.wallbox.got("RemoteStartTransaction")
    assert round(now() - plugged_at) == PATIENCE_S
    await site.world.kill()


@in_virtual_time()
async def test_a_card_that_still_waits_for_its_verdict_counts_as_presented_r57() -> None:
    site = await a_site(backend=literal_backend(Authorize=lambda _: None), site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    await asyncio.sleep(5)
    asking = asyncio.gather(site.wallbox.ask("Authorize", {"idTag": "BB"}))
    await asyncio.sleep(10)
    assert starts(site.wallbox) == []
    await asking
    await site.world.kill()


@pytest.mark.parametrize(("answer", "waits_s"), [("Accepted", PRESENTED_S), ("Rejected", 0)])
@in_virtual_time()
async def test_a_remote_start_of_the_backend_comes_first_r57(answer: str, waits_s: float) -> None:
    site = await a_site(site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    await asyncio.sleep(PATIENCE_S)
    site.wallbox.calls.clear()
    await says(site.wallbox, "Available", "Preparing")
    plugged_at = now()
    site.wallbox.answers["RemoteStartTransaction"] = lambda _: {"status": answer}
    await result(site.backend, "RemoteStartTransaction", {"idTag": "CC", "connectorId": 1})
    assert (await site.wallbox.got("RemoteStartTransaction"))["idTag"] == "CC"
    assert await site.wallbox.got("RemoteStartTransaction", 2) == ASKED
    assert round(now() - plugged_at) == max(PATIENCE_S, waits_s)
    await site.world.kill()


# The backend's word


@in_virtual_time()
async def test_a_fixed_card_that_the_backend_refuses_starts_nothing_r57() -> None:
    refused = {"idTagInfo": {"status": "Blocked"}}
    site = await a_site(backend=literal_backend(Authorize=lambda _: refused), site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    assert await is_left_alone(site.wallbox)
    assert site.backend.all_of("Authorize") == [{"idTag": "04A1"}]
    await site.world.kill()


@pytest.mark.parametrize("answer", [None, Refusal()])
@in_virtual_time()
async def test_a_backend_without_a_verdict_is_decided_for_r57_r53(answer: Json) -> None:
    site = await a_site(backend=literal_backend(Authorize=lambda _: answer), site_toml=BILLED)
    await says(site.wallbox, "Preparing")
    assert await site.wallbox.got("RemoteStartTransaction") == ASKED
    await site.world.kill()


@pytest.mark.parametrize(("last_word", "times"), [("Accepted", 1), ("Blocked", 0)])
@in_virtual_time()
async def test_while_the_backend_is_away_its_last_word_counts_r57_r53(
    last_word: str, times: int
) -> None:
    said = {"idTagInfo": {"status": last_word}}
    site = await a_site(backend=literal_backend(Authorize=lambda _: said), site_toml=BILLED)
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await says(site.wallbox, "Preparing")
    assert await is_left_alone(site.wallbox, times)
    await site.world.kill()


# The wallbox's answer


@pytest.mark.parametrize("answer", [None, {"status": "Rejected"}, Refusal()])
@in_virtual_time()
async def test_a_wallbox_that_does_not_start_is_asked_again_a_few_times_r57(answer: Json) -> None:
    world, wallbox = await alone(RemoteStartTransaction=lambda _: answer)
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    asked_at = now()
    await wallbox.got("RemoteStartTransaction", 2)
    assert now() - asked_at >= RETRY_S
    assert await is_left_alone(wallbox, ATTEMPTS)
    wallbox.answers["RemoteStartTransaction"] = lambda _: {"status": "Accepted"}
    await says(wallbox, "Available", "Preparing")
    assert await is_left_alone(wallbox, ATTEMPTS + 1)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_starts_without_an_answer_is_not_asked_again_r57() -> None:
    world, wallbox = await alone(RemoteStartTransaction=lambda _: None)
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    await result(wallbox, "StartTransaction", START)
    assert await is_left_alone(wallbox, 1)
    await world.kill()


# Connections, boots, restarts


@in_virtual_time()
async def test_a_wallbox_that_comes_back_with_a_waiting_car_is_asked_then_r57() -> None:
    world, wallbox = await alone()
    await says(wallbox, "Preparing")
    wallbox.hang_up()
    assert await is_left_alone(wallbox)
    world.plug_in("CP1", wallbox)
    came_at = now()
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    assert round(now() - came_at) == PATIENCE_S
    await world.kill()


@pytest.mark.parametrize("was_in_session", [False, True])
@in_virtual_time()
async def test_after_a_boot_only_a_session_that_was_cut_off_goes_on_r57(
    *, was_in_session: bool
) -> None:
    world, wallbox = await alone()
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    answer = await result(wallbox, "StartTransaction", START)
    stop = {"transactionId": answer["transactionId"], "meterStop": 60000, "timestamp": "x"}
    await says(wallbox, "Charging")
    if not was_in_session:
        await result(wallbox, "StopTransaction", stop)
    await asyncio.sleep(MINUTE_S)
    await result(wallbox, "BootNotification", BOOT)
    await says(wallbox, "Preparing")
    await asyncio.sleep(PATIENCE_S + 5)
    if was_in_session:
        await result(wallbox, "StopTransaction", stop | {"reason": "PowerLoss"})
    assert await is_left_alone(wallbox, 1 + was_in_session)
    await world.kill()


@pytest.mark.parametrize("unplugged", [False, True])
@in_virtual_time()
async def test_a_car_that_had_its_session_is_known_over_a_restart_r57(*, unplugged: bool) -> None:
    world, wallbox = await alone()
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    await has_session(wallbox)
    if unplugged:
        await says(wallbox, "Available")
    await settled()
    await world.kill()
    await world.start()
    world.plug_in("CP1", wallbox)
    await says(wallbox, "Preparing")
    assert await is_left_alone(wallbox, 1 + unplugged)
    await world.kill()


@in_virtual_time()
async def test_a_car_is_started_also_while_the_store_fails_r57() -> None:
    world, wallbox = await alone()
    world.store.failing = True
    await says(wallbox, "Preparing")
    await wallbox.got("RemoteStartTransaction")
    assert await is_left_alone(wallbox, 1)
    await says(wallbox, "Available", "Preparing")
    assert await is_left_alone(wallbox, 2)
    world.store.failing = False
    await world.kill()


@in_virtual_time()
async def test_each_connector_is_started_by_itself_r57() -> None:
    two = EVSE.replace("stall-1", "stall-2").replace("connector = 1", "connector = 2")
    world, wallbox = await alone(ALONE + two.replace("04A1", "BB02"))
    await result(wallbox, "StatusNotification", status_of(2, "Preparing"))
    await says(wallbox, "Available")
    assert await wallbox.got("RemoteStartTransaction") == {"connectorId": 2, "idTag": "BB02"}
    assert await is_left_alone(wallbox, 1)
    await world.kill()
