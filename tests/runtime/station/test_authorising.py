"""Cards while the backend is away, and where there is none (R51-R54)."""

import asyncio

import pytest
import structlog
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    ONE_BACKEND,
    START,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

CARD = '[[card]]\nid_tag = "04A1"\n'
NO_BACKEND = HOUSE + '[[evse]]\nid = "stall-1"\naddress = "CP1"\n'
OBSERVING = ONE_BACKEND.replace("[site]", '[site]\nload_management = "observe"')
LENIENT = ONE_BACKEND.replace("[site]", '[site]\nunknown_offline = "accept"')


def info(status: str) -> Json:
    return {"idTagInfo": {"status": status}}


async def goes_away(site: Site) -> None:
    """The backend is lost, and does not come back."""
    site.world.dialer.backends.clear()
    if site.backend.closed_with is None:
        site.backend.hang_up()
    await settled()


def says(site: Site, status: str) -> None:
    """What the backend answers from now on."""
    site.backend.answers["Authorize"] = lambda _: info(status)


async def verdict(site: Site, id_tag: str) -> str:
    """What the wallbox hears of a card, which must come within 2 s and say nothing else."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await result(site.wallbox, "Authorize", {"idTag": id_tag})
    assert loop.time() - began <= 2.0
    assert answer == info(answer["idTagInfo"]["status"])
    return str(answer["idTagInfo"]["status"])


async def verdict_of_start(site: Site, id_tag: str, at: str = "2026-05-15T14:25:12Z") -> str:
    answer = await result(
        site.wallbox, "StartTransaction", START | {"idTag": id_tag, "timestamp": at}
    )
    return str(answer["idTagInfo"]["status"])


async def told_a_list(site: Site) -> None:
    entries = [
        {"idTag": "LISTED", "idTagInfo": {"status": "Accepted", "parentIdTag": "P"}},
        {"idTag": "STOLEN", "idTagInfo": {"status": "Blocked"}},
        {"idTag": "OLD", "idTagInfo": {"status": "Accepted", "expiryDate": "2020-01-01T00:00:00Z"}},
    ]
    update = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": entries}
    assert await result(site.backend, "SendLocalList", update) == {"status": "Accepted"}


async def a_list_keeper(toml: str = ONE_BACKEND) -> Site:
    wallbox = literal_wallbox(SendLocalList=lambda _: {"status": "Accepted"})
    return await a_site(wallbox, site_toml=toml)


@pytest.mark.parametrize("toml", [ONE_BACKEND, OBSERVING])
@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_away_the_list_counts_then_the_last_word_then_the_site_r53(
    toml: str, *, restarted: bool
) -> None:
    cards = CARD + '[[card]]\nid_tag = "STOLEN"\n[[card]]\nid_tag = "KNOWN"\n'
    site = await a_list_keeper(toml + cards)
    await told_a_list(site)
    for tag, status in (("STOLEN", "Accepted"), ("LISTED", "Blocked"), ("KNOWN", "Invalid")):
        says(site, status)
        await result(site.wallbox, "Authorize", {"idTag": tag})
    await goes_away(site)
    if restarted:
        await site.world.kill()
        await site.world.start()
        await site.world.boot("CP1", site.wallbox)
    expected = {
        "listed": "Accepted",  # by the list, though the last word was no
        "Stolen": "Blocked",  # by the list, though the last word was yes, and the site knows it
        "OLD": "Expired",
        "KNOWN": "Invalid",  # by the last word, though the site knows it
        "04a1": "Accepted",  # by the site
        "STRANGER": "Invalid",
    }
    for tag, status in expected.items():
        assert await verdict(site, tag) == status, tag
    for minute, (tag, status) in enumerate(expected.items()):
        at = f"2026-05-15T14:{minute:02}:00Z"
        assert await verdict_of_start(site, tag, at) == status, tag
    await site.world.kill()


@in_virtual_time()
async def test_away_a_stranger_gets_what_the_site_says_r53() -> None:
    site = await a_site(site_toml=LENIENT)
    site.backend.answers["Authorize"] = lambda _: info("Blocked")
    await result(site.wallbox, "Authorize", {"idTag": "STOLEN"})
    await goes_away(site)
    assert await verdict(site, "STRANGER") == "Accepted"
    assert await verdict(site, "STOLEN") == "Blocked"
    await site.world.kill()


@in_virtual_time()
async def test_away_a_no_counts_whatever_stands_beside_it_r52() -> None:
    site = await a_site()
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    blocked = {"idTagInfo": {"status": "Blocked", "expiryDate": ""}}
    site.backend.answers["Authorize"] = lambda _: blocked
    assert await result(site.wallbox, "Authorize", {"idTag": "04A1"}) == blocked
    await goes_away(site)
    assert await verdict(site, "04A1") == "Blocked"
    await site.world.kill()


@in_virtual_time()
async def test_away_a_yes_counts_for_as_long_as_the_site_says_r53() -> None:
    toml = ONE_BACKEND.replace("[site]", "[site]\ncard_days = 2")
    site = await a_site(site_toml=toml)
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    await goes_away(site)
    site.world.clock.jump_wall(47 * 3600)
    assert await verdict(site, "04A1") == "Accepted"
    site.world.clock.jump_wall(2 * 3600)
    assert await verdict(site, "04A1") == "Invalid"
    await site.world.kill()


@in_virtual_time()
async def test_the_backend_that_is_there_has_the_say_whatever_the_list_says_r53() -> None:
    site = await a_list_keeper()
    await told_a_list(site)
    assert await result(site.wallbox, "Authorize", {"idTag": "STOLEN"}) == ACCEPTED
    await site.world.kill()


@in_virtual_time()
async def test_a_card_is_passed_on_to_the_letter_r54() -> None:
    site = await a_site()
    text = '{ "idTag":"\\u0030 4a1 " }'
    await result(site.wallbox, "Authorize", text)
    assert site.backend.payload_texts("Authorize") == [text]
    await goes_away(site)
    assert await verdict(site, "0 4A1 ") == "Accepted"
    assert await verdict(site, "0 4A1") == "Invalid"
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_let_a_card_wait_in_vain_gets_2_s_for_the_next_r53_r61a() -> None:
    site = await a_site(backend=literal_backend(Authorize=lambda _: None))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    assert round(loop.time() - began) == 20
    assert await verdict(site, "04A1") == "Invalid"
    site.backend.answers["Authorize"] = lambda _: info("Accepted")
    assert await verdict(site, "04A1") == "Accepted"
    await site.world.kill()


@in_virtual_time()
async def test_a_card_does_not_wait_for_a_login_that_takes_long_r53() -> None:
    world = World(ONE_BACKEND + CARD)
    backend = literal_backend(BootNotification=lambda _: None)
    world.dialer.backends["ws://backend/CP1"] = backend
    await world.start()
    site = Site(world, literal_wallbox(), backend)
    await world.boot("CP1", site.wallbox)
    await backend.got("BootNotification")
    assert await verdict(site, "04A1") == "Accepted"
    assert await verdict(site, "STRANGER") == "Invalid"
    await world.kill()


@pytest.mark.parametrize("action", ["Authorize", "StartTransaction"])
@in_virtual_time()
async def test_without_a_backend_the_sites_cards_decide(action: str) -> None:
    world = World(NO_BACKEND + CARD)
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    with structlog.testing.capture_logs() as logs:
        known = await result(wallbox, action, START | {"idTag": "04a1"})
        stranger = await result(wallbox, action, START | {"idTag": "BB"})
    assert known["idTagInfo"] == {"status": "Accepted"}
    assert stranger["idTagInfo"] == {"status": "Invalid"}
    assert [line for line in logs if "anybody" in line["event"]] == []
    await world.kill()


@in_virtual_time()
async def test_without_a_backend_and_cards_everybody_may_charge_and_it_is_said_each_time() -> None:
    world = World(NO_BACKEND)
    with structlog.testing.capture_logs() as logs:
        await world.start()
    assert [line["about"] for line in logs if "everybody may charge" in line["event"]] == [
        'evse "stall-1"'
    ]
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    with structlog.testing.capture_logs() as logs:
        for minute in range(2):
            at = f"2026-05-15T14:{minute:02}:00Z"
            answer = await result(wallbox, "StartTransaction", START | {"timestamp": at})
            assert answer["idTagInfo"] == {"status": "Accepted"}
    said = [line for line in logs if line["event"].startswith("anybody may charge here")]
    assert [(line["log_level"], line["evse"]) for line in said] == [("warning", "stall-1")] * 2
    await world.kill()


@in_virtual_time()
async def test_a_deactivated_evse_of_a_backend_is_not_open_to_all() -> None:
    world = World(ONE_BACKEND.replace('address = "CP1"', 'address = "CP1"\nenabled = false'))
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    assert await result(wallbox, "Authorize", {"idTag": "04A1"}) == info("Invalid")
    await world.kill()


@in_virtual_time()
async def test_a_card_that_cannot_be_stored_is_known_all_the_same_r52() -> None:
    site = await a_site()
    site.world.store.failing = True
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    await goes_away(site)
    assert await verdict(site, "04A1") == "Accepted"
    site.world.store.failing = False
    await site.world.kill()
